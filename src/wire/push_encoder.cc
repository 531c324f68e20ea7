#include "wire/push_encoder.h"

#include "push.pb.h"

namespace tailrace {
namespace {

enum WireType : int { kVarint = 0, kBytes = 2 };
constexpr int tag(int field_number, WireType type) { return field_number << 3 | type; }

static_assert(push_tag::kStream == tag(logproto::PushRequest::kStreamsFieldNumber, kBytes));
static_assert(push_tag::kLabels == tag(logproto::StreamAdapter::kLabelsFieldNumber, kBytes));
static_assert(push_tag::kEntry == tag(logproto::StreamAdapter::kEntriesFieldNumber, kBytes));
static_assert(push_tag::kTimestamp == tag(logproto::EntryAdapter::kTimestampFieldNumber, kBytes));
static_assert(push_tag::kLine == tag(logproto::EntryAdapter::kLineFieldNumber, kBytes));
static_assert(push_tag::kMetadata ==
              tag(logproto::EntryAdapter::kStructuredMetadataFieldNumber, kBytes));
static_assert(push_tag::kSeconds == tag(logproto::Timestamp::kSecondsFieldNumber, kVarint));
static_assert(push_tag::kNanos == tag(logproto::Timestamp::kNanosFieldNumber, kVarint));
static_assert(push_tag::kPairName == tag(logproto::LabelPairAdapter::kNameFieldNumber, kBytes));
static_assert(push_tag::kPairValue == tag(logproto::LabelPairAdapter::kValueFieldNumber, kBytes));

std::size_t labels_field_bytes(std::string_view labels) noexcept {
  return 1 + varint_bytes(labels.size()) + labels.size();
}

}  // namespace

std::size_t stream_head_bytes(std::string_view labels, std::size_t entries_bytes) noexcept {
  const std::size_t labels_bytes = labels_field_bytes(labels);
  return 1 + varint_bytes(labels_bytes + entries_bytes) + labels_bytes;
}

char* put_stream_head(char* out, std::string_view labels, std::size_t entries_bytes) noexcept {
  *out++ = push_tag::kStream;
  out = put_varint(out, labels_field_bytes(labels) + entries_bytes);
  *out++ = push_tag::kLabels;
  out = put_varint(out, labels.size());
  std::memcpy(out, labels.data(), labels.size());
  return out + labels.size();
}

}  // namespace tailrace
