#include "parse/time_zone.h"

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <map>
#include <memory>
#include <mutex>

#include "base/file.h"

namespace tailrace {
namespace {

constexpr std::int64_t kBegin = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kEnd = std::numeric_limits<std::int64_t>::max();
constexpr std::size_t kZoneFileBytesMax = 10 * 1024 * 1024;
constexpr const char* kDirectories[] = {"/usr/share/zoneinfo", "/usr/share/lib/zoneinfo",
                                        "/usr/lib/locale/TZ", "/etc/zoneinfo"};

// Names come from configurations and templates: they must not lead out of the directory.
bool is_safe_name(std::string_view name) {
  return !name.empty() && name[0] != '/' && name.find("..") == std::string_view::npos &&
         name.find('\\') == std::string_view::npos && name.find('\0') == std::string_view::npos;
}

Result<TimeZone> load_file(std::string_view name, const std::string& path) {
  TAILRACE_TRY(const std::string bytes, read_file(path, kZoneFileBytesMax));
  return TimeZone::from_tzif(name, bytes);
}

Result<TimeZone> load(std::string_view name) {
  const Error unknown{ErrorCode::kNotFound, "unknown time zone " + std::string(name)};
  if (!is_safe_name(name)) return unknown;
  std::vector<std::string> directories;
  if (const char* own = std::getenv("ZONEINFO"); own != nullptr && *own != '\0') {
    directories.emplace_back(own);
  }
  directories.insert(directories.end(), std::begin(kDirectories), std::end(kDirectories));
  for (const std::string& directory : directories) {
    Result<TimeZone> zone = load_file(name, directory + "/" + std::string(name));
    if (zone) return zone;
    // A file that is there but is no zone is worth telling; an absent one is looked for elsewhere.
    if (zone.error().code() == ErrorCode::kInvalid) return zone;
  }
  return unknown;
}

TimeZone load_local() {
  const char* variable = std::getenv("TZ");
  if (variable == nullptr) {
    Result<TimeZone> zone = load_file("Local", "/etc/localtime");
    return zone ? std::move(zone).value() : TimeZone::fixed("UTC", 0);
  }
  std::string_view name = variable;
  if (name.starts_with(':')) name.remove_prefix(1);
  if (name.empty() || name == "UTC") return TimeZone::fixed("UTC", 0);
  if (name.starts_with('/')) {
    Result<TimeZone> zone = load_file("Local", std::string(name));
    if (zone) return std::move(zone).value();
  } else if (Result<TimeZone> zone = load(name)) {
    return std::move(zone).value();
  }
  return TimeZone::fixed("UTC", 0);
}

}  // namespace

const TimeZone& TimeZone::utc() {
  static const TimeZone zone = fixed("UTC", 0);
  return zone;
}

const TimeZone& TimeZone::local() {
  static const TimeZone zone = load_local();
  return zone;
}

Result<const TimeZone*> TimeZone::find(std::string_view name) {
  if (name.empty() || name == "UTC") return &utc();
  if (name == "Local") return &local();
  // Grows by zones that exist on this system only.
  static std::mutex mutex;
  static std::map<std::string, std::unique_ptr<const TimeZone>, std::less<>> known;
  const std::lock_guard lock(mutex);
  if (const auto found = known.find(name); found != known.end()) return found->second.get();
  TAILRACE_TRY(TimeZone zone, load(name));
  auto owned = std::make_unique<const TimeZone>(std::move(zone));
  const TimeZone* pointer = owned.get();
  known.emplace(name, std::move(owned));
  return pointer;
}

TimeZone TimeZone::fixed(std::string_view name, std::int32_t offset) {
  TimeZone zone;
  zone.name_ = name;
  // Go's UTC has no list of zones: a text that says "GMT" is unknown to it, which is offset 0 as
  // well.
  zone.kinds_.push_back({offset, false, std::string(name)});
  zone.changes_.push_back({kBegin, 0});
  return zone;
}

std::size_t TimeZone::first_kind() const {
  const bool used = std::ranges::any_of(changes_, [](const Change& c) { return c.kind == 0; });
  if (!used) return 0;
  if (!changes_.empty() && kinds_[changes_[0].kind].is_summer) {
    for (std::size_t i = changes_[0].kind; i-- > 0;) {
      if (!kinds_[i].is_summer) return i;
    }
  }
  for (std::size_t i = 0; i < kinds_.size(); ++i) {
    if (!kinds_[i].is_summer) return i;
  }
  return 0;
}

TimeZone::Period TimeZone::at(std::int64_t unix_seconds) const {
  const auto next = std::ranges::upper_bound(changes_, unix_seconds, {}, &Change::at);
  if (next == changes_.begin()) {
    const Kind& kind = kinds_[first_kind()];
    return {kBegin, changes_.front().at, kind.offset, kind.abbreviation, kind.is_summer};
  }
  const Change& change = *std::prev(next);
  if (next == changes_.end() && tail_) return tail_at(change.at, unix_seconds);
  const Kind& kind = kinds_[change.kind];
  const std::int64_t end = next == changes_.end() ? kEnd : next->at;
  return {change.at, end, kind.offset, kind.abbreviation, kind.is_summer};
}

std::int64_t TimeZone::from_wall(std::int64_t wall) const {
  const Period guess = at(wall);
  if (guess.offset == 0) return wall;
  const std::int64_t seconds = wall - guess.offset;
  if (seconds >= guess.start && seconds < guess.end) return seconds;
  return wall - at(seconds).offset;
}

std::optional<std::int32_t> TimeZone::offset_of(std::string_view abbreviation,
                                                std::int64_t wall) const {
  for (const Kind& kind : kinds_) {
    if (kind.abbreviation != abbreviation) continue;
    const Period period = at(wall - kind.offset);
    if (period.abbreviation == abbreviation) return period.offset;
  }
  for (const Kind& kind : kinds_) {
    if (kind.abbreviation == abbreviation) return kind.offset;
  }
  return std::nullopt;
}

}  // namespace tailrace
