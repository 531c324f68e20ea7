// DayFiles: the store's folder: which days have a database, how large all files are, and what was
// set aside because it is damaged. Thread-safe.
#pragma once

#include <cstdint>
#include <filesystem>
#include <mutex>
#include <set>
#include <vector>

#include "base/file.h"
#include "base/result.h"
#include "store/head.h"

namespace tailrace {

class DayFiles {
 public:
  explicit DayFiles(std::filesystem::path folder) : folder_(std::move(folder)) {}
  // Makes the folder if need be, and makes it ours until the end: kUnavailable if another process
  // has it. Then looks what is there.
  Result<void> load();
  // Only looks what is there, for reading beside the process that has it.
  Result<void> load_read_only();

  const std::filesystem::path& folder() const noexcept { return folder_; }
  std::filesystem::path path(DayNumber day) const;
  // Ascending.
  std::vector<DayNumber> all() const;
  bool has(DayNumber day) const;
  void add(DayNumber day);
  // Deletes the files of a day; readers that have them open go on.
  void remove(DayNumber day);
  // Gives a damaged database and its log another name, "<file>.damaged-<n>": a person may still get
  // something out of them. The new path.
  Result<std::filesystem::path> set_aside(const std::filesystem::path& file);
  // Deletes what was set aside and last changed more than `age_ns` ago; bytes that went.
  std::uint64_t remove_set_aside(std::int64_t age_ns);
  // Of all files in the folder.
  std::uint64_t bytes() const;
  std::uint64_t bytes_of(DayNumber day) const;
  // What the file system has left; the largest number if it does not say.
  std::uint64_t free_bytes() const;

 private:
  Result<void> list();

  const std::filesystem::path folder_;
  Fd lock_;  // of the folder
  mutable std::mutex mutex_;
  std::set<DayNumber> days_;
};

}  // namespace tailrace
