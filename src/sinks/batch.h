// Batch: the entries of one client and tenant on their way to a push, already encoded.
//
// append() is the one copy of a line: it writes the finished bytes of the entry into the run of its
// stream. seal() puts the stream heads in front of the runs and compresses everything, piece by
// piece, into a payload.
//
//   stream 1: [page 1 KiB][page 4 KiB]...   head(labels, length) is written at seal: then known
//   stream 2: [page 1 KiB]
//
// Bounds: the caller seals at its batch size; streams_max() is the caller's too. Lives on one
// shard.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/byte_buffer.h"
#include "model/label_set.h"
#include "model/ticket.h"
#include "sinks/page_pool.h"
#include "wire/push_encoder.h"

namespace tailrace {

// A sealed batch: one push request. It is the unit of retry and of delivery.
struct Payload {
  ByteBuffer body;  // snappy block of a PushRequest
  std::vector<TicketShare> tickets;
  std::size_t entries = 0;
  std::size_t line_bytes = 0;  // as Promtail counts them, see Batch::line_bytes()
};

class Batch {
 public:
  explicit Batch(PagePool& pool) : pool_(pool) {}
  Batch(const Batch&) = delete;
  Batch& operator=(const Batch&) = delete;
  ~Batch();

  // Adds an entry. `counted_bytes` is its size by Promtail's measure.
  void append(const LabelSet* stream, const EncodedEntry& entry, std::size_t counted_bytes);
  // The batch holds this read until it is delivered. Null is allowed.
  void depend_on(Ticket* ticket) {
    if (ticket != newest_ticket_ && ticket != nullptr) add_ticket(ticket);
  }
  bool has_stream(const LabelSet* stream) const { return find(stream) != nullptr; }

  bool empty() const noexcept { return entries_ == 0; }
  std::size_t entries() const noexcept { return entries_; }
  std::size_t streams() const noexcept { return runs_.size(); }
  // Bytes of the lines and of structured metadata: what `batchsize` limits.
  std::size_t line_bytes() const noexcept { return line_bytes_; }
  // Bytes before compression, stream heads not counted: what memory is spent on.
  std::size_t encoded_bytes() const noexcept { return encoded_bytes_; }

  // Compresses everything into `payload` (its buffer is reused) and leaves the batch empty.
  void seal(Payload& payload);
  // Gives all up: nothing counts as delivered.
  void abandon();

 private:
  struct Run {
    LabelSetRef stream;
    std::vector<Page> pages;
    std::size_t bytes = 0;
  };
  Run* find(const LabelSet* stream) const;
  Run& run_of(const LabelSet* stream);
  void index(std::uint32_t run);
  void add_ticket(Ticket* ticket);
  void clear();

  PagePool& pool_;
  std::vector<Run> runs_;
  std::size_t last_run_ = 0;
  std::vector<std::uint32_t> index_;  // open addressing on the stream's address: run + 1, or 0
  std::vector<TicketShare> tickets_;
  Ticket* newest_ticket_ = nullptr;
  std::size_t entries_ = 0;
  std::size_t line_bytes_ = 0;
  std::size_t encoded_bytes_ = 0;
};

}  // namespace tailrace
