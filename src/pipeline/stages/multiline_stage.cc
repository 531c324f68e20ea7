// multiline: lines that belong together become one entry, per label set.
//
// A line that matches `firstline` begins a block; others are appended until the next first line,
// `max_lines` lines, or `max_wait_time` without a line. Before the first block of a label set its
// lines pass one by one. After a block ended by count or time, further lines form blocks of their
// own with the labels, timestamp and fields of the last first line.
//
// Blocks hold the tickets of their reads, so a crash brings a block again from its first line.
// Limits: at kStreamsMax label sets the blocks of the older half are sent early; a block of
// kBlockBytesMax bytes is sent as if it had max_lines lines.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "model/held_entry.h"
#include "parse/go_regex.h"
#include "pipeline/stage.h"
#include "pipeline/stage_options.h"
#include "pipeline/stream_table.h"

namespace tailrace {
namespace {

constexpr std::size_t kStreamsMax = 10'000;
constexpr std::size_t kBlockBytesMax = 8 * 1024 * 1024;
constexpr std::size_t kKeptBytesMax = 64 * 1024;  // a larger buffer is given back after its block

struct MultilineOptions {
  std::int64_t wait_ns = 3 * kNsPerSecond;
  std::int64_t lines_max = 128;  // 0: no limit
};

struct Block {
  HeldEntry held;          // the first line; `line` is the text so far
  std::int64_t lines = 0;  // 0: nothing waits, and `held` is only the model for what may come
  std::int64_t due_ns = kNever;
};

class MultilineStage final : public Stage {
 public:
  MultilineStage(GoRegex firstline, const MultilineOptions& options, const Clock& clock)
      : firstline_(std::move(firstline)), options_(options), clock_(clock) {}

  void accept(Entry& entry) override {
    const LabelSet* const stream = entry.stream();
    const bool is_first = firstline_.matches(entry.line);
    Block* block = blocks_.find(stream);
    if (block == nullptr) {
      if (!is_first) return pass(entry);
      if (blocks_.full()) make_room(entry);
      block = &blocks_.add(stream);
    }
    if (is_first) {
      begin_block(*block, entry);
    } else {
      append(*block, entry);
    }
    wait_for_more(*block);
    if (block->lines == options_.lines_max || block->held.line.size() >= kBlockBytesMax) {
      send(*block, entry);
    }
    room_.clear();
  }

  void flush(FlushReason reason, std::int64_t now_monotonic_ns, Entry& entry) override {
    std::int64_t next_due = kNever;
    blocks_.for_each([&](Block& block) {
      if (block.lines == 0) return;
      if (reason == FlushReason::kStop || block.due_ns <= now_monotonic_ns) {
        send(block, entry);
      } else {
        next_due = std::min(next_due, block.due_ns);
      }
    });
    next_due_ns_ = next_due;
    next()->flush(reason, now_monotonic_ns, entry);
  }

  // Never later than the first block that is due; earlier if its stream got a line since.
  std::int64_t deadline_ns() const override {
    return std::min(next_due_ns_, next()->deadline_ns());
  }

 private:
  // `entry` is used to send the block before, so the new line moves out of it first.
  void begin_block(Block& block, Entry& entry) {
    if (block.lines == 0) {
      block.held.hold(entry);
    } else {
      spare_.hold(entry);
      send(block, entry);
      std::swap(block.held, spare_);
    }
    block.lines = 1;
  }

  static void append(Block& block, const Entry& entry) {
    if (!block.held.line.empty()) block.held.line += '\n';
    block.held.line += entry.line;
    block.held.depend_on(entry);
    ++block.lines;
  }

  void wait_for_more(Block& block) {
    block.due_ns = clock_.monotonic_ns() + options_.wait_ns;
    next_due_ns_ = std::min(next_due_ns_, block.due_ns);
  }

  // Leaves the block as a model. A block without text is not sent.
  void send(Block& block, Entry& entry) {
    if (!block.held.line.empty()) {
      block.held.restore(entry);
      entry.metadata.clear();  // as in Promtail, a joined line has none of the lines before
      pass(entry);
    }
    block.held.release_tickets();
    block.held.line.clear();
    if (block.held.line.capacity() > kKeptBytesMax) block.held.line.shrink_to_fit();
    block.lines = 0;
    block.due_ns = kNever;
  }

  // `entry` lives on in room_, which accept() clears at its end.
  void make_room(Entry& entry) {
    room_.hold(entry);
    blocks_.evict_older_half([&](Block& block) {
      if (block.lines > 0) send(block, entry);
    });
    room_.restore(entry);
  }

  GoRegex firstline_;
  MultilineOptions options_;
  const Clock& clock_;
  StreamTable<Block> blocks_{kStreamsMax};
  HeldEntry spare_, room_;
  std::int64_t next_due_ns_ = kNever;
};

}  // namespace

StagePtr make_multiline_stage(ConfigNode node, PipelineContext& context) {
  StageOptions options(std::move(node), "multiline", {"firstline", "max_wait_time", "max_lines"});
  std::optional<std::string> firstline;  // an empty one matches every line
  MultilineOptions multiline;
  std::optional<std::int64_t> wait_ns;
  options.read_weak("firstline", firstline);
  options.read_duration("max_wait_time", wait_ns);
  options.read_weak("max_lines", multiline.lines_max);
  if (!options.good()) return nullptr;
  multiline.wait_ns = wait_ns.value_or(multiline.wait_ns);
  if (!firstline) {
    options.fail("firstline", "multiline stage firstline must be defined: a regex for first lines");
  }
  if (!options.good()) return nullptr;
  multiline.lines_max = std::max<std::int64_t>(multiline.lines_max, 0);  // negative: no limit too
  Result<GoRegex> regex = GoRegex::compile(*firstline, {.keep = GroupsKept::kNone});
  if (!regex) {
    options.fail("firstline", regex.error().text());
    return nullptr;
  }
  return std::make_unique<MultilineStage>(std::move(regex).value(), multiline, context.clock);
}

}  // namespace tailrace
