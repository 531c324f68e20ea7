// Interner: equal label sets become one LabelSet.
//
// Most lines change their target's labels the same way (level="info", say), so besides whole sets it
// remembers edits: (base set, edits) -> set, found by one hash over the edits without building anything.
//
// Pointers it returns are good until the next sweep(), which the shard calls between reads; a LabelSetRef
// holds longer. Limits: kSetsMax sets before a sweep is due; sets in use are never dropped, so what the
// batches and targets hold bounds the rest.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "model/label_set.h"

namespace tailrace {

struct LabelEdit {
  std::string_view name;
  std::string_view value;
  bool removed = false;
};

class Interner {
 public:
  static constexpr std::size_t kSetsMax = 16 * 1024;

  Interner() = default;
  Interner(const Interner&) = delete;
  Interner& operator=(const Interner&) = delete;
  // All LabelSetRefs must be gone.
  ~Interner() = default;

  const LabelSet* intern(const Labels& labels);
  // `base` with `edits` applied in order.
  const LabelSet* derive(const LabelSet* base, std::span<const LabelEdit> edits);

  bool sweep_due() const noexcept { return sets_.size() + memo_.size() > sweep_at_; }
  // Drops sets that nobody refers to and that were not asked for since the last sweep.
  void sweep();
  std::size_t size() const noexcept { return sets_.size(); }

 private:
  struct Memo {
    const LabelSet* base;
    std::string key;  // edits, length-prefixed
    const LabelSet* result;
  };
  std::unordered_multimap<std::uint64_t, std::unique_ptr<LabelSet>> sets_;
  std::unordered_multimap<std::uint64_t, Memo> memo_;
  std::size_t sweep_at_ = kSetsMax;
};

}  // namespace tailrace
