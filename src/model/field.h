// Fields: the extracted map of a pipeline (Promtail's word), without a map.
//
// The stages of a pipeline name their fields when they are built, so each name becomes a small
// number there (FieldTable), and per line the values stand in an array by that number. Setting and
// finding a field is an index; clearing touches only what was set.
//
// Promtail fills the map with the entry's labels before the first stage. Here a field that was
// never set falls back to the label of that name, as it was when the entry came in.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/arena.h"
#include "model/label_set.h"

namespace tailrace {

using FieldId = std::uint32_t;

// Names of a pipeline's fields, nested pipelines included. Grows when stages are built, and by the
// few stages that learn names from lines (eventlogmessage), which must bound what they add.
class FieldTable {
 public:
  // What a stage may let it grow to by names that come from lines.
  static constexpr std::size_t kNamesMax = 4096;

  FieldId id(std::string_view name);
  std::optional<FieldId> find(std::string_view name) const;
  std::string_view name(FieldId id) const { return names_[id]; }
  std::size_t size() const noexcept { return names_.size(); }

 private:
  std::deque<std::string> names_;
  std::unordered_map<std::string_view, FieldId> ids_;
};

struct FieldValue {
  enum class Kind : std::uint8_t { kUnset, kRemoved, kNull, kString, kNumber, kBool };
  Kind kind = Kind::kUnset;
  bool boolean = false;
  double number = 0;
  std::string_view text;  // kString: valid until the entry's accept() returns

  static FieldValue null() { return {.kind = Kind::kNull, .text = {}}; }
  static FieldValue of(std::string_view text) { return {.kind = Kind::kString, .text = text}; }
  static FieldValue of(double number) {
    return {.kind = Kind::kNumber, .number = number, .text = {}};
  }
  static FieldValue of_bool(bool value) {
    return {.kind = Kind::kBool, .boolean = value, .text = {}};
  }
};

// Promtail's string form of a value: strings as they are, numbers shortest and without exponent,
// true/false; nothing for null. New text is written to `arena`.
std::optional<std::string_view> field_text(const FieldValue& value, Arena& arena);

class Fields {
 public:
  // Starts a new entry. `labels` must outlive it (the interner does not sweep while a read is under
  // way).
  void begin(const LabelSet* labels) noexcept {
    for (FieldId id : touched_) values_[id] = FieldValue{};
    touched_.clear();
    labels_ = labels;
  }
  // The value of a field, or nothing if it is neither set nor a label. A null value is found.
  std::optional<FieldValue> find(FieldId id, const FieldTable& table) const {
    if (id < values_.size()) {
      const FieldValue& value = values_[id];
      if (value.kind == FieldValue::Kind::kRemoved) return std::nullopt;
      if (value.kind != FieldValue::Kind::kUnset) return value;
    }
    return find_label(id, table);
  }
  void set(FieldId id, FieldValue value) {
    if (id >= values_.size()) values_.resize(id + 1);
    if (values_[id].kind == FieldValue::Kind::kUnset) touched_.push_back(id);
    values_[id] = value;
  }
  void remove(FieldId id) { set(id, {.kind = FieldValue::Kind::kRemoved, .text = {}}); }

  // Fills the map with the labels of this moment, as a nested pipeline does: a label wins over a
  // field of its name, and fields that are no label stay. `labels` as for begin(). May add names of
  // labels to `table`.
  void refill(const LabelSet* labels, FieldTable& table);

  // Calls visit(name, value) for every field that is set and every label not hidden by one; in no
  // order.
  template <class Visit>
  void for_each(const FieldTable& table, Visit&& visit) const {
    for (FieldId id : touched_) {
      if (values_[id].kind != FieldValue::Kind::kRemoved) visit(table.name(id), values_[id]);
    }
    if (labels_ == nullptr) return;
    for (const auto& [name, value] : labels_->labels()) {
      const std::optional<FieldId> id = table.find(name);
      const bool hidden =
          id && *id < values_.size() && values_[*id].kind != FieldValue::Kind::kUnset;
      if (!hidden) visit(std::string_view(name), FieldValue::of(std::string_view(value)));
    }
  }

  const LabelSet* initial_labels() const noexcept { return labels_; }
  const std::vector<FieldId>& touched() const noexcept { return touched_; }
  const FieldValue& raw(FieldId id) const { return values_[id]; }

 private:
  std::optional<FieldValue> find_label(FieldId id, const FieldTable& table) const;

  std::vector<FieldValue> values_;  // by FieldId
  std::vector<FieldId> touched_;
  const LabelSet* labels_ = nullptr;
};

}  // namespace tailrace
