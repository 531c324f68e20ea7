#include "sources/docker/docker_container.h"

#include <chrono>

#include "base/backoff.h"
#include "net/await.h"
#include "sources/entry_relabeler.h"

namespace tailrace {
namespace {

// A connection over a network may die without a word; one that said nothing for so long is made
// anew.
constexpr std::int64_t kSilenceNs = 900 * kNsPerSecond;

std::string seconds_key(const std::string& id) { return "cursor-" + id; }
std::string exact_key(const std::string& id) { return "cursor-" + id + "-exact"; }

DockerMarker saved_marker(const PositionBook& positions, const std::string& id) {
  return read_marker(positions.text(seconds_key(id)), positions.text(exact_key(id)));
}

// Set while it lives: a task may also end by an exception.
class InRun {
 public:
  explicit InRun(bool& flag) : flag_(flag) { flag_ = true; }
  ~InRun() { flag_ = false; }
  InRun(const InRun&) = delete;
  InRun& operator=(const InRun&) = delete;

 private:
  bool& flag_;
};

awaitable<void> rest(const Executor& executor, std::int64_t ns) {
  asio::steady_timer timer(executor);
  timer.expires_after(std::chrono::nanoseconds(ns));
  [[maybe_unused]] auto [error] = co_await timer.async_wait(kAwait);
}

}  // namespace

DockerMetrics::DockerMetrics(Metrics& metrics)
    : entries(metrics.counter("promtail_docker_target_entries_total",
                              "Total number of successful entries sent to the Docker target")),
      errors(metrics.counter("promtail_docker_target_parsing_errors_total",
                             "Total number of parsing errors while receiving Docker messages")),
      lines_cut(metrics.counter("tailrace_docker_lines_cut_total",
                                "Lines of containers that were longer than the limit.")),
      reopened(metrics.counter("tailrace_docker_logs_reopened_total",
                               "Logs of running containers that had to be opened again.")) {}

DockerContainer::DockerContainer(DockerShared& shared, DockerEngine& engine,
                                 std::size_t line_bytes_max, const DockerContainerInfo& info)
    : shared_(shared),
      engine_(engine),
      line_bytes_max_(line_bytes_max),
      read_(saved_marker(shared.context.positions, info.id)),
      safe_(read_),
      ledger_(read_),
      published_(read_),
      complain_(60 * kNsPerSecond) {
  set_info(info);
}

bool DockerContainer::is_known(const PositionBook& positions, const std::string& id) {
  return positions.text(seconds_key(id)).has_value();
}

void DockerContainer::set_info(const DockerContainerInfo& info) {
  const bool same = streams_[0] && info.labels == info_.labels;
  info_ = info;
  if (same) return;
  for (const bool is_stderr : {false, true}) {
    Labels labels = info.labels;
    labels.set("__meta_docker_container_log_stream", is_stderr ? "stderr" : "stdout");
    std::optional<Labels> relabeled = relabel(shared_.rules, std::move(labels));
    LabelSetRef& stream = streams_[is_stderr ? 1 : 0];
    stream = LabelSetRef();
    if (!relabeled) continue;
    drop_internal_labels(*relabeled);
    stream = LabelSetRef(shared_.context.shard.interner.intern(*relabeled));
  }
}

awaitable<void> DockerContainer::run() {
  const InRun in_run(in_run_);
  const Clock& clock = shared_.context.shard.clock;
  Backoff backoff(shared_.backoff_min_ns, shared_.backoff_max_ns,
                  static_cast<std::uint64_t>(clock.monotonic_ns()));
  for (bool again = false; !stopping_; again = true) {
    if (again) shared_.metrics.reopened.add();
    Result<DockerContainerState> state = co_await engine_.inspect(info_.id);
    if (!state && state.error().code() == ErrorCode::kNotFound) {
      removed_ = true;
      co_return;
    }
    Result<void> followed;
    got_lines_ = false;
    if (state) {
      followed = co_await follow(*state);
    } else {
      followed = std::move(state).error();
    }
    if (stopping_) co_return;
    error_ = followed ? "" : followed.error().text();
    // A look that began when it stood still has seen everything.
    if (followed && !state->running) co_return;
    if (!followed && complain_.due()) {
      log::warn("cannot follow the log of a container, trying again",
                {{"container", info_.name}, {"id", info_.id}, {"error", error_}});
    }
    if (got_lines_) backoff.reset();
    if (got_lines_ && followed) continue;
    co_await rest(shared_.context.shard.executor, backoff.next_ns());
  }
}

// Reads until the log ends. An error: it broke off.
awaitable<Result<void>> DockerContainer::follow(DockerContainerState state) {
  read_ = safe_;  // what was unfinished comes again
  DockerResume resume(read_);
  DockerLogReader reader(state.has_terminal, line_bytes_max_);
  Result<std::unique_ptr<HttpStream>> opened = co_await engine_.logs(info_.id, read_);
  if (!opened) co_return std::move(opened).error();
  const std::unique_ptr<HttpStream> stream = std::move(opened).value();
  while (!stopping_) {
    const bool may_read = co_await shared_.gate.wait();
    if (!may_read) break;
    const std::span<char> room = reader.room();
    Result<std::size_t> count = co_await stream->read_some(room, kSilenceNs);
    if (!count && count.error().code() == ErrorCode::kTimeout) break;
    if (!count) co_return std::move(count).error();
    reader.filled(*count);
    const bool at_end = *count == 0;
    take_lines(reader, resume, at_end && !state.running);
    if (at_end) break;
    if (reader.broken()) {
      shared_.metrics.errors.add();
      co_return Error{ErrorCode::kUnavailable, "the log stream holds something that is no frame"};
    }
  }
  co_return Result<void>();
}

// Hands on what is whole in the reader. `at_end`: also what will never be.
void DockerContainer::take_lines(DockerLogReader& reader, DockerResume& resume, bool at_end) {
  Arena& arena = shared_.context.shard.arena;
  const std::uint64_t errors_before = reader.errors();
  const std::uint64_t cut_before = reader.cut();
  const std::uint64_t lines_before = reader.lines();
  std::vector<DockerMarker>& after = markers_;
  after.clear();
  lines_.clear();
  for (DockerLine line; reader.next(line, arena) || (at_end && reader.finish(line, arena));) {
    if (!resume.was_read(line.timestamp_ns) &&
        !repeats_.is_repeated(line.is_stderr, line.timestamp_ns, line.text)) {
      lines_.push_back(line);
      read_.pass(line.timestamp_ns);
    }
    after.push_back(read_);
  }
  shared_.metrics.errors.add(static_cast<double>(reader.errors() - errors_before));
  shared_.metrics.lines_cut.add(static_cast<double>(reader.cut() - cut_before));
  // Saved is the place in front of a line that is only half here, if there is one.
  const std::uint64_t whole = reader.unfinished_since().value_or(reader.lines());
  if (whole > lines_before) safe_ = after[whole - lines_before - 1];
  if (!lines_.empty()) hand_on();
  shared_.context.pipeline.end_of_read();
}

void DockerContainer::hand_on() {
  Shard& shard = shared_.context.shard;
  EntrySink& head = shared_.context.pipeline.head();
  Ticket* const ticket = ledger_.issue(safe_);
  std::uint64_t count = 0;
  for (const DockerLine& line : lines_) {
    const LabelSet* const stream = streams_[line.is_stderr ? 1 : 0].get();
    if (stream == nullptr) continue;
    shard.entry.begin(line.text, line.timestamp_ns, stream, ticket);
    head.accept(shard.entry);
    ++count;
  }
  ticket->release();
  got_lines_ = true;
  shared_.metrics.entries.add(static_cast<double>(count));
}

void DockerContainer::publish() {
  const DockerMarker& at = ledger_.committed();
  if (at == published_ || at.empty()) return;
  published_ = at;
  shared_.context.positions.publish_text(seconds_key(info_.id), marker_seconds(at));
  shared_.context.positions.publish_text(exact_key(info_.id), marker_exact(at));
}

void DockerContainer::forget_position() {
  shared_.context.positions.forget_text(seconds_key(info_.id));
  shared_.context.positions.forget_text(exact_key(info_.id));
}

SourceStatus DockerContainer::status() const {
  SourceStatus status;
  status.type = "Docker";
  status.ready = in_run_;
  if (streams_[0]) status.labels = streams_[0]->labels();
  status.discovered = info_.labels;
  status.details = {{"id", info_.id},
                    {"error", error_},
                    {"position", marker_seconds(ledger_.committed())},
                    {"running", in_run_ ? "true" : "false"}};
  return status;
}

}  // namespace tailrace
