// Push encoder: entries as the bytes of a Loki push request, written straight into a batch.
//
// Filling protobuf's generated objects would copy every line once more and cost a third of the
// throughput, so this is written by hand. proto/push.proto stays the only place that knows numbers:
// push_encoder.cc asserts every tag below against the generated classes, and tests parse what is
// made here with them.
//
//   PushRequest   = { 0a <len> StreamAdapter }*
//   StreamAdapter = 0a <len> labels  { 12 <len> EntryAdapter }*
//   EntryAdapter  = 0a <len> Timestamp  12 <len> line  { 1a <len> LabelPairAdapter }*
//   Timestamp     = [08 <seconds>] [10 <nanos>]          zero values are left out, as protobuf does
//   LabelPair     = [0a <len> name] [12 <len> value]
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <utility>

#include "base/clock.h"
#include "base/varint.h"

namespace tailrace {

namespace push_tag {
inline constexpr char kStream = 0x0a;
inline constexpr char kLabels = 0x0a;
inline constexpr char kEntry = 0x12;
inline constexpr char kTimestamp = 0x0a;
inline constexpr char kSeconds = 0x08;
inline constexpr char kNanos = 0x10;
inline constexpr char kLine = 0x12;
inline constexpr char kMetadata = 0x1a;
inline constexpr char kPairName = 0x0a;
inline constexpr char kPairValue = 0x12;
}  // namespace push_tag

using PushPair = std::pair<std::string_view, std::string_view>;

// One entry with its sizes known: how many bytes it takes as a field of its stream, tag included.
class EncodedEntry {
 public:
  EncodedEntry(std::int64_t timestamp_ns, std::string_view line, std::span<const PushPair> metadata)
      : line_(line), metadata_(metadata) {
    // Floor division: nanos stay positive before 1970.
    seconds_ = timestamp_ns / kNsPerSecond;
    nanos_ = timestamp_ns % kNsPerSecond;
    if (nanos_ < 0) {
      nanos_ += kNsPerSecond;
      --seconds_;
    }
    if (seconds_ != 0) time_bytes_ += 1 + varint_bytes(static_cast<std::uint64_t>(seconds_));
    if (nanos_ != 0) time_bytes_ += 1 + varint_bytes(static_cast<std::uint64_t>(nanos_));
    body_bytes_ = 2 + time_bytes_;
    if (!line.empty()) body_bytes_ += 1 + varint_bytes(line.size()) + line.size();
    for (const PushPair& pair : metadata) {
      const std::size_t bytes = pair_bytes(pair);
      body_bytes_ += 1 + varint_bytes(bytes) + bytes;
    }
  }

  std::size_t bytes() const noexcept { return 1 + varint_bytes(body_bytes_) + body_bytes_; }

  // Writes bytes() bytes at `out`; returns the new end.
  char* write(char* out) const noexcept {
    *out++ = push_tag::kEntry;
    out = put_varint(out, body_bytes_);
    *out++ = push_tag::kTimestamp;
    *out++ = static_cast<char>(time_bytes_);
    if (seconds_ != 0) {
      *out++ = push_tag::kSeconds;
      out = put_varint(out, static_cast<std::uint64_t>(seconds_));
    }
    if (nanos_ != 0) {
      *out++ = push_tag::kNanos;
      out = put_varint(out, static_cast<std::uint64_t>(nanos_));
    }
    if (!line_.empty()) {
      *out++ = push_tag::kLine;
      out = put_text(out, line_);
    }
    for (const PushPair& pair : metadata_) {
      *out++ = push_tag::kMetadata;
      out = put_varint(out, pair_bytes(pair));
      if (!pair.first.empty()) {
        *out++ = push_tag::kPairName;
        out = put_text(out, pair.first);
      }
      if (!pair.second.empty()) {
        *out++ = push_tag::kPairValue;
        out = put_text(out, pair.second);
      }
    }
    return out;
  }

  static std::size_t pair_bytes(const PushPair& pair) noexcept {
    const auto field = [](std::string_view text) {
      return text.empty() ? 0 : 1 + varint_bytes(text.size()) + text.size();
    };
    return field(pair.first) + field(pair.second);
  }

 private:
  static char* put_text(char* out, std::string_view text) noexcept {
    out = put_varint(out, text.size());
    std::memcpy(out, text.data(), text.size());
    return out + text.size();
  }

  std::int64_t seconds_;
  std::int64_t nanos_;
  std::size_t time_bytes_ = 0;
  std::size_t body_bytes_;
  std::string_view line_;
  std::span<const PushPair> metadata_;
};

// The bytes in front of a stream's entries: tag and length of the stream, then its labels.
// `entries_bytes` is the sum of EncodedEntry::bytes(). stream_head_bytes() of room at `out`.
std::size_t stream_head_bytes(std::string_view labels, std::size_t entries_bytes) noexcept;
char* put_stream_head(char* out, std::string_view labels, std::size_t entries_bytes) noexcept;

}  // namespace tailrace
