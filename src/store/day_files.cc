#include "store/day_files.h"

#include <limits>
#include <system_error>

#include "store/day_database.h"

namespace tailrace {
namespace {

constexpr const char* kSuffixes[] = {"", "-wal", "-shm"};

}  // namespace

Result<void> DayFiles::load() {
  std::error_code error;
  std::filesystem::create_directories(folder_, error);
  if (error) return Error{ErrorCode::kIo, "create " + folder_.native() + ": " + error.message()};
  std::filesystem::directory_iterator files(folder_, error);
  if (error) return Error{ErrorCode::kIo, "list " + folder_.native() + ": " + error.message()};
  const std::lock_guard lock(mutex_);
  for (const std::filesystem::directory_entry& file : files) {
    if (const std::optional<DayNumber> day = DayDatabase::day_of_file(file.path()))
      days_.insert(*day);
  }
  return {};
}

std::filesystem::path DayFiles::path(DayNumber day) const {
  return DayDatabase::path_of(folder_, day);
}

std::vector<DayNumber> DayFiles::all() const {
  const std::lock_guard lock(mutex_);
  return {days_.begin(), days_.end()};
}
bool DayFiles::has(DayNumber day) const {
  const std::lock_guard lock(mutex_);
  return days_.count(day) != 0;
}
void DayFiles::add(DayNumber day) {
  const std::lock_guard lock(mutex_);
  days_.insert(day);
}

void DayFiles::remove(DayNumber day) {
  {
    const std::lock_guard lock(mutex_);
    days_.erase(day);
  }
  std::error_code ignored;
  for (const char* suffix : kSuffixes)
    std::filesystem::remove(path(day).native() + suffix, ignored);
}

std::uint64_t DayFiles::bytes() const {
  std::uint64_t out = 0;
  std::error_code error;
  for (std::filesystem::directory_iterator file(folder_, error), end; !error && file != end;
       file.increment(error)) {
    std::error_code gone;
    const std::uintmax_t size = file->file_size(gone);
    if (!gone) out += size;
  }
  return out;
}

std::uint64_t DayFiles::bytes_of(DayNumber day) const {
  std::uint64_t out = 0;
  for (const char* suffix : kSuffixes) {
    std::error_code gone;
    const std::uintmax_t size = std::filesystem::file_size(path(day).native() + suffix, gone);
    if (!gone) out += size;
  }
  return out;
}

std::uint64_t DayFiles::free_bytes() const {
  std::error_code error;
  const std::filesystem::space_info space = std::filesystem::space(folder_, error);
  return error ? std::numeric_limits<std::uint64_t>::max() : space.available;
}

}  // namespace tailrace
