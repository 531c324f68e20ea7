#include "agent/position_keeper.h"

#include <fcntl.h>
#include <unistd.h>

#include <boost/asio/post.hpp>
#include <chrono>
#include <future>
#include <memory>
#include <utility>

#include "base/clock.h"
#include "base/file.h"
#include "telemetry/log.h"

namespace tailrace {

Result<PositionBook> PositionKeeper::load(const PositionsOptions& options) {
  Positions positions;
  if (Result<Positions> loaded = load_positions(options.filename)) {
    positions = std::move(*loaded);
  } else {
    const Result<std::string> text = read_file(options.filename);
    if (text && is_damaged(*text)) {
      positions = salvage_positions(*text);
      log::warn("the positions file is damaged, going on with what is left of it",
                {{"file", options.filename},
                 {"entries", positions.size()},
                 {"error", loaded.error().text()}});
    } else if (options.ignore_invalid_yaml && text) {
      log::warn("ignoring the positions file, it does not parse",
                {{"error", loaded.error().text()}});
    } else {
      return std::move(loaded).error().in("positions");
    }
  }
  // Our own file is only a help: without it a file that was rotated meanwhile is not found again.
  Result<std::string> identities = read_file(identities_path(options.filename));
  return PositionBook(std::move(positions), identities ? *identities : std::string());
}

PositionKeeper::PositionKeeper(boost::asio::any_io_executor executor,
                               boost::asio::thread_pool& pool, PositionsOptions options,
                               PositionBook& book, std::function<void()> publish)
    : executor_(std::move(executor)),
      pool_(pool),
      options_(std::move(options)),
      book_(book),
      publish_(std::move(publish)),
      period_(executor_),
      urgent_(executor_) {}

PositionKeeper::~PositionKeeper() {
  book_.on_urgent(nullptr);
  book_.on_rest(nullptr);
  book_.on_notes(nullptr);
}

void PositionKeeper::start() {
  book_.on_urgent([this] { write_soon(); });
  book_.on_rest([this] { write_at_rest(); });
  book_.on_notes([this](std::string_view notes) { append(notes); });
  open_notes();
  arm();
  if (book_.urgent()) write_soon();
}

void PositionKeeper::arm() {
  period_.expires_at(next_shared_tick(options_.sync_period.ns));
  period_.async_wait([this, alive = lifetime_.watch()](const boost::system::error_code& error) {
    if (error || !alive()) return;
    book_.drop_missing_files();
    write();
    arm();
  });
}

void PositionKeeper::write_soon() {
  urgent_.expires_after(std::chrono::nanoseconds(kUrgentNs));
  urgent_.async_wait([this, alive = lifetime_.watch()](const boost::system::error_code& error) {
    if (error || !alive()) return;
    write();
  });
}

// What has come to rest is written down without waiting for the period, but not more often.
void PositionKeeper::write_at_rest() {
  const auto now = std::chrono::steady_clock::now();
  if (now < rest_write_due_) return;
  rest_write_due_ = now + std::chrono::nanoseconds(options_.sync_period.ns);
  write_soon();
}

void PositionKeeper::write() {
  if (writing_) return;
  publish_();
  if (!book_.dirty()) return;
  writing_ = true;
  auto snapshot = std::make_shared<const PositionBook::Snapshot>(book_.snapshot());
  boost::asio::post(
      pool_, [this, alive = lifetime_.watch(), executor = executor_, options = options_, snapshot] {
        const Outcome outcome = write_files(options, *snapshot);
        boost::asio::post(executor, [this, alive, outcome, snapshot] {
          if (!alive()) return;
          writing_ = false;
          outcome.all ? book_.written(*snapshot) : book_.not_written();
          const std::string since = std::exchange(since_, {});
          if (outcome.ours) {
            open_notes();
            append(since);
          }
          if (book_.urgent()) write_soon();
        });
      });
}

void PositionKeeper::write_blocking() {
  publish_();
  book_.drop_missing_files();
  // Behind a write that is under way: the pool has one thread, and the younger must be the last.
  const PositionBook::Snapshot snapshot = book_.snapshot();
  std::promise<Outcome> written;
  boost::asio::post(pool_, [&] { written.set_value(write_files(options_, snapshot)); });
  written.get_future().get().all ? book_.written(snapshot) : book_.not_written();
}

PositionKeeper::Outcome PositionKeeper::write_files(const PositionsOptions& options,
                                                    const PositionBook::Snapshot& snapshot) {
  static log::Every log_failure(std::int64_t{30} * 1'000'000'000);
  // Ours first: if only one is written, it must be the one that a restart does not believe alone.
  Result<void> written =
      replace_file_blocking(identities_path(options.filename), snapshot.identities, 0600);
  const bool ours = written.has_value();
  if (written) written = save_positions_blocking(options.filename, snapshot.positions);
  if (!written && log_failure.due()) {
    log::error("cannot write the positions file, trying again",
               {{"file", options.filename}, {"error", written.error().text()}});
  }
  return {ours, written.has_value()};
}

void PositionKeeper::set_options(PositionsOptions options) {
  const bool moved = options.filename != options_.filename;
  options_ = std::move(options);
  if (moved) open_notes();
}

void PositionKeeper::open_notes() {
  const std::string path = identities_path(options_.filename);
  notes_file_ = Fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  appended_ = 0;
  // Behind a line that was cut off.
  if (notes_file_) append("\n");
}

// A note that cannot be written costs a repeated line after a crash, no more.
void PositionKeeper::append(std::string_view notes) {
  if (writing_) since_ += notes;
  if (!notes_file_) return;
  const ssize_t written = ::write(notes_file_.get(), notes.data(), notes.size());
  if (written < 0 || static_cast<std::size_t>(written) < notes.size()) return notes_file_.close();
  appended_ += notes.size();
  if (appended_ > kNotesBytesMax) {
    appended_ = 0;
    write_soon();
  }
}

}  // namespace tailrace
