#include "sinks/batch.h"

#include <string_view>
#include <utility>

#include "base/hash.h"
#include "wire/snappy_gather.h"

namespace tailrace {
namespace {

// Few streams are found quickest by looking at all of them.
constexpr std::size_t kScannedRunsMax = 8;

std::size_t slot_of(const LabelSet* stream, std::size_t mask) {
  return static_cast<std::size_t>(hash_mix(reinterpret_cast<std::uintptr_t>(stream), 1)) & mask;
}

}  // namespace

Batch::~Batch() {
  for (TicketShare& ticket : tickets_) ticket.abandon();
}

void Batch::append(const LabelSet* stream, const EncodedEntry& entry, std::size_t counted_bytes) {
  Run& run = run_of(stream);
  const std::size_t bytes = entry.bytes();
  if (run.pages.empty() || run.pages.back().room() < bytes) {
    const std::size_t previous = run.pages.empty() ? 0 : run.pages.back().capacity;
    run.pages.push_back(pool_.take(previous, bytes));
  }
  Page& page = run.pages.back();
  char* const at = page.data.get() + page.used;
  char* const end = entry.write(at);
  TAILRACE_ASSERT(end == at + bytes, "an entry took other room than it said");
  page.used += static_cast<std::uint32_t>(bytes);
  run.bytes += bytes;
  encoded_bytes_ += bytes;
  line_bytes_ += counted_bytes;
  ++entries_;
}

Batch::Run* Batch::find(const LabelSet* stream) const {
  if (runs_.size() <= kScannedRunsMax) {
    for (const Run& run : runs_) {
      if (run.stream.get() == stream) return const_cast<Run*>(&run);
    }
    return nullptr;
  }
  const std::size_t mask = index_.size() - 1;
  for (std::size_t slot = slot_of(stream, mask); index_[slot] != 0; slot = (slot + 1) & mask) {
    const Run& run = runs_[index_[slot] - 1];
    if (run.stream.get() == stream) return const_cast<Run*>(&run);
  }
  return nullptr;
}

Batch::Run& Batch::run_of(const LabelSet* stream) {
  if (last_run_ < runs_.size() && runs_[last_run_].stream.get() == stream) return runs_[last_run_];
  Run* run = find(stream);
  if (run == nullptr) {
    run = &runs_.emplace_back(Run{LabelSetRef(stream), {}, 0});
    if (2 * runs_.size() > index_.size()) {
      index_.assign(index_.empty() ? 4 * kScannedRunsMax : 2 * index_.size(), 0);
      for (std::uint32_t i = 0; i + 1 < runs_.size(); ++i) index(i);
    }
    index(static_cast<std::uint32_t>(runs_.size() - 1));
  }
  last_run_ = static_cast<std::size_t>(run - runs_.data());
  return *run;
}

void Batch::index(std::uint32_t run) {
  const std::size_t mask = index_.size() - 1;
  std::size_t slot = slot_of(runs_[run].stream.get(), mask);
  while (index_[slot] != 0) slot = (slot + 1) & mask;
  index_[slot] = run + 1;
}

void Batch::add_ticket(Ticket* ticket) {
  newest_ticket_ = ticket;
  // Reads of many files alternate: the same ticket may come again. A doubled share does no harm,
  // and looking back a little keeps the list short.
  const std::size_t look_back = std::min<std::size_t>(tickets_.size(), 4);
  for (std::size_t i = tickets_.size() - look_back; i < tickets_.size(); ++i) {
    if (tickets_[i].get() == ticket) return;
  }
  tickets_.emplace_back(ticket);
}

void Batch::seal(Payload& payload) {
  // All heads first, in one buffer that does not move while the pieces point into it.
  std::size_t heads_bytes = 0;
  std::size_t pages = 0;
  for (const Run& run : runs_) {
    heads_bytes += stream_head_bytes(run.stream->text(), run.bytes);
    pages += run.pages.size();
  }
  ByteBuffer heads;
  char* at = heads.reserve(heads_bytes);
  std::vector<std::string_view> pieces;
  pieces.reserve(runs_.size() + pages);
  for (const Run& run : runs_) {
    char* const end = put_stream_head(at, run.stream->text(), run.bytes);
    pieces.emplace_back(at, static_cast<std::size_t>(end - at));
    at = end;
    for (const Page& page : run.pages) pieces.emplace_back(page.data.get(), page.used);
  }
  snappy_compress(pieces, payload.body);
  payload.tickets = std::move(tickets_);
  payload.entries = entries_;
  payload.line_bytes = line_bytes_;
  clear();
}

void Batch::abandon() {
  for (TicketShare& ticket : tickets_) ticket.abandon();
  clear();
}

void Batch::clear() {
  for (Run& run : runs_) {
    for (Page& page : run.pages) pool_.give_back(std::move(page));
  }
  runs_.clear();
  index_.assign(index_.size(), 0);
  last_run_ = 0;
  tickets_.clear();
  newest_ticket_ = nullptr;
  entries_ = line_bytes_ = encoded_bytes_ = 0;
}

}  // namespace tailrace
