#include "sources/file/generation.h"

#include <sys/stat.h>
#include <unistd.h>

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

std::string Generation::present_file() const {
  if (!is_open()) return file_;
  std::error_code error;
  std::string file =
      std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(fd_.get()), error).string();
  // A deleted one is called "<where it was> (deleted)"; another file may stand there.
  struct stat status {};
  const bool there = !error && ::stat(file.c_str(), &status) == 0 && id_of(status) == id_;
  return there ? file : std::string();
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
  begin_ledger(offset);
  marker_.remember(bytes_in_front_of(offset));
}

void Generation::resume(const GenerationRecord& record) {
  start_at(record.offset);
  before_.assign(record.reads.begin(), record.reads.end());
}

const ReadRecord& Generation::sent(std::int64_t timestamp_ns) {
  return reads_.emplace_back(ReadRecord{offset_, timestamp_ns, std::string(marker_.bytes())});
}

void Generation::on_delivered(std::function<void(std::uint64_t)> callback) {
  on_delivered_ = std::move(callback);
}

void Generation::begin_ledger(std::uint64_t offset) {
  reads_.clear();
  before_.clear();
  ledger_ = std::make_unique<Ledger<std::uint64_t>>(offset);
  ledger_->on_moved([this] {
    const std::uint64_t delivered = ledger_->committed();
    while (!reads_.empty() && reads_.front().end <= delivered) reads_.pop_front();
    if (on_delivered_) on_delivered_(delivered);
  });
}

void Generation::start_over() {
  offset_ = 0;
  no_newline_up_to = 0;
  skipping_line = false;
  drained = false;
  marker_.clear();
  ledger_->on_moved(nullptr);
  if (!ledger_->idle()) retired_.push_back(std::move(ledger_));
  begin_ledger(0);
}

bool Generation::settled() {
  std::erase_if(retired_, [](const auto& ledger) { return ledger->idle(); });
  return ledger_->idle() && retired_.empty();
}

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

std::uint64_t Generation::end_of_hole(std::uint64_t offset) const {
  const off_t data = ::lseek(fd_.get(), static_cast<off_t>(offset), SEEK_DATA);
  if (data >= 0) return static_cast<std::uint64_t>(data);
  return errno == ENXIO ? std::max(size(), offset) : offset;
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
  GenerationRecord record = reading_record();
  if (ledger_->committed() != offset_) {
    record.offset = ledger_->committed();
    record.marker = bytes_in_front_of(record.offset);
  }
  record.reads.assign(reads_.begin(), reads_.end());
  record.reads.insert(record.reads.end(), before_.begin(), before_.end());
  return record;
}

GenerationRecord Generation::reading_record() const {
  return {id_, offset_, std::string(marker_.bytes()), file_, {}};
}

}  // namespace tailrace
