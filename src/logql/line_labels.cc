#include "logql/line_labels.h"

#include <algorithm>

namespace tailrace::logql {

void LineLabels::begin(const Labels& stream, std::span<const MetadataView> metadata, Arena& arena) {
  stream_ = &stream;
  labels_.clear();
  error_ = {};
  error_details_ = {};
  for (const Labels::Pair& pair : stream)
    labels_.push_back({pair.first, pair.second, LabelSource::kStream});
  for (const MetadataView& pair : metadata)
    labels_.push_back({free_name(pair.first, arena), pair.second, LabelSource::kMetadata});
}

std::string_view LineLabels::free_name(std::string_view name, Arena& arena) const {
  if (!is_taken(name)) return name;
  constexpr std::string_view kSuffix = "_extracted";
  char* const out = arena.allocate(name.size() + kSuffix.size());
  std::copy(kSuffix.begin(), kSuffix.end(), std::copy(name.begin(), name.end(), out));
  return {out, name.size() + kSuffix.size()};
}

std::optional<std::string_view> LineLabels::find(std::string_view name) const noexcept {
  for (const LineLabel& label : labels_) {
    if (label.name == name) return label.value;
  }
  if (name == kErrorLabel && !error_.empty()) return error_;
  if (name == kErrorDetailsLabel && !error_details_.empty()) return error_details_;
  return std::nullopt;
}

void LineLabels::set_parsed(std::string_view name, std::string_view value) {
  for (LineLabel& label : labels_) {
    if (label.name != name) continue;
    label.value = value;
    label.source = LabelSource::kParsed;
    return;
  }
  labels_.push_back({name, value, LabelSource::kParsed});
}

void LineLabels::erase(std::string_view name) {
  if (name == kErrorLabel) return clear_error();
  if (name == kErrorDetailsLabel) return clear_error_details();
  const auto found = std::find_if(labels_.begin(), labels_.end(),
                                  [&](const LineLabel& label) { return label.name == name; });
  if (found != labels_.end()) labels_.erase(found);
}

}  // namespace tailrace::logql
