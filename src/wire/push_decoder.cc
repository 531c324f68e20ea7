#include "wire/push_decoder.h"

#include "push.pb.h"

namespace tailrace {
namespace {

struct Field {
  std::uint32_t number = 0;
  std::uint32_t type = 0;
  std::uint64_t varint = 0;
  std::string_view bytes;
};

enum WireType : std::uint32_t {
  kVarint = 0,
  kFixed64 = 1,
  kBytes = 2,
  kStartGroup = 3,
  kEndGroup = 4,
  kFixed32 = 5
};

bool read_varint(std::string_view& rest, std::uint64_t& value) {
  value = 0;
  for (std::size_t i = 0; i < 10 && i < rest.size(); ++i) {
    const auto byte = static_cast<unsigned char>(rest[i]);
    value |= static_cast<std::uint64_t>(byte & 0x7f) << (7 * i);
    if (byte < 0x80) {
      rest.remove_prefix(i + 1);
      return true;
    }
  }
  return false;
}

bool take(std::string_view& rest, std::uint64_t bytes, std::string_view& out) {
  if (bytes > rest.size()) return false;
  out = rest.substr(0, bytes);
  rest.remove_prefix(bytes);
  return true;
}

bool read_field(std::string_view& rest, Field& field, int depth = 0);

// Groups are an old form of messages; they may be there as unknown fields.
bool skip_group(std::string_view& rest, std::uint32_t number, int depth) {
  if (depth > 50) return false;
  Field field;
  while (read_field(rest, field, depth + 1)) {
    if (field.type == kEndGroup) return field.number == number;
  }
  return false;
}

bool read_field(std::string_view& rest, Field& field, int depth) {
  std::uint64_t tag = 0;
  if (!read_varint(rest, tag) || tag > 0xffffffffULL) return false;
  field.number = static_cast<std::uint32_t>(tag) >> 3;
  field.type = static_cast<std::uint32_t>(tag) & 7;
  if (field.number == 0) return false;
  std::string_view ignored;
  switch (field.type) {
    case kVarint:
      return read_varint(rest, field.varint);
    case kFixed64:
      return take(rest, 8, ignored);
    case kFixed32:
      return take(rest, 4, ignored);
    case kBytes: {
      std::uint64_t bytes = 0;
      return read_varint(rest, bytes) && bytes <= 0x7fffffff && take(rest, bytes, field.bytes);
    }
    case kStartGroup:
      return skip_group(rest, field.number, depth);
    case kEndGroup:
      return depth > 0;
    default:
      return false;
  }
}

// Calls on_field for every field of a message; false if it is none.
template <class OnField>
bool read_message(std::string_view bytes, OnField on_field) {
  Field field;
  while (!bytes.empty()) {
    if (!read_field(bytes, field) || field.type == kEndGroup || !on_field(field)) return false;
  }
  return true;
}

bool is_bytes(const Field& field, int number) {
  return field.type == kBytes && field.number == static_cast<std::uint32_t>(number);
}
bool is_varint(const Field& field, int number) {
  return field.type == kVarint && field.number == static_cast<std::uint32_t>(number);
}

}  // namespace

bool PushReader::next_stream() {
  Field field;
  while (!rest_.empty()) {
    if (!read_field(rest_, field) || field.type == kEndGroup) return fail();
    if (!is_bytes(field, logproto::PushRequest::kStreamsFieldNumber)) continue;
    stream_ = field.bytes;
    labels_ = {};
    const bool good = read_message(field.bytes, [&](const Field& each) {
      if (is_bytes(each, logproto::StreamAdapter::kLabelsFieldNumber)) labels_ = each.bytes;
      // Labels stand in front nearly always, and entries are looked at later.
      return true;
    });
    return good || fail();
  }
  return false;
}

bool PushReader::next_entry() {
  Field field;
  while (!stream_.empty()) {
    if (!read_field(stream_, field)) return fail();
    if (is_bytes(field, logproto::StreamAdapter::kEntriesFieldNumber))
      return read_entry(field.bytes) || fail();
  }
  return false;
}

bool PushReader::read_entry(std::string_view bytes) {
  using logproto::EntryAdapter;
  using logproto::LabelPairAdapter;
  entry_.seconds = 0;
  entry_.nanos = 0;
  entry_.line = {};
  entry_.metadata.clear();
  const auto on_time = [&](const Field& field) {
    if (is_varint(field, logproto::Timestamp::kSecondsFieldNumber))
      entry_.seconds = static_cast<std::int64_t>(field.varint);
    if (is_varint(field, logproto::Timestamp::kNanosFieldNumber))
      entry_.nanos = static_cast<std::int32_t>(field.varint);
    return true;
  };
  return read_message(bytes, [&](const Field& field) {
    if (is_bytes(field, EntryAdapter::kLineFieldNumber)) entry_.line = field.bytes;
    if (is_bytes(field, EntryAdapter::kTimestampFieldNumber))
      return read_message(field.bytes, on_time);
    if (is_bytes(field, EntryAdapter::kStructuredMetadataFieldNumber)) {
      auto& pair = entry_.metadata.emplace_back();
      return read_message(field.bytes, [&](const Field& part) {
        if (is_bytes(part, LabelPairAdapter::kNameFieldNumber)) pair.first = part.bytes;
        if (is_bytes(part, LabelPairAdapter::kValueFieldNumber)) pair.second = part.bytes;
        return true;
      });
    }
    // Not used, but it must be well formed.
    if (is_bytes(field, EntryAdapter::kParsedFieldNumber))
      return read_message(field.bytes, [](const Field&) { return true; });
    return true;
  });
}

}  // namespace tailrace
