// PathStamps: whether a walk through directories would find what it found before, without doing it
// again.
//
// The walk notes which directories it reads and which single paths it looks up; unchanged() asks
// stat() about these alone. A directory's times change with each name that comes, goes or is
// renamed; a path that leads to another file, through a link or not, shows another inode.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace tailrace {

class PathStamps {
 public:
  // The clocks of file systems tick coarsely. A directory that changed so short a time before it
  // was noted may have changed again within the same tick, so it counts as changed.
  static constexpr std::int64_t kFreshNs = 2'000'000'000;

  void clear() {
    stamps_.clear();
    trusted_ = true;
  }
  // The names in `directory` are about to be read. It need not exist.
  void note_names(const std::string& directory) { note(directory, true); }
  // What stands at `path`, links followed, is about to be looked up. Nothing need stand there.
  void note_path(const std::string& path) { note(path, false); }

  // Something could not be read: the next time may give another answer whatever stat() says.
  void distrust() { trusted_ = false; }

  // Nothing was noted: true.
  bool unchanged() const;

 private:
  struct Stamp {
    std::string path;
    bool names = false;
    bool fresh = false;
    bool exists = false;
    dev_t device = 0;
    ino_t inode = 0;
    // In nanoseconds; 0 unless names matter. Modification can be set by anybody, change cannot.
    std::int64_t modified_ns = 0;
    std::int64_t changed_ns = 0;
    friend bool operator==(const Stamp&, const Stamp&) = default;
  };
  static Stamp stamp_of(const std::string& path, bool names);
  void note(const std::string& path, bool names);

  std::vector<Stamp> stamps_;
  bool trusted_ = true;
};

}  // namespace tailrace
