#include "parse/timestamp_format.h"

#include <charconv>
#include <cmath>

#include "base/clock.h"
#include "parse/time/missing_year.h"

namespace tailrace {
namespace {

// Go's strconv.ParseInt in base 10.
std::optional<std::int64_t> read_integer(std::string_view text) {
  if (text.starts_with('+')) {
    text.remove_prefix(1);
    if (text.starts_with('-')) return std::nullopt;
  }
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<std::int64_t> scaled(std::optional<std::int64_t> value, std::int64_t unit_ns) {
  std::int64_t ns = 0;
  if (!value || __builtin_mul_overflow(*value, unit_ns, &ns)) return std::nullopt;
  return ns;
}

std::optional<std::int64_t> parse_unix(std::string_view text) {
  const std::size_t dot = text.find('.');
  if (dot == std::string_view::npos) return scaled(read_integer(text), kNsPerSecond);
  const std::string_view fraction = text.substr(dot + 1);
  const auto seconds = scaled(read_integer(text.substr(0, dot)), kNsPerSecond);
  const auto digits = read_integer(fraction);
  if (!seconds || !digits) return std::nullopt;
  // As Promtail computes it: the fraction is a number of its own, always added ("-1.5" is half a
  // second before 1970), and a sign in it counts as a digit.
  const double ns =
      static_cast<double>(*digits) * std::pow(10.0, 9.0 - static_cast<double>(fraction.size()));
  std::int64_t sum = 0;
  if (__builtin_add_overflow(*seconds, static_cast<std::int64_t>(ns), &sum)) return std::nullopt;
  return sum;
}

}  // namespace

TimestampFormat TimestampFormat::compile(std::string_view format, const TimeZone* zone) {
  if (format == "Unix") return {Kind::kUnix, "", nullptr};
  if (format == "UnixMs") return {Kind::kUnixMs, "", nullptr};
  if (format == "UnixUs") return {Kind::kUnixUs, "", nullptr};
  if (format == "UnixNs") return {Kind::kUnixNs, "", nullptr};
  if (const auto layout = named_go_layout(format)) return {Kind::kLayout, *layout, nullptr};
  // Looked for as text, not as an element: "15:04:05.000006" counts as having a year, and gives
  // year 0.
  const bool has_year = format.find("06") != std::string_view::npos;
  return {has_year ? Kind::kLayout : Kind::kLayoutWithoutYear, format, zone};
}

std::optional<std::int64_t> TimestampFormat::parse(std::string_view text,
                                                   std::int64_t now_ns) const {
  switch (kind_) {
    case Kind::kUnix:
      return parse_unix(text);
    case Kind::kUnixMs:
      return scaled(read_integer(text), kNsPerMs);
    case Kind::kUnixUs:
      return scaled(read_integer(text), 1000);
    case Kind::kUnixNs:
      return read_integer(text);
    case Kind::kLayout:
    case Kind::kLayoutWithoutYear:
      break;
  }
  std::optional<GoTime> time = zone_ != nullptr
                                   ? layout_.parse(text, *zone_)
                                   : layout_.parse(text, TimeZone::utc(), TimeZone::local());
  if (!time) return std::nullopt;
  if (kind_ == Kind::kLayoutWithoutYear) {
    time = with_missing_year(*time, now_ns);
  }
  return time->unix_ns();
}

}  // namespace tailrace
