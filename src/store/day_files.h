// DayFiles: which days have a database, and how large all files are. Thread-safe.
#pragma once

#include <cstdint>
#include <filesystem>
#include <mutex>
#include <set>
#include <vector>

#include "base/result.h"
#include "store/head.h"

namespace tailrace {

class DayFiles {
 public:
  explicit DayFiles(std::filesystem::path folder) : folder_(std::move(folder)) {}
  // Makes the folder if need be and looks what is there.
  Result<void> load();

  const std::filesystem::path& folder() const noexcept { return folder_; }
  std::filesystem::path path(DayNumber day) const;
  // Ascending.
  std::vector<DayNumber> all() const;
  bool has(DayNumber day) const;
  void add(DayNumber day);
  // Deletes the files of a day; readers that have them open go on.
  void remove(DayNumber day);
  // Of all files in the folder.
  std::uint64_t bytes() const;
  std::uint64_t bytes_of(DayNumber day) const;
  // What the file system has left; the largest number if it does not say.
  std::uint64_t free_bytes() const;

 private:
  const std::filesystem::path folder_;
  mutable std::mutex mutex_;
  std::set<DayNumber> days_;
};

}  // namespace tailrace
