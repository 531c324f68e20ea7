// PositionKeeper: writes the position book to disk: every sync_period if something changed, when
// all files have come to rest, at once (nearly) when a file is new in it, and at the end.
//
// The book lives on the shard; the writing, which waits for the disk, is done by a pool thread, one
// write at a time. What the book notes in between is appended to our own file by the shard itself,
// which is a matter of microseconds: nothing waits for the disk, and a process that is killed
// leaves it to the kernel. A failed write is logged and tried again with the next period; the old
// file stays whole.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/file.h"
#include "base/lifetime.h"
#include "base/result.h"
#include "positions/position_book.h"
#include "positions/positions_file.h"

namespace tailrace {

class PositionKeeper {
 public:
  // How long a new file waits for others to be written down with it.
  static constexpr std::int64_t kUrgentNs = 50'000'000;
  // So many bytes of notes, and the whole is written before its time.
  static constexpr std::size_t kNotesBytesMax = std::size_t{4} << 20;

  // Loads the file and our own beside it. A file that is damaged (cut off, NULs) gives what can be
  // saved of it and a warning; one that somebody edited wrongly is an error, unless the options say
  // to ignore that.
  static Result<PositionBook> load(const PositionsOptions& options);

  // `publish` makes all sources tell the book where they are; it is asked at any time, also while
  // there are none. `pool` has one thread, so that writes keep their order. All on the shard's
  // thread.
  PositionKeeper(boost::asio::any_io_executor executor, boost::asio::thread_pool& pool,
                 PositionsOptions options, PositionBook& book, std::function<void()> publish);
  PositionKeeper(const PositionKeeper&) = delete;
  PositionKeeper& operator=(const PositionKeeper&) = delete;
  ~PositionKeeper();

  void start();
  // Publishes, writes, and returns when it is written. For the end.
  void write_blocking();
  // A reload may change where and how often.
  void set_options(PositionsOptions options);

 private:
  void arm();
  void write_soon();
  void write_at_rest();
  void write();
  struct Outcome {
    bool ours = false;  // our own file was replaced
    bool all = false;   // both were
  };
  static Outcome write_files(const PositionsOptions& options,
                             const PositionBook::Snapshot& snapshot);
  void append(std::string_view notes);
  void open_notes();

  boost::asio::any_io_executor executor_;
  boost::asio::thread_pool& pool_;
  PositionsOptions options_;
  PositionBook& book_;
  std::function<void()> publish_;
  boost::asio::steady_timer period_;
  boost::asio::steady_timer urgent_;
  std::chrono::steady_clock::time_point rest_write_due_{};
  bool writing_ = false;
  Fd notes_file_;      // our own file; may be the one before while a new one is being written
  std::string since_;  // noted while it is
  std::size_t appended_ = 0;  // bytes since it was written
  Lifetime lifetime_;
};

}  // namespace tailrace
