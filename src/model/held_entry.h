// HeldEntry: a copy of an entry that outlives accept(), for stages that hold lines back (multiline, cri).
// It shares the ticket, so the read it came from does not count as delivered while it is held.
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
  // Copies everything of `entry`, which keeps its own views. `table` is the pipeline's.
  explicit HeldEntry(Entry& entry);

  // Adds another read that this entry now depends on (a continuation line). Per source only the earliest
  // is kept: positions move by prefix, so it alone holds back all later ones.
  void depend_on(Ticket* ticket);

  // Makes `entry` this one again. Its views point into this object, so keep it until accept() returns.
  // Dropping it afterwards gives the tickets' shares back.
  void restore(Entry& entry);

  std::string line;  // stages append to it
  std::int64_t timestamp_ns = 0;
  bool empty() const noexcept { return !stream_; }

 private:
  LabelSetRef stream_;
  LabelSetRef initial_labels_;
  std::vector<std::pair<FieldId, FieldValue>> fields_;
  std::vector<std::pair<std::string, std::string>> metadata_;
  std::vector<TicketShare> tickets_;
  std::string texts_;  // the bytes behind fields_
};

}  // namespace tailrace
