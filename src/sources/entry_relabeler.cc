#include "sources/entry_relabeler.h"

#include <algorithm>
#include <cstring>
#include <functional>

#include "parse/go_regex.h"

namespace tailrace {
namespace {

bool is_internal(std::string_view name) { return name.starts_with("__"); }

void append_length(std::string& out, std::size_t length) {
  const auto bytes = static_cast<std::uint32_t>(length);
  char raw[sizeof(bytes)];
  std::memcpy(raw, &bytes, sizeof(bytes));
  out.append(raw, sizeof(raw));
}

std::string_view take_text(std::string_view& from) {
  std::uint32_t length = 0;
  std::memcpy(&length, from.data(), sizeof(length));
  const std::string_view text = from.substr(sizeof(length), length);
  from.remove_prefix(sizeof(length) + length);
  return text;
}

}  // namespace

void drop_internal_labels(Labels& labels) {
  std::vector<std::string> internal;
  for (const auto& [name, value] : labels) {
    if (is_internal(name)) internal.push_back(name);
  }
  for (const std::string& name : internal) labels.erase(name);
}

EntryRelabeler::EntryRelabeler(RelabelConfigs rules, Labels fixed, Fixed mode, Interner& interner)
    : rules_(std::move(rules)), fixed_(std::move(fixed)), mode_(mode), interner_(interner) {
  for (std::size_t i = 0; i < rules_.size(); ++i) {
    const RelabelConfig& rule = rules_[i];
    names_read_.insert(names_read_.end(), rule.source_labels.begin(), rule.source_labels.end());
    const bool reads_target =
        rule.action == RelabelAction::kKeepEqual || rule.action == RelabelAction::kDropEqual;
    if (reads_target) names_read_.push_back(rule.target_label);
    if (rule.action == RelabelAction::kLabelMap) label_maps_.push_back(i);
  }
  std::sort(names_read_.begin(), names_read_.end());
  names_read_.erase(std::unique(names_read_.begin(), names_read_.end()), names_read_.end());
}

bool EntryRelabeler::reads(std::string_view name) const {
  if (!is_internal(name)) return true;
  if (std::binary_search(names_read_.begin(), names_read_.end(), name, std::less<>())) return true;
  return std::any_of(label_maps_.begin(), label_maps_.end(),
                     [&](std::size_t i) { return rules_[i].regex->matches(name); });
}

void EntryRelabeler::append(std::string_view name, std::string_view value) {
  append_length(key_, name.size());
  key_ += name;
  append_length(key_, value.size());
  key_ += value;
}

const LabelSet* EntryRelabeler::stream() {
  const auto known = remembered_.find(std::string_view(key_));
  if (known != remembered_.end()) return known->second.get();
  LabelSetRef computed = compute();
  const LabelSet* const stream = computed.get();
  if (key_.size() > kKeyBytesMax) {
    last_ = std::move(computed);
    return stream;
  }
  if (remembered_.size() >= kRememberedMax) remembered_.clear();
  remembered_.emplace(key_, std::move(computed));
  return stream;
}

LabelSetRef EntryRelabeler::compute() const {
  Labels labels;
  for (std::string_view rest = key_; !rest.empty();) {
    const std::string_view name = take_text(rest);
    labels.set(name, take_text(rest));
  }
  if (mode_ == Fixed::kRelabeled) labels.merge(fixed_);
  std::optional<Labels> relabeled = relabel(rules_, std::move(labels));
  if (!relabeled) return LabelSetRef();
  drop_internal_labels(*relabeled);
  if (mode_ == Fixed::kAddedAfter) relabeled->add_missing(fixed_);
  return LabelSetRef(interner_.intern(*relabeled));
}

}  // namespace tailrace
