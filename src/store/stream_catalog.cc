#include "store/stream_catalog.h"

#include <array>
#include <optional>
#include <utility>

#include "logql/parser.h"
#include "store/log_level.h"

namespace tailrace {
namespace {

constexpr std::array<std::string_view, 14> kServiceLabels = {"service",
                                                             "app",
                                                             "application",
                                                             "app_name",
                                                             "name",
                                                             "app_kubernetes_io_name",
                                                             "container",
                                                             "container_name",
                                                             "k8s_container_name",
                                                             "component",
                                                             "workload",
                                                             "job",
                                                             "k8s_job_name",
                                                             "service_name"};

// How many spellings of label sets are remembered.
constexpr std::size_t kSpellingsMax = 200'000;

std::optional<Labels> parse_labels(std::string_view text, std::string& why) {
  logql::Parser parser(text, {.raw_strings = true, .query = true, .keyword_names = true});
  Result<std::vector<logql::MatcherSyntax>> matchers = parser.matchers();
  if (matchers && parser.peek().kind != logql::TokenKind::kEnd)
    matchers = parser.unexpected("$end");
  if (!matchers) {
    why = matchers.error().text();
    return std::nullopt;
  }
  Labels out;
  for (const logql::MatcherSyntax& matcher : *matchers) {
    if (matcher.op != logql::MatchOp::kEqual) {
      why = "labels of a stream are name=\"value\"";
      return std::nullopt;
    }
    if (out.find(matcher.name)) {
      why = "stream '" + std::string(text) + "' has duplicate label name: '" + matcher.name + "'";
      return std::nullopt;
    }
    out.set(matcher.name, matcher.value);
  }
  Labels kept;  // an empty value is no label
  for (const Labels::Pair& pair : out) {
    if (!pair.second.empty()) kept.set(pair.first, pair.second);
  }
  return kept;
}

std::string_view service_name(const Labels& labels) {
  for (const std::string_view name : kServiceLabels) {
    if (const std::optional<std::string_view> value = labels.find(name)) return *value;
  }
  return "unknown_service";
}

}  // namespace

bool StreamCatalog::check(Labels& labels, RefusedStream& refused) const {
  const std::string text = labels.text();
  if (labels.size() == 0 && !options_.discover_service_name) {
    refused = {"missing_labels", "error at least one label pair is required per stream"};
    return false;
  }
  if (labels.size() > options_.labels_max) {
    refused = {"max_label_names_per_series",
               "entry for stream '" + text + "' has " + std::to_string(labels.size()) +
                   " label names; limit " + std::to_string(options_.labels_max)};
    return false;
  }
  for (const Labels::Pair& pair : labels) {
    if (pair.first.size() > options_.label_name_bytes_max) {
      refused = {"label_name_too_long",
                 "stream '" + text + "' has label name too long: '" + pair.first + "'"};
      return false;
    }
    if (pair.second.size() > options_.label_value_bytes_max) {
      refused = {"label_value_too_long",
                 "stream '" + text + "' has label value too long: '" + pair.second + "'"};
      return false;
    }
  }
  if (options_.discover_service_name && !labels.find("service_name"))
    labels.set("service_name", std::string(service_name(labels)));
  return true;
}

StreamPtr StreamCatalog::intern(Labels labels) {
  auto info = std::make_shared<StreamInfo>();
  info->text = labels.text();
  const auto found = by_name_.find(info->text);
  if (found != by_name_.end()) return found->second;
  for (const std::string_view name : level_label_names()) {
    if (const std::optional<std::string_view> value = labels.find(name)) {
      info->level = normal_level(*value);
      break;
    }
  }
  info->labels = std::move(labels);
  by_name_.emplace(info->text, info);
  return info;
}

StreamPtr StreamCatalog::of_push(std::string_view text, RefusedStream& refused) {
  const std::lock_guard lock(mutex_);
  const auto found = by_push_.find(text);
  if (found != by_push_.end()) return found->second;
  std::string why;
  std::optional<Labels> labels = parse_labels(text, why);
  if (!labels) {
    refused = {"invalid_labels",
               "error parsing labels " + std::string(text.substr(0, 4096)) + " with error: " + why};
    return nullptr;
  }
  if (!check(*labels, refused)) return nullptr;
  if (by_name_.size() >= options_.streams_max && by_name_.find(labels->text()) == by_name_.end()) {
    refused = {"stream_limit",
               "Maximum active stream limit exceeded, reduce the number of active streams (reduce "
               "labels or reduce label values), or raise max_streams; stream: '" +
                   labels->text() + "'"};
    return nullptr;
  }
  StreamPtr out = intern(std::move(*labels));
  if (by_push_.size() >= kSpellingsMax) by_push_.clear();
  by_push_.emplace(text, out);
  return out;
}

StreamPtr StreamCatalog::of_name(std::string_view name) {
  const std::lock_guard lock(mutex_);
  const auto found = by_name_.find(name);
  if (found != by_name_.end()) return found->second;
  std::string why;
  std::optional<Labels> labels = parse_labels(name, why);
  return labels ? intern(std::move(*labels)) : nullptr;
}

void StreamCatalog::sweep() {
  const std::lock_guard lock(mutex_);
  // Spellings hold a stream each; those in use come back with the next push.
  by_push_.clear();
  std::erase_if(by_name_, [](const auto& each) { return each.second.use_count() == 1; });
}

std::size_t StreamCatalog::size() const {
  const std::lock_guard lock(mutex_);
  return by_name_.size();
}

}  // namespace tailrace
