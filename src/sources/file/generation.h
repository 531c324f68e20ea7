// Generation: one file (inode) that stands, or stood, behind a tailed path.
//
// A log that is rotated has several generations: the renamed one with lines still to read or to
// acknowledge, and the new one at the path. Each keeps its descriptor, its offset and its ledger
// until it is finished.
//
//   |-- delivered --|-- on its way --|-- not read --|
//   0           committed()       offset()        size
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "base/result.h"
#include "model/ledger.h"
#include "positions/file_identity.h"
#include "positions/position_book.h"
#include "sources/file/open_files.h"

namespace tailrace {

class LineDecoder;

class Generation final : public OpenFile {
 public:
  // Opens what stands at `path` now; reading begins at 0. kNotFound, kIo; kInvalid: no regular
  // file.
  static Result<std::unique_ptr<Generation>> open(const std::string& path);

  FileId id() const noexcept { return id_; }
  const Fd& fd() const noexcept { return fd_; }
  // Where it was when it was opened, links resolved.
  const std::string& file() const noexcept { return file_; }
  // Where it is now, as far as an open descriptor tells; "": it was deleted.
  std::string present_file() const;

  // Few descriptors: it may be closed and opened again. What is asked of the file meanwhile is
  // asked of whatever stands where it was, if that is still the same file.
  bool is_open() const noexcept { return static_cast<bool>(fd_); }
  bool is_idle() const override { return drained && ledger_->idle(); }
  void close() override { fd_.close(); }
  // kNotFound: it does not stand there any more.
  Result<void> reopen();
  // Takes over the descriptor of `same`, which is the same file found elsewhere.
  void reopen_as(Generation&& same);

  // Where the next unread byte is, and the bytes in front of it.
  std::uint64_t offset() const noexcept { return offset_; }
  const Marker& marker() const noexcept { return marker_; }
  Ledger<std::uint64_t>& ledger() noexcept { return *ledger_; }
  const Ledger<std::uint64_t>& ledger() const noexcept { return *ledger_; }

  // Moves on; `read` are the bytes in front of `offset`.
  void advance_to(std::uint64_t offset, std::string_view read);
  // Starts at `offset`, as saved. The marker is read from the file.
  void start_at(std::uint64_t offset);
  // The same; what was on its way then is read again as it was.
  void resume(const GenerationRecord& record);
  // The next of those reads; null: none is left.
  const ReadRecord* read_before() const { return before_.empty() ? nullptr : &before_.front(); }
  // It was repeated; or, if the file differs, none of them can be.
  void read_repeated() { before_.pop_front(); }
  void forget_reads_before() { before_.clear(); }

  // The bytes up to offset() went on their way. Requires that the ledger has issued them.
  const ReadRecord& sent(std::int64_t timestamp_ns);
  // Called with how far the file is delivered, whenever that moves.
  void on_delivered(std::function<void(std::uint64_t)> callback);
  // The file was cut or rewritten: from the beginning. What is on its way from the old content
  // cannot be read again, so the position goes back at once; its ledger is kept until it is
  // settled.
  void start_over();

  // Whether the bytes at `offset` minus their length are `marker`: the file is still the one it
  // was.
  bool matches(std::uint64_t offset, std::string_view marker) const;
  // The bytes in front of it, at most as many as a marker has; none if they cannot be read.
  std::string bytes_in_front_of(std::uint64_t offset) const;
  // Where the hole of a sparse file ends in which `offset` lies; `offset` if it lies in none. The
  // file is open.
  std::uint64_t end_of_hole(std::uint64_t offset) const;
  // Size of the file now; 0 if that cannot be told.
  std::uint64_t size() const;

  // Identity and position for the book.
  GenerationRecord record() const;
  // Identity and where reading is.
  GenerationRecord reading_record() const;
  // Nothing of it is on its way.
  bool settled();

  bool rotated = false;            // something else stands at the path now
  bool drained = false;            // read to its end when last looked at...
  std::uint64_t drained_size = 0;  // ...which was here
  // Monotonic; when that end was first reached. None before the first time.
  std::optional<std::int64_t> quiet_since_ns;
  std::uint64_t no_newline_up_to =
      0;                       // searched from offset() to here (absolute) without finding one
  bool skipping_line = false;  // inside a line of which the beginning was already sent
  int watch = -1;              // of the watcher
  const LineDecoder* decoder = nullptr;  // once the beginning of the file is known

 private:
  Generation(Fd fd, FileId id, std::string file)
      : fd_(std::move(fd)), id_(id), file_(std::move(file)) {
    begin_ledger(0);
  }
  void begin_ledger(std::uint64_t offset);

  Fd fd_;
  FileId id_;
  std::string file_;
  std::uint64_t offset_ = 0;
  Marker marker_;
  std::unique_ptr<Ledger<std::uint64_t>> ledger_;
  // Lists: they hold no memory while they are empty, and nearly always are.
  std::list<ReadRecord> reads_;   // on their way
  std::list<ReadRecord> before_;  // were on their way when the last process ended
  std::function<void(std::uint64_t)> on_delivered_;
  std::vector<std::unique_ptr<Ledger<std::uint64_t>>> retired_;  // of content that was cut off
};

}  // namespace tailrace
