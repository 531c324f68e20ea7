// The one file that knows spdlog. A line is put together here, on the caller's thread; spdlog
// brings the bounded queue. Its thread pool is not used: it wakes up every ten seconds for nothing.
#include "telemetry/log.h"

#include <spdlog/common.h>
#include <spdlog/details/mpmc_blocking_q.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <chrono>
#include <ctime>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <thread>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/text.h"
#include "telemetry/recent_problems.h"

namespace tailrace::log {
namespace {

constexpr std::size_t kQueueEventsMax = 8192;

std::string_view level_name(Level level) {
  switch (level) {
    case Level::kDebug:
      return "debug";
    case Level::kInfo:
      return "info";
    case Level::kWarn:
      return "warn";
    case Level::kError:
      return "error";
  }
  return "";
}

// 2026-01-02T03:04:05.678901234Z
void append_time(std::string& out, std::int64_t ns) {
  const std::time_t seconds = ns / kNsPerSecond;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[40];
  std::size_t used = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
  text[used++] = '.';
  std::int64_t rest = ns % kNsPerSecond;
  for (std::size_t digit = 9; digit-- > 0; rest /= 10)
    text[used + digit] = static_cast<char>('0' + rest % 10);
  used += 9;
  text[used++] = 'Z';
  out.append(text, used);
}

void append_json_string(std::string& out, std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string valid;
  if (!is_valid_utf8(text)) {
    valid = to_valid_utf8(text);
    text = valid;
  }
  out += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        if (byte < 0x20 || byte == 0x7f) {
          out += "\\u00";
          out += kHex[byte >> 4];
          out += kHex[byte & 15];
        } else {
          out += c;
        }
    }
  }
  out += '"';
}

bool needs_quotes(std::string_view text) {
  if (text.empty()) return true;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= ' ' || byte >= 0x7f || c == '=' || c == '"') return true;
  }
  return false;
}

void append_logfmt_value(std::string& out, std::string_view text) {
  if (needs_quotes(text)) {
    append_json_string(out, text);
  } else {
    out += text;
  }
}

// NaN and infinities are no numbers to JSON.
bool is_bare_json(const Field& field) {
  if (field.quoted || field.text.empty()) return false;
  const std::size_t first = field.text[0] == '-' ? 1 : 0;
  const bool digit =
      field.text.size() > first && field.text[first] >= '0' && field.text[first] <= '9';
  return digit || field.text == "true" || field.text == "false";
}

std::string render(Format format, Level level, std::string_view message, FieldList fields) {
  std::string out;
  out.reserve(128 + message.size());
  const std::int64_t now = Clock::system().now_ns();
  if (format == Format::kLogfmt) {
    out += "ts=";
    append_time(out, now);
    out += " level=";
    out += level_name(level);
    out += " msg=";
    append_logfmt_value(out, message);
    for (const Field& field : fields) {
      out += ' ';
      out += field.key;
      out += '=';
      append_logfmt_value(out, field.text);
    }
    return out;
  }
  out += "{\"ts\":\"";
  append_time(out, now);
  out += "\",\"level\":\"";
  out += level_name(level);
  out += "\",\"msg\":";
  append_json_string(out, message);
  for (const Field& field : fields) {
    out += ',';
    append_json_string(out, field.key);
    out += ':';
    if (is_bare_json(field)) {
      out += field.text;
    } else {
      append_json_string(out, field.text);
    }
  }
  out += '}';
  return out;
}

void write_standard_error(std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = ::write(STDERR_FILENO, text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return;  // nobody to tell
    text.remove_prefix(static_cast<std::size_t>(count));
  }
}

// Gets finished lines, one at a time: the queue has one thread.
class Sink {
 public:
  virtual ~Sink() = default;
  virtual void write(std::string_view line) = 0;
};

// The message as it is, one write a line.
class StandardErrorSink final : public Sink {
 public:
  void write(std::string_view line) override {
    line_.assign(line);
    line_ += '\n';
    write_standard_error(line_);
  }

 private:
  std::string line_;
};

// The same into our own file. What a full disk refuses waits, up to a limit; what is above it is
// lost, and the first such line is told on standard error.
class FileSink final : public Sink {
 public:
  explicit FileSink(RotatingFile file) : file_(std::move(file)) {}

  void write(std::string_view line) override {
    const std::size_t before = waiting_.size();
    waiting_ += line;
    waiting_ += '\n';
    const Result<void> written = file_.append(waiting_);
    if (waiting_.size() > kWaitingBytesMax) waiting_.resize(before);
    if (!written && !refused_) {
      write_standard_error("the log file cannot be written: " + written.error().text() + '\n');
    }
    refused_ = !written;
  }

 private:
  static constexpr std::size_t kWaitingBytesMax = std::size_t{1} << 20;

  RotatingFile file_;
  std::string waiting_;
  bool refused_ = false;
};

// The queue and the thread that empties it.
class Writer {
 public:
  explicit Writer(std::vector<std::unique_ptr<Sink>> sinks)
      : sinks_(std::move(sinks)), queue_(kQueueEventsMax), thread_([this] { run(); }) {}
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;
  // After the last event of the queue.
  ~Writer() {
    queue_.enqueue(Event{{}, true});
    thread_.join();
  }

  void post(std::string line) { queue_.enqueue_nowait(Event{std::move(line), false}); }
  std::uint64_t dropped() { return queue_.overrun_counter(); }

 private:
  struct Event {
    std::string line;
    bool last = false;
  };

  void run() {
    Event event;
    while (true) {
      if (!queue_.dequeue_for(event, std::chrono::hours(24))) continue;
      if (event.last) return;
      for (const std::unique_ptr<Sink>& sink : sinks_) sink->write(event.line);
    }
  }

  const std::vector<std::unique_ptr<Sink>> sinks_;
  spdlog::details::mpmc_blocking_queue<Event> queue_;
  std::thread thread_;
};

struct State {
  std::atomic<Level> level{Level::kInfo};
  std::shared_mutex mutex;  // the rest: changed by configure, shutdown and tests, read by everybody
  Format format = Format::kLogfmt;
  std::unique_ptr<Writer> writer;
  std::uint64_t dropped_before = 0;
  std::function<void(std::string_view)> capture;
};

// Never destroyed: threads may still log while the program ends.
State& state() {
  static State* const instance = new State;
  return *instance;
}

}  // namespace

Result<Level> parse_level(std::string_view text) {
  for (const Level level : {Level::kDebug, Level::kInfo, Level::kWarn, Level::kError}) {
    if (text == level_name(level)) return level;
  }
  return Error{ErrorCode::kInvalid,
               "unknown log level \"" + std::string(text) + "\"; use debug, info, warn or error"};
}

Result<Format> parse_format(std::string_view text) {
  if (text == "logfmt") return Format::kLogfmt;
  if (text == "json") return Format::kJson;
  return Error{ErrorCode::kInvalid,
               "unknown log format \"" + std::string(text) + "\"; use logfmt or json"};
}

Result<void> configure(Level level, Format format, Output output) {
  State& self = state();
  self.level = level;
  const std::unique_lock lock(self.mutex);
  self.format = format;
  if (self.writer) return {};
  std::vector<std::unique_ptr<Sink>> sinks;
  if (output.to_stderr) sinks.push_back(std::make_unique<StandardErrorSink>());
  if (!output.file.path.empty()) {
    RotatingFile file(output.file);
    if (Result<void> opened = file.open(); !opened) return std::move(opened).error().in("log");
    sinks.push_back(std::make_unique<FileSink>(std::move(file)));
  }
  self.writer = std::make_unique<Writer>(std::move(sinks));
  return {};
}

void set_level(Level level) { state().level = level; }

bool enabled(Level level) { return level >= state().level.load(std::memory_order_relaxed); }

void shutdown() {
  State& self = state();
  const std::unique_lock lock(self.mutex);
  if (!self.writer) return;
  self.dropped_before += self.writer->dropped();
  self.writer.reset();
}

std::uint64_t dropped() {
  State& self = state();
  const std::shared_lock lock(self.mutex);
  return self.dropped_before + (self.writer ? self.writer->dropped() : 0);
}

void capture_for_test(std::function<void(std::string_view)> sink) {
  const std::unique_lock lock(state().mutex);
  state().capture = std::move(sink);
}

void write(Level level, std::string_view message, FieldList fields) {
  if (!enabled(level)) return;
  State& self = state();
  const std::shared_lock lock(self.mutex);
  std::string line = render(self.format, level, message, fields);
  if (level >= Level::kWarn) {
    const std::string text = render(Format::kLogfmt, level, message, fields);
    // Time and level stand beside it.
    remember_problem(level, std::string_view(text).substr(text.find("msg=")));
  }
  if (self.capture) {
    self.capture(line);
  } else if (self.writer) {
    self.writer->post(std::move(line));
  } else {
    line += '\n';
    write_standard_error(line);
  }
}

bool Every::due() {
  const std::int64_t now = Clock::system().monotonic_ns();
  std::int64_t next = next_ns_.load(std::memory_order_relaxed);
  if (next != 0 && now < next) return false;
  return next_ns_.compare_exchange_strong(next, now + interval_ns_, std::memory_order_relaxed);
}

}  // namespace tailrace::log
