// cri: lines of container runtimes, "<time> <stream> <flags> <content>".
//
// The content becomes the line, the stream a label, the time the timestamp; before that, as in
// every nested pipeline, the fields take the labels of this moment. Parts of a long line (flag P)
// are joined per label set until the part that ends it, whose timestamp and labels the whole takes.
//
// A part holds its read's ticket. So that a line that never ends does not hold its file for ever,
// it is sent as it is after kPartWaitNs without a further part, at kJoinedBytesMax bytes, and when
// we stop; Promtail would lose it there.
#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "model/held_entry.h"
#include "parse/cri.h"
#include "parse/go_time.h"
#include "pipeline/last_timestamps.h"
#include "pipeline/stage.h"
#include "pipeline/stage_options.h"
#include "telemetry/log.h"

namespace tailrace {
namespace {

constexpr std::size_t kDefaultPartsMax = 100;
constexpr std::size_t kJoinedBytesMax = 16 * 1024 * 1024;
constexpr std::int64_t kPartWaitNs = 30 * kNsPerSecond;

struct CriOptions {
  std::size_t streams_max = kDefaultPartsMax;
  std::optional<std::uint64_t> cut_bytes;  // joined lines are cut to this
};

struct Parts {
  HeldEntry held;
  std::int64_t due_ns = kNever;
};

class CriStage final : public Stage {
 public:
  CriStage(const CriOptions& options, FieldTable& fields, const Clock& clock)
      : options_(options),
        clock_(clock),
        fields_(fields),
        targets_{fields.id("time"), fields.id("stream"), fields.id("flags"), fields.id("content")},
        parts_(options.streams_max) {}

  void plan(FieldsRead& later) override {
    for (std::size_t i = 0; i < targets_.size(); ++i) {
      wanted_[i] = later.has(targets_[i]);
      later.add(targets_[i]);  // for lines of another form
    }
  }

  void accept(Entry& entry) override {
    entry.fields.refill(entry.stream(), fields_);
    const std::optional<CriLine> parsed = parse_cri(entry.line);
    if (!parsed) return use_known(entry);
    extract(*parsed, entry);
    if (parsed->is_partial()) return hold(entry);
    if (!parts_.empty()) {
      if (Parts* parts = parts_.find(entry.stream())) return finish(*parts, entry);
    }
    pass(entry);
  }

  void flush(FlushReason reason, std::int64_t now_monotonic_ns, Entry& entry) override {
    if (reason == FlushReason::kStop) {
      send_all(entry);
    } else if (next_due_ns_ <= now_monotonic_ns) {
      send_due(now_monotonic_ns, entry);
    }
    next()->flush(reason, now_monotonic_ns, entry);
  }

  std::int64_t deadline_ns() const override {
    return std::min(next_due_ns_, next()->deadline_ns());
  }

 private:
  // A line of another form goes on with the fields it has: those of a cri stage in front, say.
  void use_known(Entry& entry) {
    const auto known = [&](FieldId field) -> std::optional<std::string_view> {
      const std::optional<FieldValue> value = entry.fields.find(field, fields_);
      return value ? field_text(*value, *entry.arena) : std::nullopt;
    };
    const auto time_text = known(targets_[0]), stream = known(targets_[1]),
               content = known(targets_[3]);
    if (stream && is_valid_utf8(*stream)) entry.labels.set("stream", *stream);
    const std::optional<GoTime> time = time_text ? parse_rfc3339(*time_text) : std::nullopt;
    last_.apply(entry, time ? time->unix_ns() : std::nullopt);
    if (content) entry.line = *content;
    pass(entry);
  }

  void extract(const CriLine& line, Entry& entry) {
    const std::array values{line.time, line.stream, line.flags, line.content};
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (wanted_[i]) entry.fields.set(targets_[i], FieldValue::of(values[i]));
    }
    entry.labels.set("stream", line.stream);
    const std::optional<GoTime> time = parse_rfc3339(line.time);
    last_.apply(entry, time ? time->unix_ns() : std::nullopt);
    entry.line = line.content;
  }

  void cut(std::string& line) const {
    if (options_.cut_bytes && line.size() > *options_.cut_bytes) line.resize(*options_.cut_bytes);
  }

  void hold(Entry& entry) {
    const LabelSet* const stream = entry.stream();
    Parts* parts = parts_.find(stream);
    if (parts_.full()) {
      static log::Every every(10 * kNsPerSecond);
      if (every.due()) {
        log::warn("cri: too many unfinished lines, sending them as they are",
                  {{"max_partial_lines", options_.streams_max}});
      }
      spare_.hold(entry);
      send_all(entry);
      spare_.restore(entry);
      parts = nullptr;
    }
    if (parts == nullptr) {
      parts = &parts_.add(stream);
      parts->held.hold(entry);
    } else {
      join(*parts, entry);
    }
    spare_.clear();
    cut(parts->held.line);
    parts->due_ns = clock_.monotonic_ns() + kPartWaitNs;
    next_due_ns_ = std::min(next_due_ns_, parts->due_ns);
    if (parts->held.line.size() >= kJoinedBytesMax) {
      send(*parts, entry);
      parts_.erase(stream);
    }
  }

  // The text so far goes in front of the new part, which decides all else.
  void join(Parts& parts, Entry& entry) {
    spare_.hold(entry);
    std::string text = std::move(parts.held.line);
    text += entry.line;
    std::swap(parts.held, spare_);
    parts.held.line = std::move(text);
    parts.held.take_tickets(spare_);
  }

  void finish(Parts& parts, Entry& entry) {
    const LabelSet* const stream = entry.stream();
    join(parts, entry);
    cut(parts.held.line);
    send(parts, entry);
    spare_.clear();
    parts_.erase(stream);
    if (parts_.empty()) next_due_ns_ = kNever;
  }

  void send(const Parts& parts, Entry& entry) {
    parts.held.restore(entry);
    pass(entry);
  }

  void send_all(Entry& entry) {
    parts_.for_each([&](Parts& parts) { send(parts, entry); });
    parts_.clear();
    next_due_ns_ = kNever;
  }

  void send_due(std::int64_t now_monotonic_ns, Entry& entry) {
    std::int64_t next_due = kNever;
    parts_.erase_if([&](Parts& parts, std::uint64_t) {
      if (parts.due_ns > now_monotonic_ns) {
        next_due = std::min(next_due, parts.due_ns);
        return false;
      }
      send(parts, entry);
      return true;
    });
    next_due_ns_ = next_due;
  }

  CriOptions options_;
  const Clock& clock_;
  FieldTable& fields_;
  std::array<FieldId, 4> targets_;
  std::array<bool, 4> wanted_{};
  LastTimestamps last_;
  StreamTable<Parts> parts_;
  HeldEntry spare_;
  std::int64_t next_due_ns_ = kNever;
};

}  // namespace

StagePtr make_cri_stage(ConfigNode node, PipelineContext& context) {
  StageOptions options(
      std::move(node), "cri",
      {"max_partial_lines", "max_partial_line_size", "max_partial_line_size_truncate"});
  std::int64_t lines_max = 0;
  std::optional<std::uint64_t> size;
  bool truncate = false;
  options.read_weak("max_partial_lines", lines_max);
  options.read_size("max_partial_line_size", size);
  options.read_weak("max_partial_line_size_truncate", truncate);
  if (!options.good()) return nullptr;
  if (lines_max < 0) options.fail("max_partial_lines", "max_partial_lines must not be negative");
  if (!options.good()) return nullptr;
  CriOptions cri;
  if (lines_max > 0) cri.streams_max = static_cast<std::size_t>(lines_max);
  if (truncate) cri.cut_bytes = size.value_or(0);
  return std::make_unique<CriStage>(cri, context.fields, context.clock);
}

}  // namespace tailrace
