#include "base/units.h"

#include <array>
#include <charconv>
#include <limits>

#include "base/text.h"

namespace tailrace {
namespace {

constexpr std::uint64_t kInt64Limit = std::uint64_t{1} << 63;  // one more than the largest

bool is_digit(char c) { return c >= '0' && c <= '9'; }

Error bad(std::string_view kind, std::string_view text, std::string_view why) {
  std::string message("not a valid ");
  message += kind;
  message += ": ";
  append_go_quoted(message, text);
  if (!why.empty()) {
    message += " (";
    message += why;
    message += ')';
  }
  return {ErrorCode::kInvalid, std::move(message)};
}

struct Unit {
  std::string_view name;
  std::uint64_t size;
};

template <std::size_t N>
const Unit* find_unit(const std::array<Unit, N>& units, std::string_view name) {
  for (const Unit& unit : units) {
    if (equals_ignoring_case(unit.name, name)) return &unit;
  }
  return nullptr;
}

constexpr std::string_view kGoDurationHelp =
    "write numbers with units ns, us, ms, s, m or h, such as 1h30m or 1.5s";

std::uint64_t go_unit_ns(std::string_view name) {
  if (name == "ns") return 1;
  if (name == "us" || name == "\u00b5s" || name == "\u03bcs") return 1'000;  // both micro signs
  if (name == "ms") return 1'000'000;
  if (name == "s") return 1'000'000'000;
  if (name == "m") return 60'000'000'000;
  if (name == "h") return 3'600'000'000'000;
  return 0;
}

// Takes the digits at the start of `text`; false if the number is 2^63 or more.
bool take_whole(std::string_view& text, std::uint64_t& whole) {
  for (; !text.empty() && is_digit(text.front()); text.remove_prefix(1)) {
    if (whole > kInt64Limit / 10) return false;
    whole = whole * 10 + static_cast<std::uint64_t>(text.front() - '0');
    if (whole > kInt64Limit) return false;
  }
  return true;
}

// Takes the digits behind the point: fraction / scale. Digits that no longer fit are passed over,
// as Go does.
void take_fraction(std::string_view& text, std::uint64_t& fraction, double& scale) {
  bool full = false;
  for (; !text.empty() && is_digit(text.front()); text.remove_prefix(1)) {
    if (full) continue;
    const std::uint64_t next = fraction * 10 + static_cast<std::uint64_t>(text.front() - '0');
    full = fraction > (kInt64Limit - 1) / 10 || next > kInt64Limit;
    if (full) continue;
    fraction = next;
    scale *= 10;
  }
}

}  // namespace

Result<std::int64_t> parse_go_duration(std::string_view text) {
  std::string_view rest = text;
  bool negative = false;
  if (!rest.empty() && (rest.front() == '-' || rest.front() == '+')) {
    negative = rest.front() == '-';
    rest.remove_prefix(1);
  }
  if (rest == "0") return std::int64_t{0};
  if (rest.empty()) return bad("duration", text, kGoDurationHelp);
  std::uint64_t total = 0;
  while (!rest.empty()) {
    const std::string_view part = rest;
    std::uint64_t whole = 0;
    if (!take_whole(rest, whole)) return bad("duration", text, "too large");
    std::size_t digits = part.size() - rest.size();
    std::uint64_t fraction = 0;
    double scale = 1;
    if (!rest.empty() && rest.front() == '.') {
      rest.remove_prefix(1);
      const std::size_t before = rest.size();
      take_fraction(rest, fraction, scale);
      digits += before - rest.size();
    }
    if (digits == 0) return bad("duration", text, kGoDurationHelp);
    std::size_t unit_end = 0;
    while (unit_end < rest.size() && rest[unit_end] != '.' && !is_digit(rest[unit_end])) ++unit_end;
    const std::uint64_t unit = go_unit_ns(rest.substr(0, unit_end));
    if (unit == 0) {
      return bad("duration", text,
                 unit_end == 0 ? "unit missing; write s for seconds" : kGoDurationHelp);
    }
    rest.remove_prefix(unit_end);
    if (whole > kInt64Limit / unit) return bad("duration", text, "too large");
    total += whole * unit;
    if (fraction > 0) {
      total += static_cast<std::uint64_t>(static_cast<double>(fraction) *
                                          (static_cast<double>(unit) / scale));
    }
    if (total > kInt64Limit) return bad("duration", text, "too large");
  }
  if (negative) return static_cast<std::int64_t>(~total + 1);
  if (total >= kInt64Limit) return bad("duration", text, "too large");
  return static_cast<std::int64_t>(total);
}

std::string format_go_duration(std::int64_t ns) {
  if (ns == 0) return "0s";
  const std::uint64_t total =
      ns < 0 ? ~static_cast<std::uint64_t>(ns) + 1 : static_cast<std::uint64_t>(ns);
  std::string out = ns < 0 ? "-" : "";
  // value / size with as many decimals as it has.
  const auto append_decimal = [&out](std::uint64_t value, std::uint64_t size) {
    out += std::to_string(value / size);
    std::uint64_t rest = value % size;
    if (rest == 0) return;
    out += '.';
    for (; rest > 0; rest = rest * 10 % size) out += static_cast<char>('0' + rest * 10 / size);
  };
  if (total < 1'000'000'000) {
    const std::uint64_t size = total < 1'000 ? 1 : total < 1'000'000 ? 1'000 : 1'000'000;
    append_decimal(total, size);
    return out += size == 1 ? "ns" : size == 1'000 ? "\u00b5s" : "ms";
  }
  const std::uint64_t minutes = total / 60'000'000'000;
  if (minutes >= 60) out += std::to_string(minutes / 60) + "h";
  if (minutes > 0) out += std::to_string(minutes % 60) + "m";
  append_decimal(total % 60'000'000'000, 1'000'000'000);
  return out += 's';
}

namespace {

constexpr std::uint64_t kMs = 1'000'000;  // in ns
constexpr std::array<Unit, 7> kPrometheusUnits{{{"y", 365ULL * 86'400'000 * kMs},
                                                {"w", 7ULL * 86'400'000 * kMs},
                                                {"d", 86'400'000ULL * kMs},
                                                {"h", 3'600'000 * kMs},
                                                {"m", 60'000 * kMs},
                                                {"s", 1'000 * kMs},
                                                {"ms", kMs}}};
constexpr std::string_view kPrometheusDurationHelp =
    "write whole numbers with units y, w, d, h, m, s, ms, the largest first, such as 1d12h";

}  // namespace

Result<std::int64_t> parse_prometheus_duration(std::string_view text) {
  if (text == "0") return std::int64_t{0};
  std::string_view rest = text;
  std::uint64_t total = 0;
  std::size_t next_unit = 0;
  do {
    const std::size_t before = rest.size();
    std::uint64_t count = 0;
    if (!take_whole(rest, count)) return bad("duration", text, "too large");
    if (rest.size() == before) return bad("duration", text, kPrometheusDurationHelp);
    std::size_t letters = 0;
    while (letters < rest.size() && !is_digit(rest[letters])) ++letters;
    const std::string_view name = rest.substr(0, letters);
    while (next_unit < kPrometheusUnits.size() && kPrometheusUnits[next_unit].name != name)
      ++next_unit;
    if (next_unit == kPrometheusUnits.size()) return bad("duration", text, kPrometheusDurationHelp);
    const std::uint64_t size = kPrometheusUnits[next_unit++].size;
    if (count > (kInt64Limit - 1 - total) / size) return bad("duration", text, "too large");
    total += count * size;
    rest.remove_prefix(letters);
  } while (!rest.empty());
  return static_cast<std::int64_t>(total);
}

std::string format_prometheus_duration(std::int64_t ns) {
  std::string out = ns < 0 ? "-" : "";
  const std::uint64_t magnitude =
      ns < 0 ? ~static_cast<std::uint64_t>(ns) + 1 : static_cast<std::uint64_t>(ns);
  std::uint64_t rest = magnitude / kMs * kMs;
  if (rest == 0) return "0s";
  for (const Unit& unit : kPrometheusUnits) {
    // Years and weeks only if nothing is left over, as Prometheus prints them.
    const bool whole_only = unit.name == "y" || unit.name == "w";
    if (rest < unit.size || (whole_only && rest % unit.size != 0)) continue;
    out += std::to_string(rest / unit.size);
    out += unit.name;
    rest %= unit.size;
  }
  return out;
}

Result<std::uint64_t> parse_size(std::string_view text) {
  static constexpr std::array<Unit, 13> kUnits{{{"", 1},
                                                {"B", 1},
                                                {"k", 1ULL << 10},
                                                {"kb", 1ULL << 10},
                                                {"m", 1ULL << 20},
                                                {"mb", 1ULL << 20},
                                                {"g", 1ULL << 30},
                                                {"gb", 1ULL << 30},
                                                {"t", 1ULL << 40},
                                                {"tb", 1ULL << 40},
                                                {"p", 1ULL << 50},
                                                {"pb", 1ULL << 50},
                                                {"eb", 1ULL << 60}}};
  std::uint64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error == std::errc::result_out_of_range) return bad("size", text, "too large");
  if (error != std::errc{})
    return bad("size", text, "write a whole number and a unit, such as 256kb");
  const Unit* unit =
      find_unit(kUnits, trim_space(text.substr(static_cast<std::size_t>(end - text.data()))));
  if (unit == nullptr) return bad("size", text, "units are B, kb, mb, gb, tb, pb; no fractions");
  if (count > std::numeric_limits<std::uint64_t>::max() / unit->size)
    return bad("size", text, "too large");
  return count * unit->size;
}

}  // namespace tailrace
