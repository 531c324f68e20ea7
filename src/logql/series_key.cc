#include "logql/series_key.h"

#include <algorithm>

namespace tailrace::logql {

bool SeriesKey::kept(std::string_view name) const {
  const bool named = grouping_ && std::binary_search(grouping_->names.begin(),
                                                     grouping_->names.end(), name, std::less<>());
  if (grouping_ && !grouping_->without) return named;
  return !named && (unwrapped_.empty() || name != unwrapped_);
}

const std::string& SeriesKey::of(const LineLabels& labels) {
  pairs_.clear();
  for (const LineLabel& label : labels.all()) {
    if (kept(label.name)) pairs_.emplace_back(label.name, label.value);
  }
  std::sort(pairs_.begin(), pairs_.end());
  key_.clear();
  for (const auto& [name, value] : pairs_) {
    // Lengths, so that no two sets give one text.
    key_.append(name).push_back('\0');
    key_ += std::to_string(value.size());
    key_.push_back(':');
    key_.append(value);
  }
  return key_;
}

Labels SeriesKey::labels() const {
  Labels out;
  for (const auto& [name, value] : pairs_) out.set(name, value);
  return out;
}

Labels grouped(const Labels& labels, const std::optional<Grouping>& grouping) {
  Labels out;
  for (const Labels::Pair& pair : labels) {
    const bool named =
        grouping && std::binary_search(grouping->names.begin(), grouping->names.end(), pair.first,
                                       std::less<>());
    const bool kept = grouping && (named != grouping->without);
    if (kept) out.set(pair.first, pair.second);
  }
  return out;
}

}  // namespace tailrace::logql
