// Head: lines that are committed to the inbox but are in no chunk yet, so that queries see them at
// once.
//
// The lines of one stream and one UTC day make a run. When a run is large or old it is sealed: a
// new one takes its place, and the sealed one stays here until its chunk is in the database. What
// is in a run never changes and never moves; it only gets longer. So a reader takes the pieces as
// they are now and reads them without a lock.
//
// One writer (add, seal, remove), any number of readers (snapshot).
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "store/day_number.h"
#include "store/push_request.h"
#include "store/stream_catalog.h"

namespace tailrace {

// An entry as it lies in a run.
struct StoredEntry {
  std::int64_t timestamp_ns = 0;
  std::string_view line;
  EncodedMetadata metadata;
};
// Equal for equal entries. Not stable between versions.
std::uint64_t entry_hash(const StoredEntry& entry) noexcept;

// Pieces of a run as they were at one moment.
struct RunView {
  struct Piece {
    std::shared_ptr<const char[]> bytes;  // owners: the run and its views
    std::size_t used = 0;
  };
  StreamPtr stream;
  DayNumber day = 0;
  std::uint64_t last_seq = 0;  // of the pushes in it
  std::int64_t first_ns = 0;
  std::int64_t last_ns = 0;
  std::size_t entries = 0;
  std::uint64_t bytes = 0;  // of lines and metadata
  std::vector<Piece> pieces;

  // In order of arrival. Views live as long as this.
  void for_each(const std::function<void(const StoredEntry&)>& visit) const;
};

// The entries of a run by their hash, to find repeats. Open addressing, at most half full; entries
// are known by where they lie in a piece.
class EntryIndex {
 public:
  void add(std::uint64_t hash, const char* at);
  // Whether `is_it(at)` holds for an entry of this hash.
  template <class IsIt>
  bool find(std::uint64_t hash, IsIt is_it) const {
    if (slots_.empty()) return false;
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t i = hash & mask; slots_[i].at != nullptr; i = (i + 1) & mask) {
      if (slots_[i].tag == static_cast<std::uint32_t>(hash >> 32) && is_it(slots_[i].at))
        return true;
    }
    return false;
  }
  void clear() { *this = EntryIndex(); }

 private:
  struct Slot {
    const char* at = nullptr;  // null: free
    std::uint32_t tag = 0;     // upper half of the hash
    std::uint32_t low = 0;     // lower half, to place it anew in a larger table
  };
  std::vector<Slot> slots_;  // size: a power of two
  std::size_t used_ = 0;
};

class Run {
 public:
  Run(StreamPtr stream, DayNumber day) : stream_(std::move(stream)), day_(day) {}

  const StreamPtr& stream() const noexcept { return stream_; }
  DayNumber day() const noexcept { return day_; }
  std::uint64_t bytes() const noexcept { return view_.bytes; }
  std::size_t entries() const noexcept { return view_.entries; }
  std::uint64_t first_seq() const noexcept { return first_seq_; }
  std::uint64_t last_seq() const noexcept { return view_.last_seq; }
  std::int64_t first_ns() const noexcept { return view_.first_ns; }
  std::int64_t last_ns() const noexcept { return view_.last_ns; }
  std::int64_t born_ns() const noexcept { return born_ns_; }  // monotonic
  RunView view() const;

 private:
  friend class Head;
  // False: the run has it already.
  bool add(const StoredEntry& entry, std::uint64_t seq);
  bool has(const StoredEntry& entry);
  void index_all();

  StreamPtr stream_;
  DayNumber day_;
  RunView view_;
  std::size_t last_room_ = 0;  // of the last piece
  std::uint64_t first_seq_ = 0;
  std::int64_t born_ns_ = 0;
  // Entries of the newest time, to find repeats among them without an index.
  std::vector<StoredEntry> newest_;
  // Hashes of all entries; made when the first entry comes that is older than another.
  EntryIndex index_;
  bool indexed_ = false;
};
using RunPtr = std::shared_ptr<Run>;  // owners: the head and who makes a chunk of it

class Head {
 public:
  // Whether chunks or sealed runs may hold an entry already; asked only for entries that are not
  // newer than all of those. Called with the entries of one stream and day; removes those that are
  // there.
  using DropKnown = std::function<void(const StreamPtr& stream, DayNumber day,
                                       std::vector<StoredEntry>& entries)>;

  struct Added {
    std::size_t entries = 0;
    std::size_t duplicates = 0;
    std::uint64_t bytes = 0;
  };
  // The entries of one push for one stream and day. `flushed_ns`: the newest time that sealed runs
  // and chunks of that stream and day have.
  Added add(const StreamPtr& stream, DayNumber day, std::vector<StoredEntry> entries,
            std::uint64_t seq, std::int64_t now_ns, std::int64_t flushed_ns,
            const DropKnown& drop_known);

  // Takes the runs for which `when` holds out of use; they stay visible. In order of their oldest
  // push.
  std::vector<RunPtr> seal(const std::function<bool(const Run&)>& when);
  // Its chunk is in the database.
  void remove(const RunPtr& sealed);

  // Sealed runs of a stream and day, oldest first.
  std::vector<RunPtr> sealed(const StreamInfo& stream, DayNumber day) const;
  std::vector<const Run*> active() const;  // for the writer only

  // All runs of streams for which `wanted` holds that touch [from_ns, to_ns).
  std::vector<RunView> snapshot(const std::function<bool(const StreamInfo&)>& wanted,
                                std::int64_t from_ns, std::int64_t to_ns) const;
  std::uint64_t bytes() const;
  std::size_t runs() const;
  // The oldest push that is not wholly in chunks; nothing: all are.
  std::uint64_t oldest_seq() const;  // UINT64_MAX if the head is empty

 private:
  struct Key {
    const StreamInfo* stream;
    DayNumber day;
    auto operator<=>(const Key&) const = default;
  };

  mutable std::mutex
      mutex_;  // readers take it for a snapshot, the writer while it changes something
  std::map<Key, RunPtr> active_;
  std::vector<RunPtr> sealed_;
  std::uint64_t bytes_ = 0;
};

}  // namespace tailrace
