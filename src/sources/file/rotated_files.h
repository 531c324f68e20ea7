// Finding files that were rotated while nobody watched.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "positions/position_book.h"
#include "sources/file/generation.h"

namespace tailrace {

// The file of `record` in the directory of `path`, under whatever name, standing where reading goes
// on: at the record's offset, or at 0 if it was rewritten before it was rotated (its name must then
// look rotated, since another file may have got the inode number). Null if it is not there.
std::unique_ptr<Generation> find_renamed(const std::string& path, const GenerationRecord& record);

// Files beside `path` that look like rotated ones of it (its name, then a suffix that is no
// compression; or, where a link led from one numbered file to another, one with a number between
// theirs), were written after `older`, and are not targets themselves; oldest first. A guess by
// name and time, used only when `older` was found under such a name.
std::vector<std::unique_ptr<Generation>> younger_siblings(
    const std::string& path, const Generation& older,
    const std::function<bool(const std::string&)>& is_target);

}  // namespace tailrace
