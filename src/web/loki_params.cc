#include "web/loki_params.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <ctime>

#include "base/text.h"
#include "base/units.h"
#include "logql/quantity.h"
#include "parse/go_number.h"

namespace tailrace {
namespace {

template <class T>
std::optional<T> whole_number(std::string_view text) {
  T value{};
  if (text.size() > 1 && text[0] == '+' && text[1] != '-') text.remove_prefix(1);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

// "12" of "2026-08-12T..." at its place; -1: no digits.
int digits(std::string_view text, std::size_t at, std::size_t count) {
  if (at + count > text.size()) return -1;
  int out = 0;
  for (const char c : text.substr(at, count)) {
    if (c < '0' || c > '9') return -1;
    out = out * 10 + (c - '0');
  }
  return out;
}

// Times outside of 1938 to 2115 count as those: there is nothing, and differences fit in 64 bits.
constexpr std::int64_t kEarliest = -1'000'000'000;
constexpr std::int64_t kLatest = 4'600'000'000;

std::int64_t time_at(std::int64_t seconds, std::int64_t ns) {
  if (seconds < kEarliest) return kEarliest * kNsPerSecond;
  if (seconds >= kLatest) return kLatest * kNsPerSecond;
  return seconds * kNsPerSecond + ns;
}

std::optional<std::int64_t> parse_rfc3339(std::string_view text) {
  if (text.size() < 20 || text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' ||
      text[16] != ':')
    return std::nullopt;
  std::tm parts{};
  const int year = digits(text, 0, 4);
  parts.tm_mon = digits(text, 5, 2) - 1;
  parts.tm_mday = digits(text, 8, 2);
  parts.tm_hour = digits(text, 11, 2);
  parts.tm_min = digits(text, 14, 2);
  parts.tm_sec = digits(text, 17, 2);
  if (year < 0 || parts.tm_mon < 0 || parts.tm_mon > 11 || parts.tm_mday < 1 ||
      parts.tm_mday > 31 || parts.tm_hour < 0 || parts.tm_hour > 23 || parts.tm_min < 0 ||
      parts.tm_min > 59 || parts.tm_sec < 0 || parts.tm_sec > 59)
    return std::nullopt;
  const int day = parts.tm_mday;
  parts.tm_year = year - 1900;
  std::size_t at = 19;
  std::int64_t ns = 0;
  if (text[at] == '.' || text[at] == ',') {  // both, as Go's reader
    std::int64_t unit = 100'000'000;
    for (++at; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at, unit /= 10)
      ns += (text[at] - '0') * unit;
  }
  std::int64_t seconds = ::timegm(&parts);
  if (parts.tm_mday != day) return std::nullopt;  // the 31st of November
  const std::string_view zone = text.substr(at);
  if (zone != "Z") {
    const int hours = digits(zone, 1, 2);
    const int minutes = digits(zone, 4, 2);
    if (zone.size() != 6 || (zone[0] != '+' && zone[0] != '-') || zone[3] != ':' || hours < 0 ||
        minutes < 0)
      return std::nullopt;
    seconds -= (zone[0] == '+' ? 1 : -1) * (hours * 3600 + minutes * 60);
  }
  return time_at(seconds, ns);
}

Error cannot_parse(std::string_view name, std::string_view text) {
  return Error{ErrorCode::kInvalid, "could not parse '" + std::string(name) +
                                        "' parameter: cannot parse \"" + std::string(text) +
                                        "\" as a time"};
}

// Where int64 nanoseconds end.
constexpr double kSecondsMax = 9.2e9;
// "30", "0.5", "30s": a number of seconds, or a duration.
Result<std::int64_t> seconds_or_duration(const std::string& text) {
  if (const std::optional<double> seconds = parse_go_float(text);
      seconds && std::abs(*seconds) < kSecondsMax)
    return static_cast<std::int64_t>(*seconds * static_cast<double>(kNsPerSecond));
  if (const Result<std::int64_t> duration = parse_prometheus_duration(text)) return *duration;
  return Error{ErrorCode::kInvalid, "cannot parse \"" + text + "\" to a valid duration"};
}

}  // namespace

std::optional<std::int64_t> parse_loki_time(std::string_view text) {
  if (text.find('.') != text.npos) {
    const std::optional<double> seconds = parse_go_float(text);
    if (seconds && std::abs(*seconds) < kSecondsMax) {
      const auto ms = static_cast<std::int64_t>(std::llround(*seconds * 1000));
      return time_at(ms / 1000, ms % 1000 * kNsPerMs);
    }
  }
  if (const std::optional<std::int64_t> number = whole_number<std::int64_t>(text)) {
    if (text.size() > 10) return time_at(*number / kNsPerSecond, *number % kNsPerSecond);
    return time_at(*number, 0);
  }
  return parse_rfc3339(text);
}

LokiParams::LokiParams(const Request& request, std::int64_t now_ns) : now_ns_(now_ns) {
  const std::string type = ascii_lower(request.header("content-type"));
  // A form comes first: of a name in both its value counts.
  if (request.method() == "POST" && type.starts_with("application/x-www-form-urlencoded"))
    pairs_ = parse_query(request.body());
  for (auto& pair : request.query_pairs()) pairs_.push_back(std::move(pair));
}

std::optional<std::string> LokiParams::find(std::string_view name) const {
  for (const auto& [key, value] : pairs_) {
    if (key == name) return value;
  }
  return std::nullopt;
}

std::vector<std::string> LokiParams::all(std::string_view name) const {
  std::vector<std::string> out;
  for (const auto& [key, value] : pairs_) {
    if (key == name) out.push_back(value);
  }
  return out;
}

Result<std::int64_t> LokiParams::time(std::string_view name, std::int64_t absent) const {
  const std::string text = get(name);
  if (text.empty()) return absent;
  const std::optional<std::int64_t> ns = parse_loki_time(text);
  if (!ns) return cannot_parse(name, text);
  return *ns;
}

Result<LokiParams::Range> LokiParams::range() const {
  std::int64_t since = 3600 * kNsPerSecond;
  if (const std::string text = get("since"); !text.empty()) {
    const Result<std::int64_t> parsed = parse_prometheus_duration(text);
    if (!parsed)
      return Error{ErrorCode::kInvalid,
                   "could not parse 'since' parameter: " + parsed.error().text()};
    since = *parsed;
  }
  Range out;
  TAILRACE_TRY(out.end_ns, time("end", now_ns_));
  const std::int64_t last = std::min(out.end_ns, now_ns_);
  TAILRACE_TRY(out.start_ns,
               time("start", last - std::min(since, last - kEarliest * kNsPerSecond)));
  if (out.end_ns < out.start_ns)
    return Error{ErrorCode::kInvalid, "end timestamp must not be before or equal to start time"};
  return out;
}

Result<std::int64_t> LokiParams::step(const Range& range) const {
  const std::string text = get("step");
  const double length =
      static_cast<double>(range.end_ns - range.start_ns) / static_cast<double>(kNsPerSecond);
  if (text.empty())
    return static_cast<std::int64_t>(std::max(1.0, std::floor(length / 250))) * kNsPerSecond;
  TAILRACE_TRY(const std::int64_t ns, seconds_or_duration(text));
  if (ns <= 0) {
    return Error{
        ErrorCode::kInvalid,
        "zero or negative query resolution step widths are not accepted. Try a positive integer"};
  }
  if ((range.end_ns - range.start_ns) / ns > 11'000) {
    return Error{ErrorCode::kInvalid,
                 "exceeded maximum resolution of 11,000 points per time series. Try increasing the "
                 "value of the step "
                 "parameter"};
  }
  return std::min(ns, logql::kDurationMaxNs);
}

Result<std::int64_t> LokiParams::interval() const {
  const std::string text = get("interval");
  if (text.empty()) return 0;
  TAILRACE_TRY(const std::int64_t ns, seconds_or_duration(text));
  if (ns < 0) return Error{ErrorCode::kInvalid, "interval must be >= 0"};
  return ns;
}

Result<std::size_t> LokiParams::count(std::string_view name, std::size_t absent) const {
  const std::string text = get(name);
  if (text.empty()) return absent;
  const std::optional<std::int64_t> value = whole_number<std::int64_t>(text);
  if (!value)
    return Error{ErrorCode::kInvalid, "strconv.Atoi: parsing \"" + text + "\": invalid syntax"};
  if (*value <= 0)
    return Error{ErrorCode::kInvalid, std::string(name) + " must be a positive value"};
  return static_cast<std::size_t>(*value);
}

Result<bool> LokiParams::backward() const {
  const std::string text = ascii_lower(get("direction"));
  if (text.empty() || text == "backward") return true;
  if (text == "forward") return false;
  return Error{ErrorCode::kInvalid, "invalid direction '" + get("direction") + "'"};
}

}  // namespace tailrace
