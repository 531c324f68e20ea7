#include "sources/journal/journal_source.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <optional>

#include "base/backoff.h"
#include "base/text.h"
#include "net/await.h"
#include "parse/json_value.h"

namespace tailrace {
namespace {

constexpr std::int64_t kBackoffMaxNs = 30 * kNsPerSecond;
constexpr int kExitLooks = 100;
constexpr std::int64_t kExitLookNs = 10 * kNsPerMs;

awaitable<void> rest(Executor executor, std::int64_t ns) {
  asio::steady_timer timer(executor);
  timer.expires_after(std::chrono::nanoseconds(ns));
  [[maybe_unused]] auto [error] = co_await timer.async_wait(kAwait);
}

// "s=...;i=...;b=...;m=...;t=<microseconds, hex>;x=..."
std::optional<std::int64_t> cursor_time_us(std::string_view cursor) {
  for (const std::string_view part : split(cursor, ';')) {
    if (!part.starts_with("t=")) continue;
    std::int64_t us = 0;
    const auto [end, error] = std::from_chars(part.data() + 2, part.data() + part.size(), us, 16);
    if (error == std::errc() && end == part.data() + part.size()) return us;
  }
  return std::nullopt;
}

std::string_view priority_keyword(std::string_view priority) {
  static constexpr std::array<std::string_view, 8> kKeywords = {
      "emerg", "alert", "crit", "error", "warning", "notice", "info", "debug"};
  const bool is_one = priority.size() == 1 && priority[0] >= '0' && priority[0] <= '7';
  return is_one ? kKeywords[static_cast<std::size_t>(priority[0] - '0')] : priority;
}

Counter error_counter(Metrics& metrics, const char* error) {
  return metrics.counter("promtail_journal_target_parsing_errors_total",
                         "Total number of parsing errors while reading journal messages",
                         {{"error", error}});
}

}  // namespace

JournalOptions read_journal_options(const ConfigNode& node) {
  node.strict({"json", "max_age", "labels", "path", "matches"});
  JournalOptions options;
  node.read("json", options.json);
  GoDuration max_age{options.max_age_ns};
  node.read("max_age", max_age);
  options.max_age_ns = max_age.ns;
  node.read("labels", options.labels);
  node.read("path", options.path);
  std::string matches;
  node.read("matches", matches);
  for (const std::string_view match : split(matches, ' ')) {
    const std::string_view trimmed = trim_space(match);
    if (trimmed.empty()) continue;
    if (std::count(trimmed.begin(), trimmed.end(), '=') != 1 || trimmed.starts_with('-')) {
      node.error("matches", "expected FIELD=value, separated by blanks, got " + go_quoted(trimmed));
    }
    options.matches.emplace_back(trimmed);
  }
  return options;
}

std::vector<std::string> journalctl_command(const JournalOptions& options,
                                            const std::string& cursor, std::int64_t now_ns) {
  std::vector<std::string> command = {options.journalctl, "--output=export", "--follow",
                                      "--no-tail",        "--quiet",         "--all"};
  if (!options.path.empty()) command.push_back("--directory=" + options.path);
  const std::int64_t oldest_ns = now_ns - options.max_age_ns;
  const std::optional<std::int64_t> at_us = cursor_time_us(cursor);
  if (at_us && *at_us >= oldest_ns / 1000) {
    command.push_back("--after-cursor=" + cursor);
  } else {
    command.push_back("--since=@" + std::to_string(oldest_ns / kNsPerSecond));
  }
  command.insert(command.end(), options.matches.begin(), options.matches.end());
  return command;
}

JournalSource::JournalSource(SourceContext& context, RelabelConfigs rules, JournalOptions options)
    : context_(context),
      options_(std::move(options)),
      gate_(context.shard, context.scheduler, context.pipeline),
      relabeler_(std::move(rules), options_.labels, EntryRelabeler::Fixed::kRelabeled,
                 context.shard.interner),
      cursor_(context.positions.text(position_key()).value_or("")),
      ledger_(cursor_),
      published_(cursor_),
      lines_(context.shard.metrics.counter("promtail_journal_target_lines_total",
                                           "Total number of successful journal lines read")),
      no_message_(error_counter(context.shard.metrics, "no_message")),
      empty_labels_(error_counter(context.shard.metrics, "empty_labels")),
      tasks_(context.shard.executor) {}

JournalSource::~JournalSource() { stop(); }

Result<void> JournalSource::start() {
  auto child =
      ChildProcess::start(context_.shard.executor,
                          journalctl_command(options_, cursor_, context_.shard.clock.now_ns()));
  if (!child) {
    return std::move(child).error().in("journal of job " + context_.job_name +
                                       " needs the program journalctl");
  }
  child_ = std::move(child).value();
  tasks_.spawn("journal", run());
  return {};
}

void JournalSource::stop() {
  stopping_ = true;
  gate_.close();
  if (child_) child_->close();
  tasks_.cancel();
}

awaitable<void> JournalSource::run() {
  Backoff backoff(backoff_min_ns_, std::max(backoff_min_ns_, kBackoffMaxNs), 1);
  log::Every complain(60 * kNsPerSecond);
  while (!stopping_) {
    got_entries_ = false;
    if (child_) co_await read_entries();
    // Its output ends shortly before itself.
    for (int looks = 0; looks < kExitLooks && child_ && !child_->exited() && !stopping_; ++looks) {
      co_await rest(context_.shard.executor, kExitLookNs);
    }
    if (stopping_) co_return;
    Result<void> ended = child_ ? child_->finish_blocking() : Result<void>();
    child_.reset();
    // It does not know the cursor, say: then from where max_age allows.
    if (!ended && !got_entries_) cursor_.clear();
    if (complain.due()) {
      log::warn("journalctl has ended, starting it again",
                {{"job", context_.job_name}, {"error", ended ? "" : ended.error().text()}});
    }
    if (got_entries_) backoff.reset();
    co_await rest(context_.shard.executor, backoff.next_ns());
    if (stopping_) co_return;
    auto child =
        ChildProcess::start(context_.shard.executor,
                            journalctl_command(options_, cursor_, context_.shard.clock.now_ns()));
    if (child) child_ = std::move(child).value();
  }
}

awaitable<void> JournalSource::read_entries() {
  JournalExportReader reader;
  std::vector<char> room(64 * 1024);
  while (!stopping_) {
    const bool may_read = co_await gate_.wait();
    if (!may_read) co_return;
    Result<std::size_t> count = co_await child_->read_some(room);
    if (!count || *count == 0) co_return;
    reader.add({room.data(), *count});
    hand_on(reader);
  }
}

void JournalSource::hand_on(JournalExportReader& reader) {
  JournalEntry entry;
  // One ticket for each entry: an entry comes with its cursor, and they are few beside lines of
  // files.
  while (reader.next(entry)) {
    got_entries_ = true;
    cursor_ = entry.cursor;
    Ticket* const ticket = ledger_.issue(cursor_);
    hand_on_entry(entry, ticket);
    ticket->release();
  }
  context_.pipeline.end_of_read();
}

void JournalSource::hand_on_entry(const JournalEntry& entry, Ticket* ticket) {
  std::string_view line = entry.find("MESSAGE");
  if (options_.json) {
    auto sorted = entry.fields;
    std::sort(sorted.begin(), sorted.end());
    json_ = "{";
    for (const auto& [name, value] : sorted) {
      if (json_.size() > 1) json_ += ',';
      append_json_string(json_, name, kJsonIteratorStyle);
      json_ += ':';
      append_json_string(json_, value, kJsonIteratorStyle);
    }
    json_ += '}';
    line = json_;
  } else if (line.data() == nullptr) {
    no_message_.add();
    return;
  }
  set_labels(entry);
  const LabelSet* const stream = relabeler_.stream();
  if (stream == nullptr) return;
  if (stream->labels().empty()) {
    empty_labels_.add();
    return;
  }
  Shard& shard = context_.shard;
  shard.entry.begin(line, entry.realtime_us * 1000, stream, ticket);
  context_.pipeline.head().accept(shard.entry);
  lines_.add();
}

void JournalSource::set_labels(const JournalEntry& entry) {
  relabeler_.begin();
  for (const auto& [field, value] : entry.fields) {
    name_ = "__journal_";
    name_ += ascii_lower(field);
    relabeler_.set(name_, value);
    if (field == "PRIORITY") {
      relabeler_.set("__journal_priority_keyword", priority_keyword(value));
    }
  }
}

void JournalSource::publish() {
  if (ledger_.committed() == published_) return;
  published_ = ledger_.committed();
  context_.positions.publish_text(position_key(), published_);
}

std::vector<SourceStatus> JournalSource::status() const {
  SourceStatus status;
  status.type = "Journal";
  status.ready = ready();
  status.labels = options_.labels;
  status.details = {{"position", ledger_.committed()}};
  return {status};
}

}  // namespace tailrace
