#include "sources/file/generation.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <span>
#include <utility>

namespace tailrace {

Result<std::unique_ptr<Generation>> Generation::open(const std::string& path) {
  TAILRACE_TRY(Fd fd, open_for_read(path));
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) return errno_error("stat " + path, errno);
  if (!S_ISREG(status.st_mode)) return Error{ErrorCode::kInvalid, path + ": not a regular file"};
  return std::unique_ptr<Generation>(new Generation(std::move(fd), {status.st_dev, status.st_ino}));
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
  remember_marker_at(offset);
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

void Generation::remember_marker_at(std::uint64_t offset) {
  marker_.clear();
  std::array<char, Marker::kBytesMax> bytes;
  const auto keep = static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), offset));
  const Result<std::size_t> count = read_at(fd_.get(), std::span(bytes).first(keep), offset - keep);
  if (count && *count == keep) marker_.remember({bytes.data(), keep});
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
  return ::fstat(fd_.get(), &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
}

GenerationRecord Generation::record() const {
  GenerationRecord record{id_, ledger_->committed(), {}};
  if (record.offset == offset_) {
    record.marker = marker_.bytes();
    return record;
  }
  std::array<char, Marker::kBytesMax> bytes;
  const auto keep = static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), record.offset));
  const Result<std::size_t> count =
      read_at(fd_.get(), std::span(bytes).first(keep), record.offset - keep);
  if (count && *count == keep) record.marker.assign(bytes.data(), keep);
  return record;
}

}  // namespace tailrace
