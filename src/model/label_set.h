// LabelSet: the labels of a stream, made once and then known by its address.
//
// Equal sets of one Interner are one object, so a line's stream is found by comparing pointers, and
// the text that goes on the wire is made once per set, not once per line. Not thread-safe: an
// interner and its sets live on one shard; the reference count is a plain integer.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/labels.h"

namespace tailrace {

class LabelSet {
 public:
  explicit LabelSet(Labels labels);
  LabelSet(const LabelSet&) = delete;
  LabelSet& operator=(const LabelSet&) = delete;

  const Labels& labels() const noexcept { return labels_; }
  std::optional<std::string_view> find(std::string_view name) const { return labels_.find(name); }
  // `{a="x", b="y"}` without the tenant label.
  const std::string& text() const noexcept { return text_; }
  // Value of kTenantLabel, or empty.
  std::string_view tenant() const noexcept { return labels_.get(kTenantLabel); }

 private:
  friend class LabelSetRef;
  friend class Interner;
  Labels labels_;
  std::string text_;
  mutable std::uint32_t references_ = 0;
  mutable bool used_since_sweep_ = true;
};

// Keeps a LabelSet alive over the interner's sweeps.
class LabelSetRef {
 public:
  LabelSetRef() = default;
  explicit LabelSetRef(const LabelSet* set) noexcept : set_(set) {
    if (set_) ++set_->references_;
  }
  LabelSetRef(const LabelSetRef& other) noexcept : LabelSetRef(other.set_) {}
  LabelSetRef(LabelSetRef&& other) noexcept : set_(std::exchange(other.set_, nullptr)) {}
  LabelSetRef& operator=(LabelSetRef other) noexcept {
    std::swap(set_, other.set_);
    return *this;
  }
  ~LabelSetRef() {
    if (set_) --set_->references_;
  }
  const LabelSet* get() const noexcept { return set_; }
  const LabelSet* operator->() const noexcept { return set_; }
  const LabelSet& operator*() const noexcept { return *set_; }
  explicit operator bool() const noexcept { return set_ != nullptr; }
  friend bool operator==(const LabelSetRef&, const LabelSetRef&) = default;

 private:
  const LabelSet* set_ = nullptr;
};

}  // namespace tailrace
