// How far inotify can be believed: it tells what happens through this kernel's inode, and nothing
// of what another machine, or a layer below, does to the same file.
#pragma once

#include <cstdint>

namespace tailrace {

enum class FileEvents : std::uint8_t {
  kAll,      // a local file system: every change is told
  kMost,     // not known, or an overlay, where a file may be copied up under a watch
  kOnlyOwn,  // on the network or behind FUSE: changes made elsewhere are not told
};

// Of the file system that holds the open file.
FileEvents file_events_of(int fd);

}  // namespace tailrace
