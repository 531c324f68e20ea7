#include "sources/push/push_body.h"

#include <google/protobuf/arena.h>

#include <charconv>

#include "base/arena.h"
#include "base/text.h"
#include "parse/json_value.h"
#include "push.pb.h"
#include "sources/label_text.h"
#include "wire/inflate.h"
#include "wire/snappy_gather.h"

namespace tailrace {

struct PushBody::Impl {
  std::string inflated;
  std::string protobuf;
  google::protobuf::Arena messages;
  Arena json;
  std::vector<PushBodyStream> streams;
};

namespace {

// The media type without its parameters.
std::string_view media_type(std::string_view content_type) {
  return trim_space(content_type.substr(0, content_type.find(';')));
}

Error json_error(const std::string& what) {
  return Error{ErrorCode::kInvalid, "push request in JSON: " + what};
}

Result<PushBodyEntry> read_json_entry(const JsonValue& value) {
  const auto items = value.is_array() ? value.items() : std::span<const JsonValue>();
  // An entry without a line has an empty one, as for Promtail.
  const bool has_line = items.size() > 1;
  if (items.empty() || !items[0].is_string() || (has_line && !items[1].is_string())) {
    return json_error(R"(an entry must be ["<nanoseconds>", "<line>", {<structured metadata>}])");
  }
  PushBodyEntry entry;
  const std::string_view time = items[0].text();
  const auto [end, error] =
      std::from_chars(time.data(), time.data() + time.size(), entry.timestamp_ns);
  if (error != std::errc() || end != time.data() + time.size()) {
    return json_error("\"" + std::string(time.substr(0, 40)) +
                      "\" is no time in nanoseconds since the Unix epoch");
  }
  if (has_line) entry.line = items[1].text();
  if (items.size() > 2) {
    if (!items[2].is_object()) return json_error("structured metadata must be an object");
    for (const JsonMember& member : items[2].members()) {
      if (!member.value.is_string()) return json_error("structured metadata must be strings");
      entry.metadata.emplace_back(member.key, member.value.text());
    }
  }
  return entry;
}

// The value of a label: one that is no string is taken as it is written.
std::string text_of(const JsonValue& value) {
  if (value.is_string()) return std::string(value.text());
  std::string out;
  append_json(out, value);
  return out;
}

Result<PushBodyStream> read_json_stream(const JsonValue& value) {
  const JsonValue* const labels = value.find("stream");
  const JsonValue* const values = value.find("values");
  // Without `stream` the labels of the configuration are all there are. What has neither is no
  // stream of ours.
  if (labels == nullptr ? values == nullptr : !labels->is_object()) {
    return json_error("a stream has no object \"stream\" with its labels");
  }
  PushBodyStream stream;
  Labels read;
  for (const JsonMember& member :
       labels == nullptr ? std::span<const JsonMember>() : labels->members()) {
    if (!is_label_name(member.key)) {
      stream.labels = Error{ErrorCode::kInvalid,
                            "label set: " + go_quoted(member.key) + " is not the name of a label"};
    }
    read.set(member.key, text_of(member.value));
  }
  if (stream.labels) stream.labels = std::move(read);
  if (values == nullptr || values->is_null()) return stream;
  if (!values->is_array()) return json_error("\"values\" must be a list");
  for (const JsonValue& item : values->items()) {
    TAILRACE_TRY(PushBodyEntry entry, read_json_entry(item));
    stream.entries.push_back(std::move(entry));
  }
  return stream;
}

Result<std::vector<PushBodyStream>> read_json(std::string_view text, Arena& arena) {
  const std::optional<JsonValue> document = parse_json(text, arena);
  if (!document || !document->is_object()) return json_error("the body is no JSON object");
  std::vector<PushBodyStream> out;
  const JsonValue* const streams = document->find("streams");
  if (streams == nullptr || streams->is_null()) return out;
  if (!streams->is_array()) return json_error("\"streams\" must be a list");
  for (const JsonValue& item : streams->items()) {
    TAILRACE_TRY(PushBodyStream stream, read_json_stream(item));
    out.push_back(std::move(stream));
  }
  return out;
}

Result<std::vector<PushBodyStream>> read_protobuf(const std::string& bytes,
                                                  google::protobuf::Arena& arena) {
  auto* const request = google::protobuf::Arena::CreateMessage<logproto::PushRequest>(&arena);
  if (!request->ParseFromString(bytes)) {
    return Error{ErrorCode::kInvalid, "push request: the protobuf message is damaged"};
  }
  std::vector<PushBodyStream> out;
  for (const logproto::StreamAdapter& from : request->streams()) {
    PushBodyStream& stream = out.emplace_back();
    stream.labels = parse_label_text(from.labels());
    stream.entries.reserve(static_cast<std::size_t>(from.entries_size()));
    for (const logproto::EntryAdapter& entry : from.entries()) {
      PushBodyEntry& to = stream.entries.emplace_back();
      // Out of range only if somebody means harm; then any time does.
      __extension__ using Wide = __int128;
      to.timestamp_ns =
          static_cast<std::int64_t>(static_cast<Wide>(entry.timestamp().seconds()) * 1'000'000'000 +
                                    entry.timestamp().nanos());
      to.line = entry.line();
      for (const logproto::LabelPairAdapter& pair : entry.structured_metadata()) {
        to.metadata.emplace_back(pair.name(), pair.value());
      }
    }
  }
  return out;
}

}  // namespace

PushBody::PushBody(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
PushBody::PushBody(PushBody&&) noexcept = default;
PushBody& PushBody::operator=(PushBody&&) noexcept = default;
PushBody::~PushBody() = default;

const std::vector<PushBodyStream>& PushBody::streams() const noexcept { return impl_->streams; }

Result<std::string_view> decode_content(std::string_view content_encoding, std::string_view body,
                                        std::size_t bytes_max, std::string& room) {
  const std::string_view encoding = trim_space(content_encoding);
  if (encoding.empty() || equals_ignoring_case(encoding, "identity") ||
      equals_ignoring_case(encoding, "snappy")) {
    return body;  // snappy belongs to the protobuf format itself
  }
  const bool is_gzip = equals_ignoring_case(encoding, "gzip");
  if (!is_gzip && !equals_ignoring_case(encoding, "deflate")) {
    return Error{ErrorCode::kUnsupported,
                 "Content-Encoding " + go_quoted(encoding) + " not supported"};
  }
  TAILRACE_TRY(
      room, inflate_all(body, is_gzip ? DeflateFormat::kGzip : DeflateFormat::kDeflate, bytes_max));
  return std::string_view(room);
}

Result<PushBody> PushBody::decode(std::string_view content_type, std::string_view content_encoding,
                                  std::string_view body, std::size_t bytes_max) {
  auto impl = std::make_unique<Impl>();
  TAILRACE_TRY(const std::string_view content,
               decode_content(content_encoding, body, bytes_max, impl->inflated));
  if (equals_ignoring_case(media_type(content_type), "application/json")) {
    TAILRACE_TRY(impl->streams, read_json(content, impl->json));
  } else {
    TAILRACE_TRY(impl->protobuf, snappy_uncompress(content, bytes_max));
    TAILRACE_TRY(impl->streams, read_protobuf(impl->protobuf, impl->messages));
  }
  return PushBody(std::move(impl));
}

}  // namespace tailrace
