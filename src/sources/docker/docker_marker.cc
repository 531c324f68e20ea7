#include "sources/docker/docker_marker.h"

#include <charconv>

namespace tailrace {
namespace {

template <class Number>
std::optional<Number> whole_number(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

std::string marker_seconds(const DockerMarker& marker) {
  return std::to_string(marker.timestamp_ns / kNsPerSecond);
}

std::string marker_exact(const DockerMarker& marker) {
  return std::to_string(marker.timestamp_ns) + "+" + std::to_string(marker.count) + "/" +
         std::to_string(marker.highest_ns);
}

DockerMarker read_marker(const std::optional<std::string>& seconds,
                         const std::optional<std::string>& exact) {
  const std::optional<std::int64_t> second = whole_number<std::int64_t>(seconds.value_or(""));
  if (!second || *second <= 0 || *second > INT64_MAX / kNsPerSecond) return {};
  const std::string_view text = exact ? std::string_view(*exact) : std::string_view();
  const std::size_t plus = text.find('+');
  const std::size_t slash = text.find('/');
  if (plus != std::string_view::npos && slash != std::string_view::npos && plus < slash) {
    const auto time = whole_number<std::int64_t>(text.substr(0, plus));
    const auto count = whole_number<std::uint32_t>(text.substr(plus + 1, slash - plus - 1));
    const auto highest = whole_number<std::int64_t>(text.substr(slash + 1));
    if (time && count && highest && *time / kNsPerSecond == *second) {
      return {*time, *count, *highest};
    }
  }
  return {*second * kNsPerSecond, 0, 0};
}

std::string since_text(const DockerMarker& marker) {
  if (marker.empty()) return "0";
  const std::int64_t back_ns = marker.count == 0 ? 0 : DockerMarker::kDisorderNs;
  const std::int64_t from_ns = marker.timestamp_ns > back_ns ? marker.timestamp_ns - back_ns : 0;
  const std::string nanos = std::to_string(from_ns % kNsPerSecond);
  return std::to_string(from_ns / kNsPerSecond) + "." + std::string(9 - nanos.size(), '0') + nanos;
}

}  // namespace tailrace
