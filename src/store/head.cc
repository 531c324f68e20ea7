#include "store/head.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/clock.h"
#include "base/hash.h"

namespace tailrace {
namespace {

constexpr std::int64_t kDayNs = 86'400 * kNsPerSecond;
constexpr std::size_t kFirstPieceBytes = 1024;
constexpr std::size_t kPieceBytesMax = 64 * 1024;
// So many entries of one time are compared one by one.
constexpr std::size_t kSearchedMax = 32;

// An entry in a piece:  time 8 | line length 4 | metadata length 4 | line | metadata
struct EntryHeader {
  std::int64_t timestamp_ns;
  std::uint32_t line_bytes;
  std::uint32_t metadata_bytes;
};
static_assert(sizeof(EntryHeader) == 16);

std::size_t room_of(const StoredEntry& entry) {
  return sizeof(EntryHeader) + entry.line.size() + entry.metadata.size();
}

bool equal(const StoredEntry& a, const StoredEntry& b) {
  return a.timestamp_ns == b.timestamp_ns && a.line == b.line && a.metadata == b.metadata;
}

StoredEntry entry_at(const char* at) {
  EntryHeader header;
  std::memcpy(&header, at, sizeof header);
  at += sizeof header;
  return {header.timestamp_ns,
          {at, header.line_bytes},
          {at + header.line_bytes, header.metadata_bytes}};
}

template <class Visit>
void for_each_in(const RunView& view, Visit visit) {
  for (const RunView::Piece& piece : view.pieces) {
    const char* at = piece.bytes.get();
    const char* const end = at + piece.used;
    while (at != end) {
      const StoredEntry entry = entry_at(at);
      visit(entry);
      at += room_of(entry);
    }
  }
}

}  // namespace

DayNumber day_of(std::int64_t timestamp_ns) noexcept {
  const std::int64_t day = timestamp_ns / kDayNs;
  return static_cast<DayNumber>(timestamp_ns % kDayNs < 0 ? day - 1 : day);
}
std::int64_t day_start_ns(DayNumber day) noexcept { return day * kDayNs; }

std::uint64_t entry_hash(const StoredEntry& entry) noexcept {
  const std::uint64_t hash = hash_bytes(entry.line, static_cast<std::uint64_t>(entry.timestamp_ns));
  return hash_bytes(entry.metadata, hash);
}

void RunView::for_each(const std::function<void(const StoredEntry&)>& visit) const {
  for_each_in(*this, visit);
}

RunView Run::view() const {
  RunView out = view_;
  out.stream = stream_;
  out.day = day_;
  return out;
}

void EntryIndex::add(std::uint64_t hash, const char* at) {
  constexpr std::size_t kLeast = 64;
  const auto put = [](std::vector<Slot>& slots, std::size_t place, const Slot& slot) {
    const std::size_t mask = slots.size() - 1;
    std::size_t i = place & mask;
    while (slots[i].at != nullptr) i = (i + 1) & mask;
    slots[i] = slot;
  };
  if (2 * (used_ + 1) > slots_.size()) {
    std::vector<Slot> larger(std::max(kLeast, 2 * slots_.size()));
    for (const Slot& slot : slots_) {
      if (slot.at != nullptr) put(larger, slot.low, slot);
    }
    slots_ = std::move(larger);
  }
  const Slot slot{at, static_cast<std::uint32_t>(hash >> 32), static_cast<std::uint32_t>(hash)};
  put(slots_, slot.low, slot);
  ++used_;
}

void Run::index_all() {
  indexed_ = true;
  for_each_in(view_, [this](const StoredEntry& entry) {
    index_.add(entry_hash(entry), entry.line.data() - sizeof(EntryHeader));
  });
}

bool Run::has(const StoredEntry& entry) {
  if (view_.entries == 0 || entry.timestamp_ns > view_.last_ns ||
      entry.timestamp_ns < view_.first_ns)
    return false;
  if (entry.timestamp_ns == view_.last_ns && newest_.size() <= kSearchedMax) {
    return std::any_of(newest_.begin(), newest_.end(),
                       [&](const StoredEntry& each) { return equal(each, entry); });
  }
  if (!indexed_) index_all();
  return index_.find(entry_hash(entry), [&](const char* at) { return equal(entry_at(at), entry); });
}

bool Run::add(const StoredEntry& entry, std::uint64_t seq) {
  if (has(entry)) return false;
  const std::size_t room = room_of(entry);
  if (view_.pieces.empty() || last_room_ - view_.pieces.back().used < room) {
    const std::size_t next =
        view_.pieces.empty() ? kFirstPieceBytes : std::min(last_room_ * 2, kPieceBytesMax);
    last_room_ = std::max(next, room);
    view_.pieces.push_back({std::make_shared_for_overwrite<char[]>(last_room_), 0});
  }
  RunView::Piece& piece = view_.pieces.back();
  // Only the writer is here, and only readers that look in front of `used`.
  char* out = const_cast<char*>(piece.bytes.get()) + piece.used;
  const EntryHeader header{entry.timestamp_ns, static_cast<std::uint32_t>(entry.line.size()),
                           static_cast<std::uint32_t>(entry.metadata.size())};
  std::memcpy(out, &header, sizeof header);
  out += sizeof header;
  StoredEntry stored{entry.timestamp_ns,
                     {out, entry.line.size()},
                     {out + entry.line.size(), entry.metadata.size()}};
  if (!entry.line.empty()) std::memcpy(out, entry.line.data(), entry.line.size());
  if (!entry.metadata.empty())
    std::memcpy(out + entry.line.size(), entry.metadata.data(), entry.metadata.size());
  piece.used += room;
  if (indexed_) index_.add(entry_hash(stored), out - sizeof(EntryHeader));
  if (view_.entries == 0 || entry.timestamp_ns > view_.last_ns) newest_.clear();
  if (newest_.empty() || entry.timestamp_ns == view_.last_ns) newest_.push_back(stored);
  view_.first_ns =
      view_.entries == 0 ? entry.timestamp_ns : std::min(view_.first_ns, entry.timestamp_ns);
  view_.last_ns =
      view_.entries == 0 ? entry.timestamp_ns : std::max(view_.last_ns, entry.timestamp_ns);
  if (view_.entries == 0) first_seq_ = seq;
  view_.last_seq = seq;
  ++view_.entries;
  view_.bytes += entry.line.size() + entry.metadata.size();
  return true;
}

Head::Added Head::add(const StreamPtr& stream, DayNumber day, std::vector<StoredEntry> entries,
                      std::uint64_t seq, std::int64_t now_ns, std::int64_t flushed_ns,
                      const DropKnown& drop_known) {
  Added out;
  const std::size_t offered = entries.size();
  const auto old = std::stable_partition(
      entries.begin(), entries.end(),
      [&](const StoredEntry& entry) { return entry.timestamp_ns <= flushed_ns; });
  if (old != entries.begin()) {
    std::vector<StoredEntry> doubtful(entries.begin(), old);
    drop_known(stream, day, doubtful);
    // Back in the order they came in: equal times keep it.
    doubtful.insert(doubtful.end(), old, entries.end());
    entries = std::move(doubtful);
  }
  const std::lock_guard lock(mutex_);
  RunPtr& run = active_[Key{stream.get(), day}];
  if (!run) run = std::make_shared<Run>(stream, day);
  const bool was_empty = run->entries() == 0;
  const std::uint64_t before = run->bytes();
  for (const StoredEntry& entry : entries) {
    if (run->add(entry, seq)) ++out.entries;
  }
  if (was_empty) run->born_ns_ = now_ns;
  out.bytes = run->bytes() - before;
  bytes_ += out.bytes;
  out.duplicates = offered - out.entries;
  if (run->entries() == 0) active_.erase(Key{stream.get(), day});
  return out;
}

std::vector<RunPtr> Head::seal(const std::function<bool(const Run&)>& when) {
  std::vector<RunPtr> out;
  const std::lock_guard lock(mutex_);
  for (auto run = active_.begin(); run != active_.end();) {
    if (when(*run->second)) {
      run->second->index_.clear();
      run->second->newest_.clear();
      out.push_back(std::move(run->second));
      run = active_.erase(run);
    } else {
      ++run;
    }
  }
  std::sort(out.begin(), out.end(),
            [](const RunPtr& a, const RunPtr& b) { return a->first_seq() < b->first_seq(); });
  sealed_.insert(sealed_.end(), out.begin(), out.end());
  return out;
}

void Head::remove(const RunPtr& sealed) {
  const std::lock_guard lock(mutex_);
  bytes_ -= sealed->bytes();
  std::erase(sealed_, sealed);
}

std::vector<RunPtr> Head::sealed(const StreamInfo& stream, DayNumber day) const {
  std::vector<RunPtr> out;
  const std::lock_guard lock(mutex_);
  for (const RunPtr& run : sealed_) {
    if (run->stream().get() == &stream && run->day() == day) out.push_back(run);
  }
  return out;
}

std::vector<const Run*> Head::active() const {
  std::vector<const Run*> out;
  const std::lock_guard lock(mutex_);
  for (const auto& [key, run] : active_) out.push_back(run.get());
  return out;
}

std::vector<RunView> Head::snapshot(const std::function<bool(const StreamInfo&)>& wanted,
                                    std::int64_t from_ns, std::int64_t to_ns) const {
  std::vector<RunView> out;
  const StreamInfo* last = nullptr;
  bool last_wanted = false;
  const auto take = [&](const Run& run) {
    if (run.last_ns() < from_ns || run.first_ns() >= to_ns) return;
    if (run.stream().get() != last) {
      last = run.stream().get();
      last_wanted = wanted(*last);
    }
    if (last_wanted) out.push_back(run.view());
  };
  const std::lock_guard lock(mutex_);
  for (const RunPtr& run : sealed_) take(*run);
  for (const auto& [key, run] : active_) take(*run);
  return out;
}

std::uint64_t Head::bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}
std::size_t Head::runs() const {
  const std::lock_guard lock(mutex_);
  return active_.size() + sealed_.size();
}
std::uint64_t Head::oldest_seq() const {
  std::uint64_t out = std::numeric_limits<std::uint64_t>::max();
  const std::lock_guard lock(mutex_);
  for (const auto& [key, run] : active_) out = std::min(out, run->first_seq());
  for (const RunPtr& run : sealed_) out = std::min(out, run->first_seq());
  return out;
}

}  // namespace tailrace
