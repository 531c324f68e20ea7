#include "model/interner.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/assert.h"
#include "base/hash.h"

namespace tailrace {
namespace {

constexpr std::size_t kFirstSlots = 64;
constexpr std::uint32_t kRemovedBit = std::uint32_t{1} << 31;

std::uint64_t hash_labels(const Labels& labels) {
  std::uint64_t hash = labels.size();
  for (const auto& [name, value] : labels) hash = hash_bytes(value, hash_bytes(name, hash));
  return hash;
}

std::uint64_t hash_edits(const LabelSet* base, std::span<const LabelEdit> edits) {
  auto hash = hash_mix(reinterpret_cast<std::uintptr_t>(base), edits.size());
  for (const LabelEdit& edit : edits) {
    hash = hash_bytes(edit.value, hash_bytes(edit.name, hash + (edit.removed ? 1 : 0)));
  }
  return hash;
}

// A key is, for each edit: name bytes (4), value bytes (4, top bit: removed), name, value.
struct EditHead {
  std::uint32_t name_bytes;
  std::uint32_t value_bytes;
};

EditHead head_of(const LabelEdit& edit) {
  return {static_cast<std::uint32_t>(edit.name.size()),
          static_cast<std::uint32_t>(edit.value.size()) | (edit.removed ? kRemovedBit : 0)};
}

std::size_t key_bytes_of(std::span<const LabelEdit> edits) {
  std::size_t bytes = 0;
  for (const LabelEdit& edit : edits)
    bytes += sizeof(EditHead) + edit.name.size() + edit.value.size();
  return bytes;
}

char* put(char* out, const void* from, std::size_t bytes) {
  if (bytes != 0) std::memcpy(out, from, bytes);
  return out + bytes;
}

void write_key(char* out, std::span<const LabelEdit> edits) {
  for (const LabelEdit& edit : edits) {
    const EditHead head = head_of(edit);
    out = put(out, &head, sizeof head);
    out = put(out, edit.name.data(), edit.name.size());
    out = put(out, edit.value.data(), edit.value.size());
  }
}

bool same_key(const char* key, std::size_t bytes, std::span<const LabelEdit> edits) {
  const char* const end = key + bytes;
  for (const LabelEdit& edit : edits) {
    if (static_cast<std::size_t>(end - key) < sizeof(EditHead)) return false;
    const EditHead want = head_of(edit);
    if (std::memcmp(key, &want, sizeof want) != 0) return false;
    key += sizeof want;
    if (std::string_view(key, edit.name.size()) != edit.name) return false;
    key += edit.name.size();
    if (std::string_view(key, edit.value.size()) != edit.value) return false;
    key += edit.value.size();
  }
  return key == end;
}

std::size_t bytes_of(const LabelSet& set) {
  std::size_t bytes = sizeof set + set.text().capacity();
  for (const auto& [name, value] : set.labels()) {
    bytes += sizeof(Labels::Pair) + name.capacity() + value.capacity();
  }
  return bytes;
}

}  // namespace

Interner::~Interner() {
  for (const SetSlot& slot : sets_) {
    TAILRACE_ASSERT(!slot.set || slot.set->references_ == 0,
                    "an interner ended before its label sets");
  }
}

const LabelSet* Interner::intern(const Labels& labels) {
  return intern_hashed(hash_labels(labels), labels);
}

const LabelSet* Interner::intern_hashed(std::uint64_t hash, Labels labels) {
  const std::size_t mask = sets_.size() - 1;
  if (!sets_.empty()) {
    for (std::size_t at = hash & mask; sets_[at].set; at = (at + 1) & mask) {
      const SetSlot& slot = sets_[at];
      if (slot.hash == hash && slot.set->labels() == labels) {
        slot.set->used_since_sweep_ = true;
        return slot.set.get();
      }
    }
  }
  auto set = std::make_unique<LabelSet>(std::move(labels));
  const LabelSet* const result = set.get();
  bytes_ += bytes_of(*set);
  insert_set({hash, std::move(set)});
  return result;
}

const LabelSet* Interner::derive(const LabelSet* base, std::span<const LabelEdit> edits) {
  const std::uint64_t hash = hash_edits(base, edits);
  if (memo_count_ != 0) {
    const std::size_t mask = memo_.size() - 1;
    for (std::size_t at = hash & mask; memo_[at].result != nullptr; at = (at + 1) & mask) {
      Memo& memo = memo_[at];
      if (memo.hash == hash && memo.base == base &&
          same_key(memo.key.get(), memo.key_bytes, edits)) {
        memo.used_since_sweep = true;
        return memo.result;
      }
    }
  }
  return remember(hash, base, edits);
}

const LabelSet* Interner::remember(std::uint64_t hash, const LabelSet* base,
                                   std::span<const LabelEdit> edits) {
  Labels labels = base->labels();
  for (const LabelEdit& edit : edits) {
    if (edit.removed) {
      labels.erase(edit.name);
    } else {
      labels.set(edit.name, edit.value);
    }
  }
  const std::uint64_t labels_hash = hash_labels(labels);
  const LabelSet* const result = intern_hashed(labels_hash, std::move(labels));
  const std::size_t key_bytes = key_bytes_of(edits);
  auto key = std::make_unique_for_overwrite<char[]>(key_bytes);
  write_key(key.get(), edits);
  bytes_ += sizeof(Memo) + key_bytes;
  insert_memo({.hash = hash,
               .base = base,
               .result = result,
               .key = std::move(key),
               .key_bytes = static_cast<std::uint32_t>(key_bytes)});
  return result;
}

void Interner::insert_set(SetSlot slot) {
  if (2 * (set_count_ + 1) > sets_.size()) {
    std::vector<SetSlot> old(std::max(kFirstSlots, 2 * sets_.size()));
    old.swap(sets_);
    set_count_ = 0;
    for (SetSlot& each : old) {
      if (each.set) insert_set(std::move(each));
    }
  }
  const std::size_t mask = sets_.size() - 1;
  std::size_t at = slot.hash & mask;
  while (sets_[at].set) at = (at + 1) & mask;
  sets_[at] = std::move(slot);
  ++set_count_;
}

void Interner::insert_memo(Memo memo) {
  if (2 * (memo_count_ + 1) > memo_.size()) {
    std::vector<Memo> old(std::max(kFirstSlots, 2 * memo_.size()));
    old.swap(memo_);
    memo_count_ = 0;
    for (Memo& each : old) {
      if (each.result != nullptr) insert_memo(std::move(each));
    }
  }
  const std::size_t mask = memo_.size() - 1;
  std::size_t at = memo.hash & mask;
  while (memo_[at].result != nullptr) at = (at + 1) & mask;
  memo_[at] = std::move(memo);
  ++memo_count_;
}

void Interner::sweep() {
  std::vector<Memo> old_memo;
  std::vector<SetSlot> old_sets;
  old_memo.swap(memo_);
  old_sets.swap(sets_);
  memo_count_ = set_count_ = bytes_ = 0;

  // A remembered edit in use keeps both its sets; derive() marks only the memo, which is at hand
  // there.
  for (const Memo& memo : old_memo) {
    if (memo.result == nullptr || !memo.used_since_sweep) continue;
    memo.base->used_since_sweep_ = true;
    memo.result->used_since_sweep_ = true;
  }
  for (Memo& memo : old_memo) {
    if (memo.result == nullptr || !memo.used_since_sweep) continue;
    memo.used_since_sweep = false;
    bytes_ += sizeof(Memo) + memo.key_bytes;
    insert_memo(std::move(memo));
  }
  for (SetSlot& slot : old_sets) {
    if (!slot.set || (slot.set->references_ == 0 && !slot.set->used_since_sweep_)) continue;
    slot.set->used_since_sweep_ = false;
    bytes_ += bytes_of(*slot.set);
    insert_set(std::move(slot));
  }
  // What is left is in use. Twice that must come before another sweep is worth its walk.
  sweep_at_ = std::max(kSetsMax, 2 * (set_count_ + memo_count_));
  bytes_at_ = std::max(kBytesMax, 2 * bytes_);
}

}  // namespace tailrace
