// Entry: one log line on its way through a shard.
//
// It is a bundle of views. Sources make one Entry per read loop and reuse it for every line; stages
// edit it in place; nothing in it outlives accept() unless it is copied (HeldEntry, held_entry.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "base/arena.h"
#include "model/field.h"
#include "model/interner.h"
#include "model/label_set.h"
#include "model/ticket.h"

namespace tailrace {

// The labels of an entry: an interned set and the edits made since. Edits are interned only when
// somebody needs the whole set, usually once, at the end.
class EntryLabels {
 public:
  void begin(const LabelSet* base) noexcept {
    base_ = base;
    edits_.clear();
  }
  // Views must live until accept() returns: a label's value from the arena, the line, or the
  // configuration.
  void set(std::string_view name, std::string_view value) {
    edits_.push_back({name, value, false});
  }
  void remove(std::string_view name) { edits_.push_back({name, {}, true}); }
  std::optional<std::string_view> find(std::string_view name) const {
    for (auto edit = edits_.rbegin(); edit != edits_.rend(); ++edit) {
      if (edit->name == name) return edit->removed ? std::nullopt : std::optional(edit->value);
    }
    return base_->find(name);
  }
  // The set with all edits; later edits start from it. Good until the interner's next sweep.
  const LabelSet* resolve(Interner& interner) {
    if (!edits_.empty()) {
      base_ = interner.derive(base_, edits_);
      edits_.clear();
    }
    return base_;
  }

 private:
  const LabelSet* base_ = nullptr;
  std::vector<LabelEdit> edits_;
};

using MetadataPair = std::pair<std::string_view, std::string_view>;

struct Entry {
  std::string_view line;          // the shard's read buffer, or its arena after a rewrite
  std::int64_t timestamp_ns = 0;  // since the Unix epoch
  EntryLabels labels;
  Fields fields;                       // the extracted map; used by pipelines
  std::vector<MetadataPair> metadata;  // structured metadata, sent with the entry
  Ticket* ticket = nullptr;            // the read this came from; null where nobody waits
  std::vector<Ticket*> also;           // further reads, if a stage joined lines of several sources
  Arena* arena = nullptr;              // where rewritten bytes go; reset after the read
  Interner* interner = nullptr;        // of this shard

  // Makes this a fresh entry of `stream`. The vectors keep their room.
  void begin(std::string_view new_line, std::int64_t new_timestamp_ns, const LabelSet* stream,
             Ticket* new_ticket) {
    line = new_line;
    timestamp_ns = new_timestamp_ns;
    labels.begin(stream);
    fields.begin(stream);
    metadata.clear();
    also.clear();
    ticket = new_ticket;
  }
  const LabelSet* stream() { return labels.resolve(*interner); }
};

}  // namespace tailrace
