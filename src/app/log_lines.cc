#include "app/log_lines.h"

#include <array>
#include <charconv>

namespace tailrace {
namespace {

constexpr std::array<std::string_view, 6> kMethods = {"GET", "GET", "GET", "POST", "PUT", "DELETE"};
constexpr std::array<std::string_view, 8> kPaths = {
    "/api/orders", "/api/users/profile", "/api/cart/items", "/login",
    "/api/search", "/api/payments",      "/static/app.js",  "/api/reports/daily"};
constexpr std::array<std::string_view, 6> kUsers = {"alice",  "bob",   "carol",
                                                    "dmitri", "émile", "李雷"};
constexpr std::array<std::string_view, 5> kTables = {"orders", "users", "sessions", "invoices",
                                                     "audit_log"};
constexpr std::array<std::string_view, 5> kHosts = {"db-1:5432", "cache-2:6379", "queue-1:5672",
                                                    "auth:8443", "search-3:9200"};
constexpr std::array<std::string_view, 5> kExceptions = {
    "TimeoutException: no answer from upstream", "NullPointerException: order.customer",
    "IllegalStateException: cart is closed", "ConnectException: Connection refused",
    "DeadlockException: transaction was chosen as victim"};
constexpr std::array<std::string_view, 6> kFrames = {
    "com.shop.orders.OrderService.place(OrderService.java:118)",
    "com.shop.payments.Gateway.charge(Gateway.java:57)",
    "com.shop.web.Dispatcher.handle(Dispatcher.java:203)",
    "com.shop.db.Pool.borrow(Pool.java:88)",
    "java.base/java.util.concurrent.ThreadPoolExecutor.runWorker(ThreadPoolExecutor.java:1136)",
    "java.base/java.lang.Thread.run(Thread.java:833)"};

void append_number(std::string& out, std::uint64_t value) {
  char text[20];
  out.append(text, std::to_chars(text, text + sizeof text, value).ptr);
}

void append_field(std::string& out, std::string_view key, std::string_view value) {
  out.append(" ").append(key).append("=").append(value);
}

void append_field(std::string& out, std::string_view key, std::uint64_t value) {
  out.append(" ").append(key).append("=");
  append_number(out, value);
}

// " key=value" as ,"key":"value" (numbers bare).
void append_json_fields(std::string& out, std::string_view fields) {
  while (!fields.empty()) {
    fields.remove_prefix(1);
    const std::size_t end = fields.find(' ');
    const std::string_view field = fields.substr(0, end);
    const std::size_t equals = field.find('=');
    const std::string_view value = field.substr(equals + 1);
    const bool number = value.find_first_not_of("0123456789") == value.npos;
    out.append(",\"")
        .append(field.substr(0, equals))
        .append(number ? "\":" : "\":\"")
        .append(value);
    if (!number) out += '"';
    fields = end == fields.npos ? std::string_view() : fields.substr(end);
  }
}

std::string_view lower(std::string_view level) {
  return level == "INFO" ? "info" : level == "DEBUG" ? "debug" : level == "WARN" ? "warn" : "error";
}

}  // namespace

LogLines::LogLines(LogLineFormat format, bool stack_traces, std::uint64_t seed)
    : format_(format), stack_traces_(stack_traces), state_(seed | 1) {}

// xorshift64*: a line needs about ten numbers, and they only have to look varied.
std::uint64_t LogLines::random() {
  state_ ^= state_ >> 12;
  state_ ^= state_ << 25;
  state_ ^= state_ >> 27;
  return (state_ * 0x2545F4914F6CDD1DULL) >> 11;
}

void LogLines::append_event() {
  message_.clear();
  fields_.clear();
  with_trace_ = false;
  const std::uint64_t dice = below(100);
  if (dice < 62) {
    level_ = "INFO";
    message_ = "request served";
    append_field(fields_, "method", kMethods[below(kMethods.size())]);
    append_field(fields_, "path", kPaths[below(kPaths.size())]);
    append_field(fields_, "status", below(20) == 0 ? 404 : 200);
    append_field(fields_, "duration_ms", 1 + below(below(10) == 0 ? 2000 : 80));
    append_field(fields_, "bytes", 100 + below(50'000));
  } else if (dice < 72) {
    level_ = "INFO";
    message_ = "user signed in";
    append_field(fields_, "user", kUsers[below(kUsers.size())]);
    append_field(fields_, "session", 100'000 + below(900'000));
  } else if (dice < 87) {
    level_ = "DEBUG";
    message_ = "query done";
    append_field(fields_, "table", kTables[below(kTables.size())]);
    append_field(fields_, "rows", below(500));
    append_field(fields_, "duration_us", 50 + below(20'000));
  } else if (dice < 95) {
    level_ = "WARN";
    message_ = below(2) == 0 ? "slow answer from upstream" : "retrying after a failure";
    append_field(fields_, "upstream", kHosts[below(kHosts.size())]);
    append_field(fields_, "attempt", 1 + below(4));
    append_field(fields_, "duration_ms", 800 + below(4000));
  } else {
    level_ = "ERROR";
    message_ = "request failed";
    append_field(fields_, "path", kPaths[below(kPaths.size())]);
    append_field(fields_, "status", 500 + below(4));
    append_field(fields_, "user", kUsers[below(kUsers.size())]);
    with_trace_ = stack_traces_ && below(2) == 0;
  }
  append_field(fields_, "trace_id", random());
}

void LogLines::append(std::string& out, std::string_view timestamp) {
  append_event();
  const std::string_view exception =
      with_trace_ ? kExceptions[below(kExceptions.size())] : std::string_view();
  const std::uint64_t frames = with_trace_ ? 2 + below(kFrames.size() - 1) : 0;
  switch (format_) {
    case LogLineFormat::kText:
      out.append(timestamp)
          .append(" ")
          .append(level_)
          .append(" ")
          .append(message_)
          .append(fields_)
          .append("\n");
      if (with_trace_) out.append("com.shop.").append(exception).append("\n");
      for (std::uint64_t i = 0; i < frames; ++i)
        out.append("\tat ").append(kFrames[i]).append("\n");
      return;
    case LogLineFormat::kJson:
      out.append("{\"ts\":\"")
          .append(timestamp)
          .append("\",\"level\":\"")
          .append(lower(level_))
          .append("\",\"msg\":\"")
          .append(message_)
          .append("\"");
      append_json_fields(out, fields_);
      if (with_trace_) {
        out.append(",\"stack\":\"com.shop.").append(exception);
        for (std::uint64_t i = 0; i < frames; ++i) out.append("\\n\\tat ").append(kFrames[i]);
        out += '"';
      }
      out += "}\n";
      return;
    case LogLineFormat::kLogfmt:
      out.append("ts=")
          .append(timestamp)
          .append(" level=")
          .append(lower(level_))
          .append(" msg=\"")
          .append(message_)
          .append("\"")
          .append(fields_);
      if (with_trace_) {
        out.append(" stack=\"com.shop.").append(exception);
        for (std::uint64_t i = 0; i < frames; ++i) out.append("\\n\\tat ").append(kFrames[i]);
        out += '"';
      }
      out += '\n';
      return;
  }
}

}  // namespace tailrace
