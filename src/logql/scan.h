// Scan: how a query asks for stored entries, and in what shape they come.
//
// A Source (the store, or a list in a test) goes through its blocks and shows each to a visitor.
// Several threads may do that at once, each with a visitor of its own. Nothing of a block outlives
// the visit.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "logql/line_filter.h"
#include "logql/line_labels.h"
#include "logql/matcher.h"
#include "model/labels.h"

namespace tailrace::logql {

// Entries of one stream. Entry i: timestamps[i], lines[i], metadata_sets[metadata[i]].
struct EntryBlock {
  const Labels* stream = nullptr;
  // Of equal times the entry of the lower order, and in a block of the lower index, came first.
  std::uint64_t order = 0;
  std::vector<std::int64_t> timestamps;
  std::vector<std::uint32_t> line_bytes;
  std::vector<std::uint32_t> metadata;
  std::vector<std::vector<MetadataView>> metadata_sets;
  // Only if the request asks for lines.
  std::vector<std::string_view> lines;
  // All lines in one piece in the order of entries, for searching; "" if they lie apart.
  std::string_view text;

  std::size_t size() const noexcept { return timestamps.size(); }
  void clear() {
    stream = nullptr;
    timestamps.clear();
    line_bytes.clear();
    metadata.clear();
    metadata_sets.clear();
    lines.clear();
    text = {};
  }
};

class BlockVisitor {
 public:
  virtual ~BlockVisitor() = default;
  // Entries outside of the request's range may be in the block: skip them. False: enough of
  // everything.
  virtual bool visit(const EntryBlock& block) = 0;
};

// Stops a query from outside: the client is gone, or the deadline is over.
class QueryStop {
 public:
  enum class Reason : std::uint8_t { kNone, kCancelled, kTimeout, kTooMuch };
  void stop(Reason reason) noexcept {
    Reason none = Reason::kNone;
    reason_.compare_exchange_strong(none, reason);
  }
  bool stopped() const noexcept { return reason() != Reason::kNone; }
  Reason reason() const noexcept { return reason_.load(std::memory_order_relaxed); }

  // When it stops by itself: in the clock's monotonic time. Set before the query begins.
  void set_deadline(const Clock& clock, std::int64_t monotonic_ns) noexcept {
    clock_ = &clock;
    deadline_ns_ = monotonic_ns;
  }
  // stopped(), and looks at the clock: for every block and every thousand lines.
  bool poll() noexcept {
    if (clock_ != nullptr && clock_->monotonic_ns() >= deadline_ns_) stop(Reason::kTimeout);
    return stopped();
  }

 private:
  std::atomic<Reason> reason_{Reason::kNone};
  const Clock* clock_ = nullptr;
  std::int64_t deadline_ns_ = 0;
};

struct ScanStats {
  std::uint64_t bytes = 0;  // of lines and metadata in the blocks looked at, uncompressed
  std::uint64_t lines = 0;
  std::uint64_t blocks = 0;
  std::uint64_t compressed_bytes = 0;
  std::uint64_t damaged_blocks = 0;  // could not be read: what was in them is missing
  std::uint64_t lines_passed = 0;    // left by the query's stages
  void add(const ScanStats& other) {
    bytes += other.bytes;
    lines += other.lines;
    blocks += other.blocks;
    compressed_bytes += other.compressed_bytes;
    damaged_blocks += other.damaged_blocks;
    lines_passed += other.lines_passed;
  }
};

struct ScanRequest {
  const std::vector<Matcher>* matchers = nullptr;
  // If set: streams for which this does not hold are left out too.
  std::function<bool(const Labels&)> streams;
  std::int64_t from_ns = 0;  // inclusive
  std::int64_t to_ns = 0;    // exclusive
  bool newest_first = false;
  bool lines = true;  // whether their text is needed
  // Lines must pass these; a block in which none can may be left out.
  const std::vector<LineFilter>* filters = nullptr;
  // Called once for each thread that takes part, maybe by that thread.
  std::function<std::unique_ptr<BlockVisitor>()> make_visitor;
  // Whether a block with entries in this range (both ends inclusive) is worth loading. By many
  // threads. Blocks come roughly in order of time, so after a "no" most others will be too.
  std::function<bool(std::int64_t first_ns, std::int64_t last_ns)> wanted;
  QueryStop* stop = nullptr;
};

class Source {
 public:
  virtual ~Source() = default;
  // Blocks until everything has been visited.
  virtual Result<ScanStats> scan(const ScanRequest& request) = 0;
};

// Whether a stream's labels fulfil all matchers.
bool selects(const std::vector<Matcher>& matchers, const Labels& labels);

// Indexes of the entries in [from, to) whose lines pass all filters.
void select_entries(const EntryBlock& block, const std::vector<LineFilter>& filters,
                    std::int64_t from_ns, std::int64_t to_ns, std::vector<std::uint32_t>& selected);

}  // namespace tailrace::logql
