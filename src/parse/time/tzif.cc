// TZif, the format of zone files (RFC 8536).
//
//   "TZif" version 15*0
//   isutcnt isstdcnt leapcnt timecnt typecnt charcnt   32 bits each, big-endian
//   timecnt times, timecnt type numbers, typecnt (offset 4, summer 1, name 1), charcnt names,
//   leapcnt leap seconds, isstdcnt and isutcnt flags
//
// In version 1 times have 4 bytes. From version 2 on a second header and block follow with times of
// 8 bytes, and then the rule for later times between two newlines.
#include <algorithm>
#include <limits>

#include "parse/time_zone.h"

namespace tailrace {
namespace {

constexpr std::size_t kHeaderBytes = 44;

struct Header {
  char version = 0;
  std::size_t utc_flags = 0, standard_flags = 0, leaps = 0, times = 0, types = 0, name_bytes = 0;

  std::size_t body_bytes(std::size_t time_bytes) const {
    return times * time_bytes + times + types * 6 + name_bytes + leaps * (time_bytes + 4) +
           standard_flags + utc_flags;
  }
};

std::int64_t read_number(std::string_view bytes) {
  std::uint64_t value = (static_cast<unsigned char>(bytes[0]) & 0x80) != 0 ? ~std::uint64_t{0} : 0;
  for (const char c : bytes) value = (value << 8) | static_cast<unsigned char>(c);
  return static_cast<std::int64_t>(value);
}

bool read_header(std::string_view bytes, Header& header) {
  if (bytes.size() < kHeaderBytes || !bytes.starts_with("TZif")) return false;
  header.version = bytes[4];
  std::size_t* const counts[] = {&header.utc_flags, &header.standard_flags, &header.leaps,
                                 &header.times,     &header.types,          &header.name_bytes};
  for (std::size_t i = 0; i < 6; ++i) {
    const std::int64_t count = read_number(bytes.substr(20 + 4 * i, 4));
    if (count < 0) return false;
    *counts[i] = static_cast<std::size_t>(count);
  }
  return true;
}

}  // namespace

Result<TimeZone> TimeZone::from_tzif(std::string_view name, std::string_view bytes) {
  const Error broken{ErrorCode::kInvalid,
                     "the zone file of " + std::string(name) + " is damaged or no zone file"};
  Header header;
  if (!read_header(bytes, header)) return broken;
  std::size_t time_bytes = 4;
  std::string_view rest = bytes.substr(kHeaderBytes);
  if (header.version != '\0') {
    if (rest.size() < header.body_bytes(4)) return broken;
    rest.remove_prefix(header.body_bytes(4));
    if (!read_header(rest, header)) return broken;
    rest.remove_prefix(kHeaderBytes);
    time_bytes = 8;
  }
  if (rest.size() < header.body_bytes(time_bytes) || header.types == 0) return broken;

  const std::string_view times = rest.substr(0, header.times * time_bytes);
  const std::string_view kinds_of_times = rest.substr(times.size(), header.times);
  const std::string_view types = rest.substr(times.size() + header.times, header.types * 6);
  const std::string_view names =
      rest.substr(times.size() + header.times + types.size(), header.name_bytes);
  const std::string_view behind = rest.substr(header.body_bytes(time_bytes));

  TimeZone zone;
  zone.name_ = name;
  for (std::size_t i = 0; i < header.types; ++i) {
    const std::string_view type = types.substr(i * 6, 6);
    const auto name_at = static_cast<unsigned char>(type[5]);
    if (name_at >= names.size()) return broken;
    const std::string_view tail = names.substr(name_at);
    zone.kinds_.push_back({static_cast<std::int32_t>(read_number(type.substr(0, 4))), type[4] != 0,
                           std::string(tail.substr(0, tail.find('\0')))});
  }
  for (std::size_t i = 0; i < header.times; ++i) {
    const auto kind = static_cast<unsigned char>(kinds_of_times[i]);
    if (kind >= zone.kinds_.size()) return broken;
    zone.changes_.push_back({read_number(times.substr(i * time_bytes, time_bytes)), kind});
  }
  if (!std::ranges::is_sorted(zone.changes_, {}, &Change::at)) return broken;
  if (zone.changes_.empty()) zone.changes_.push_back({std::numeric_limits<std::int64_t>::min(), 0});
  if (time_bytes == 8 && behind.starts_with('\n')) {
    const std::size_t end = behind.find('\n', 1);
    if (end != std::string_view::npos) zone.tail_ = parse_tail(behind.substr(1, end - 1));
  }
  return zone;
}

}  // namespace tailrace
