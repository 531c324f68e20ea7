#include "model/held_entry.h"

#include <algorithm>

namespace tailrace {

void HeldEntry::hold(Entry& entry) {
  clear();
  line.assign(entry.line);
  timestamp_ns = entry.timestamp_ns;
  stream_ = LabelSetRef(entry.stream());
  initial_labels_ = LabelSetRef(entry.fields.initial_labels());

  std::size_t bytes = 0;
  for (FieldId id : entry.fields.touched()) bytes += entry.fields.raw(id).text.size();
  for (const auto& [name, value] : entry.metadata) bytes += name.size() + value.size();
  texts_.resize(bytes);
  char* next = texts_.data();
  const auto keep = [&next](std::string_view text) {
    char* const begin = next;
    next = std::copy(text.begin(), text.end(), next);
    return std::string_view(begin, text.size());
  };
  for (FieldId id : entry.fields.touched()) {
    FieldValue value = entry.fields.raw(id);
    value.text = keep(value.text);
    fields_.emplace_back(id, value);
  }
  for (const auto& [name, value] : entry.metadata) {
    const std::string_view kept_name = keep(name);
    metadata_.emplace_back(kept_name, keep(value));
  }
  depend_on(entry);
}

void HeldEntry::depend_on(const Entry& entry) {
  depend_on(entry.ticket);
  for (Ticket* ticket : entry.also) depend_on(ticket);
}

void HeldEntry::depend_on(Ticket* ticket) {
  if (ticket == nullptr) return;
  const bool covered = std::any_of(tickets_.begin(), tickets_.end(), [&](const TicketShare& share) {
    return share.get()->owner() == ticket->owner();
  });
  if (!covered) tickets_.emplace_back(ticket);
}

void HeldEntry::take_tickets(HeldEntry& earlier) {
  std::swap(tickets_, earlier.tickets_);
  for (const TicketShare& share : earlier.tickets_) depend_on(share.get());
  earlier.tickets_.clear();
}

void HeldEntry::restore(Entry& entry) const {
  entry.begin(line, timestamp_ns, stream_.get(),
              tickets_.empty() ? nullptr : tickets_.front().get());
  entry.fields.begin(initial_labels_.get());
  for (const auto& [id, value] : fields_) entry.fields.set(id, value);
  entry.metadata.assign(metadata_.begin(), metadata_.end());
  for (std::size_t i = 1; i < tickets_.size(); ++i) entry.also.push_back(tickets_[i].get());
}

void HeldEntry::clear() {
  line.clear();
  timestamp_ns = 0;
  stream_ = {};
  initial_labels_ = {};
  fields_.clear();
  metadata_.clear();
  texts_.clear();
  tickets_.clear();
}

}  // namespace tailrace
