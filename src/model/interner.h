// Interner: equal label sets become one LabelSet.
//
// Most lines change their target's labels the same way (level="info", say), so besides whole sets
// it remembers edits: (base set, edits) -> set, found by one hash over the edits without building
// anything.
//
// Pointers it returns are good until the next sweep(), which the shard calls between reads; a
// LabelSetRef holds longer. Limits: a sweep is due at kSetsMax sets and remembered edits, or
// kBytesMax bytes of text in them; sets in use are never dropped, so what the batches, targets and
// stages hold bounds the rest.
//
// Both tables are open addressing with linear probing, at most half full; nothing is removed one by
// one, a sweep builds them anew.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
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
  static constexpr std::size_t kBytesMax = 32 * 1024 * 1024;

  Interner() = default;
  Interner(const Interner&) = delete;
  Interner& operator=(const Interner&) = delete;
  // All LabelSetRefs must be gone.
  ~Interner();

  const LabelSet* intern(const Labels& labels);
  // `base` with `edits` applied in order. Allocates only for edits not seen since they were last
  // swept.
  const LabelSet* derive(const LabelSet* base, std::span<const LabelEdit> edits);

  bool sweep_due() const noexcept {
    return set_count_ + memo_count_ > sweep_at_ || bytes_ > bytes_at_;
  }
  // Drops sets that nobody refers to and that were not asked for since the last sweep.
  void sweep();
  std::size_t size() const noexcept { return set_count_; }

 private:
  struct SetSlot {
    std::uint64_t hash = 0;
    std::unique_ptr<LabelSet> set;  // null: free
  };
  struct Memo {
    std::uint64_t hash = 0;
    const LabelSet* base = nullptr;
    const LabelSet* result = nullptr;  // null: free
    std::unique_ptr<char[]> key;       // the edits, length-prefixed
    std::uint32_t key_bytes = 0;
    bool used_since_sweep = true;
  };

  const LabelSet* intern_hashed(std::uint64_t hash, Labels labels);
  const LabelSet* remember(std::uint64_t hash, const LabelSet* base,
                           std::span<const LabelEdit> edits);
  void insert_set(SetSlot slot);
  void insert_memo(Memo memo);

  std::vector<SetSlot> sets_;  // size: a power of two
  std::vector<Memo> memo_;     // likewise
  std::size_t set_count_ = 0;
  std::size_t memo_count_ = 0;
  std::size_t bytes_ = 0;
  std::size_t sweep_at_ = kSetsMax;
  std::size_t bytes_at_ = kBytesMax;
};

}  // namespace tailrace
