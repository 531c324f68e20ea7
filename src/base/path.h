// Paths as text, worked on without asking the file system.
#pragma once

#include <string>
#include <string_view>

namespace tailrace {

// The shortest path that means the same: no empty elements, no ".", no ".." that can be resolved;
// "" is ".". As Go's filepath.Clean.
std::string clean_path(std::string_view path);

// clean_path() of `path`, put behind the working directory if it is relative. As Go's filepath.Abs.
std::string absolute_path(std::string_view path);

// What stands before the last slash: "/a" of "/a/b", "/" of "/a", "." of "a". As Go's filepath.Dir
// for clean paths.
std::string_view path_directory(std::string_view path) noexcept;
// What stands behind the last slash.
std::string_view path_name(std::string_view path) noexcept;

}  // namespace tailrace
