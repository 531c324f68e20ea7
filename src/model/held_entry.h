// HeldEntry: a copy of an entry that outlives accept(), for stages that hold lines back (multiline,
// cri). It shares the tickets, so the reads it came from do not count as delivered while it is
// held.
//
// Made to be used again and again: hold() and clear() keep the room of the buffers.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "model/entry.h"

namespace tailrace {

class HeldEntry {
 public:
  HeldEntry() = default;
  // As hold().
  explicit HeldEntry(Entry& entry) { hold(entry); }

  // Becomes a copy of `entry`, which keeps its own views; its labels are resolved.
  void hold(Entry& entry);
  // Takes only the tickets of `entry`: the reads this now depends on too (a continuation line).
  void depend_on(const Entry& entry);
  // Per source only the earliest read is kept: positions move by prefix, so it alone holds back all
  // later ones. Null is ignored.
  void depend_on(Ticket* ticket);

  // Takes the tickets of `earlier`, a part of the same line held before. They come before ours.
  void take_tickets(HeldEntry& earlier);

  // Makes `entry` this one again. Its views point into this object, so keep it until accept()
  // returns. Clearing or dropping it afterwards gives the tickets' shares back.
  void restore(Entry& entry) const;

  // Forgets everything and gives the tickets back.
  void clear();
  // Gives the tickets back and keeps the rest, as a model for entries to come.
  void release_tickets() { tickets_.clear(); }

  std::string line;  // stages append to it
  std::int64_t timestamp_ns = 0;
  bool empty() const noexcept { return !stream_; }
  const LabelSet* stream() const noexcept { return stream_.get(); }

 private:
  LabelSetRef stream_;
  LabelSetRef initial_labels_;
  std::vector<std::pair<FieldId, FieldValue>> fields_;
  std::vector<MetadataPair> metadata_;
  std::vector<TicketShare> tickets_;
  std::vector<char>
      texts_;  // the bytes behind fields_ and metadata_; a vector, so that moving keeps them
};

}  // namespace tailrace
