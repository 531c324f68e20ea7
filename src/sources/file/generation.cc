#include "sources/file/generation.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <span>
#include <utility>

namespace tailrace {

namespace {

FileId id_of(const struct stat& status) { return {status.st_dev, status.st_ino}; }

}  // namespace

Result<std::unique_ptr<Generation>> Generation::open(const std::string& path) {
  TAILRACE_TRY(Fd fd, open_for_read(path));
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) return errno_error("stat " + path, errno);
  if (!S_ISREG(status.st_mode)) return Error{ErrorCode::kInvalid, path + ": not a regular file"};
  std::error_code unresolved;
  std::string file = std::filesystem::canonical(path, unresolved).string();
  if (unresolved) file = path;
  return std::unique_ptr<Generation>(new Generation(std::move(fd), id_of(status), std::move(file)));
}

Result<void> Generation::reopen() {
  TAILRACE_TRY(Fd fd, open_for_read(file_));
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) return errno_error("stat " + file_, errno);
  if (id_of(status) != id_) return Error{ErrorCode::kNotFound, file_ + ": another file"};
  fd_ = std::move(fd);
  return {};
}

void Generation::reopen_as(Generation&& same) {
  fd_ = std::move(same.fd_);
  file_ = std::move(same.file_);
}

void Generation::advance_to(std::uint64_t offset, std::string_view read) {
  // A short read keeps the older bytes in front of it.
  if (read.size() < Marker::kBytesMax && marker_.size() > 0) {
    std::string joined(marker_.bytes());
    joined += read;
    marker_.remember(joined);
  } else {
    marker_.remember(read);
  }
  offset_ = offset;
}

void Generation::start_at(std::uint64_t offset) {
  offset_ = offset;
  ledger_ = std::make_unique<Ledger<std::uint64_t>>(offset);
  marker_.remember(bytes_in_front_of(offset));
}

void Generation::start_over() {
  offset_ = 0;
  no_newline_up_to = 0;
  skipping_line = false;
  drained = false;
  marker_.clear();
  if (!ledger_->idle()) retired_.push_back(std::move(ledger_));
  ledger_ = std::make_unique<Ledger<std::uint64_t>>(0);
}

bool Generation::settled() {
  std::erase_if(retired_, [](const auto& ledger) { return ledger->idle(); });
  return ledger_->idle() && retired_.empty();
}

// At most as many as a marker has; none if they cannot be read.
std::string Generation::bytes_in_front_of(std::uint64_t offset) const {
  Result<Fd> opened = is_open() ? Fd() : open_for_read(file_);
  struct stat status {};
  if (!opened) return {};
  const int fd = is_open() ? fd_.get() : opened->get();
  if (::fstat(fd, &status) != 0 || id_of(status) != id_) return {};
  std::array<char, Marker::kBytesMax> bytes;
  const auto keep = static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), offset));
  const Result<std::size_t> count = read_at(fd, std::span(bytes).first(keep), offset - keep);
  if (!count || *count != keep) return {};
  return {bytes.data(), keep};
}

bool Generation::matches(std::uint64_t offset, std::string_view marker) const {
  if (marker.size() > offset || marker.size() > Marker::kBytesMax) return false;
  std::array<char, Marker::kBytesMax> bytes;
  const std::span<char> room = std::span(bytes).first(marker.size());
  const Result<std::size_t> count = read_at(fd_.get(), room, offset - marker.size());
  return count && *count == marker.size() && std::string_view(bytes.data(), *count) == marker;
}

std::uint64_t Generation::size() const {
  struct stat status {};
  if (is_open()) {
    return ::fstat(fd_.get(), &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
  }
  // Renamed while it was closed: it comes to light when somebody writes to it.
  const bool same = ::stat(file_.c_str(), &status) == 0 && id_of(status) == id_;
  return same ? static_cast<std::uint64_t>(status.st_size) : drained_size;
}

GenerationRecord Generation::record() const {
  if (ledger_->committed() == offset_) return reading_record();
  return {id_, ledger_->committed(), bytes_in_front_of(ledger_->committed()), file_};
}

GenerationRecord Generation::reading_record() const {
  return {id_, offset_, std::string(marker_.bytes()), file_};
}

}  // namespace tailrace
