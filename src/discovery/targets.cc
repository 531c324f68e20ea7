#include "discovery/targets.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <optional>
#include <utility>

namespace tailrace {
namespace {

constexpr std::string_view kHostLabel = "__host__";
constexpr std::string_view kPathLabel = "__path__";
constexpr std::string_view kPathExcludeLabel = "__path_exclude__";
constexpr std::string_view kInternalPrefix = "__";

Labels without_internal(const Labels& labels) {
  Labels out;
  for (const auto& [name, value] : labels) {
    if (name.compare(0, kInternalPrefix.size(), kInternalPrefix) != 0) out.set(name, value);
  }
  return out;
}

void add_target(const Labels& discovered, const RelabelConfigs& rules, std::string_view host,
                TargetList& list) {
  const auto drop = [&](DropReason reason) { list.dropped.push_back({discovered, reason}); };
  const std::optional<Labels> labels = relabel(rules, discovered);
  if (!labels) return drop(DropReason::kDropped);
  const std::optional<std::string_view> wanted_host = labels->find(kHostLabel);
  if (wanted_host && *wanted_host != host) return drop(DropReason::kWrongHost);
  const std::string_view path = labels->get(kPathLabel);
  if (path.empty()) return drop(DropReason::kNoPath);

  FileTarget target{.path = std::string(path),
                    .path_exclude = std::string(labels->get(kPathExcludeLabel)),
                    .labels = without_internal(*labels),
                    .discovered = discovered};
  const auto is_same = [&target](const FileTarget& other) {
    return other.path == target.path && other.path_exclude == target.path_exclude &&
           other.labels == target.labels;
  };
  if (std::any_of(list.targets.begin(), list.targets.end(), is_same))
    return drop(DropReason::kExists);
  list.targets.push_back(std::move(target));
}

}  // namespace

std::string_view drop_reason_name(DropReason reason) noexcept {
  switch (reason) {
    case DropReason::kDropped:
      return "dropped";
    case DropReason::kWrongHost:
      return "wrong_host";
    case DropReason::kNoPath:
      return "no_path";
    case DropReason::kExists:
      return "exists";
  }
  return "";
}

void add_file_targets(const TargetGroup& group, const RelabelConfigs& rules, std::string_view host,
                      TargetList& list) {
  for (const Labels& target : group.targets) {
    Labels discovered = group.labels;
    discovered.merge(target);
    add_target(discovered, rules, host, list);
  }
}

std::string host_name() {
  const char* from_environment = std::getenv("HOSTNAME");
  if (from_environment != nullptr && *from_environment != '\0') return from_environment;
  return system_host_name();
}

std::string system_host_name() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) return "localhost";
  return name.data();
}

}  // namespace tailrace
