// PushRequest: a decoded push: what of it is good, by stream, ready for the head.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "base/result.h"
#include "store/store_options.h"
#include "store/stream_catalog.h"

namespace tailrace {

// Structured metadata as bytes: pairs sorted by name, each { varint length, name, varint length,
// value }. Equal sets are equal bytes.
using EncodedMetadata = std::string_view;

struct NewEntry {
  std::int64_t timestamp_ns = 0;
  std::string_view line;
  EncodedMetadata metadata;
};

struct NewStream {
  StreamPtr stream;
  std::vector<NewEntry> entries;  // in the order of the push
};

class PushRequest {
 public:
  // Decodes and checks. `payload`: a snappy block. `now_ns`: when it came, for rules about time. An
  // Error: nothing of it can be used (kInvalid).
  static Result<PushRequest> decode(std::string_view payload, std::int64_t now_ns,
                                    const StoreOptions& options, StreamCatalog& catalog);
  PushRequest(PushRequest&&) = default;
  PushRequest& operator=(PushRequest&&) = default;

  const std::vector<NewStream>& streams() const noexcept { return streams_; }
  bool has_entries() const noexcept { return entries_ != 0; }
  std::size_t entries() const noexcept { return entries_; }
  std::uint64_t line_bytes() const noexcept { return line_bytes_; }
  // Why something was refused, in Loki's words; "" if all is taken. The first reason.
  const std::string& refusal() const noexcept { return refusal_; }
  // Lines refused, by reason.
  const std::map<std::string, std::size_t>& refused() const noexcept { return refused_; }
  bool saw_streams() const noexcept { return saw_streams_; }

 private:
  PushRequest() = default;
  void refuse(const std::string& reason, std::string message, std::size_t lines);

  std::unique_ptr<std::string> bytes_;  // the views of entries lie here (or in the arena)
  std::unique_ptr<Arena> arena_;
  std::vector<NewStream> streams_;
  std::size_t entries_ = 0;
  std::uint64_t line_bytes_ = 0;
  bool saw_streams_ = false;
  std::string refusal_;
  std::map<std::string, std::size_t> refused_;

  friend class PushDecoding;
};

// The pairs of an encoded set, views of it. `out` is replaced.
void decode_metadata(EncodedMetadata metadata,
                     std::vector<std::pair<std::string_view, std::string_view>>& out);
void append_metadata_pair(std::string& out, std::string_view name, std::string_view value);

// "2026-08-21T12:58:04Z"
std::string rfc3339_seconds(std::int64_t timestamp_ns);

}  // namespace tailrace
