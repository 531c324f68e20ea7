#include "store/day_files.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <limits>
#include <system_error>

#include "store/day_database.h"

namespace tailrace {
namespace {

constexpr const char* kSuffixes[] = {"", "-wal", "-shm"};
constexpr std::string_view kAside = ".damaged-";

}  // namespace

Result<void> DayFiles::load() {
  std::error_code error;
  std::filesystem::create_directories(folder_, error);
  if (error) return Error{ErrorCode::kIo, "create " + folder_.native() + ": " + error.message()};
  // SQLite would only say that it cannot open something.
  if (::access(folder_.c_str(), W_OK) != 0)
    return Error{ErrorCode::kIo,
                 "write to " + folder_.native() + ": " + std::system_category().message(errno)};
  // Two writers in one folder would take each other's pushes for their own.
  lock_ = Fd(::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (lock_ && ::flock(lock_.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
    return Error{ErrorCode::kUnavailable, folder_.native() + " is in use by another process"};
  return list();
}

Result<void> DayFiles::load_read_only() { return list(); }

Result<void> DayFiles::list() {
  std::error_code error;
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

Result<std::filesystem::path> DayFiles::set_aside(const std::filesystem::path& file) {
  std::error_code error;
  for (int n = 1; n < 1000; ++n) {
    const std::string aside = file.native() + std::string(kAside) + std::to_string(n);
    if (std::filesystem::exists(aside, error)) continue;
    std::filesystem::rename(file, aside, error);
    if (error) break;
    // The log belongs to it; the shared memory is made anew.
    std::error_code ignored;
    std::filesystem::rename(file.native() + "-wal", aside + "-wal", ignored);
    std::filesystem::remove(file.native() + "-shm", ignored);
    return std::filesystem::path(aside);
  }
  return Error{ErrorCode::kIo, "set aside " + file.native() + ": " + error.message()};
}

std::uint64_t DayFiles::remove_set_aside(std::int64_t age_ns) {
  std::uint64_t out = 0;
  std::error_code error;
  const auto edge =
      std::filesystem::file_time_type::clock::now() - std::chrono::nanoseconds(age_ns);
  for (std::filesystem::directory_iterator file(folder_, error), end; !error && file != end;
       file.increment(error)) {
    if (file->path().filename().native().find(kAside) == std::string::npos) continue;
    std::error_code gone;
    const std::uintmax_t size = file->file_size(gone);
    if (gone || file->last_write_time(gone) > edge || gone) continue;
    if (std::filesystem::remove(file->path(), gone)) out += size;
  }
  return out;
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
