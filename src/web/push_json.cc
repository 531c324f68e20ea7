#include "web/push_json.h"

#include <zlib.h>

#include <algorithm>
#include <charconv>
#include <vector>

#include "base/arena.h"
#include "base/text.h"
#include "model/labels.h"
#include "parse/json_value.h"
#include "wire/push_encoder.h"

namespace tailrace {
namespace {

Error bad(std::string_view what) {
  return Error{ErrorCode::kInvalid, "push request: " + std::string(what)};
}

Result<std::string> entries_of(const JsonValue& values) {
  std::string out;
  std::vector<PushPair> metadata;
  for (const JsonValue& row : values.items()) {
    if (!row.is_array() || row.items().size() < 2 || row.items().size() > 3)
      return bad(
          "an entry must be [\"<timestamp in ns>\", \"<line>\"], with an object of structured "
          "metadata behind "
          "them at most");
    const JsonValue& time = row.items()[0];
    const JsonValue& line = row.items()[1];
    if (!time.is_string()) return bad("a timestamp must be a string of nanoseconds");
    if (!line.is_string()) return bad("a line must be a string");
    std::int64_t ns = 0;
    const std::string_view text = time.text();
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), ns);
    if (error != std::errc() || end != text.data() + text.size())
      return bad("\"" + std::string(text) + "\" is no timestamp in nanoseconds");
    metadata.clear();
    if (row.items().size() == 3) {
      const JsonValue& pairs = row.items()[2];
      if (!pairs.is_object()) return bad("structured metadata must be an object");
      for (const JsonMember& pair : pairs.members()) {
        if (!pair.value.is_string()) return bad("values of structured metadata must be strings");
        metadata.emplace_back(pair.key, pair.value.text());
      }
    }
    const EncodedEntry entry(ns, line.text(), metadata);
    const std::size_t at = out.size();
    out.resize(at + entry.bytes());
    entry.write(out.data() + at);
  }
  return out;
}

}  // namespace

Result<std::string> push_from_json(std::string_view text) {
  Arena arena;
  const std::optional<JsonValue> json = parse_json(text, arena);
  if (!json || !json->is_object()) return bad("the body is no JSON object");
  std::string out;
  const JsonValue* const streams = json->find("streams");
  if (streams == nullptr || streams->is_null()) return out;
  if (!streams->is_array()) return bad("`streams` must be a list");
  for (const JsonValue& stream : streams->items()) {
    const JsonValue* const labels = stream.is_object() ? stream.find("stream") : nullptr;
    const JsonValue* const values = stream.is_object() ? stream.find("values") : nullptr;
    if (labels == nullptr || !labels->is_object())
      return bad("a stream needs an object `stream` with its labels");
    if (values == nullptr || !values->is_array())
      return bad("a stream needs a list `values` with its entries");
    Labels set;
    for (const JsonMember& pair : labels->members()) {
      if (!pair.value.is_string()) return bad("values of labels must be strings");
      set.set(pair.key, pair.value.text());
    }
    TAILRACE_TRY(const std::string entries, entries_of(*values));
    const std::string name = set.text();
    const std::size_t at = out.size();
    out.resize(at + stream_head_bytes(name, entries.size()));
    put_stream_head(out.data() + at, name, entries.size());
    out += entries;
  }
  return out;
}

Result<std::string> unpack_body(std::string_view encoding, std::string_view body,
                                std::size_t bytes_max) {
  const std::string name = ascii_lower(trim_space(encoding));
  // 15 bits of window; 32 more: zlib's or gzip's header, 0 more and negative: none.
  z_stream stream{};
  if (::inflateInit2(&stream, 15 + 32) != Z_OK) return bad("no memory to unpack the body");
  struct End {
    z_stream* stream;
    ~End() { ::inflateEnd(stream); }
  } const end{&stream};
  std::string out;
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(body.data()));
  stream.avail_in = static_cast<uInt>(body.size());
  int code = Z_OK;
  bool is_raw = false;
  constexpr uInt kPieceBytes = 65536;
  while (code != Z_STREAM_END) {
    const std::size_t at = out.size();
    out.resize(at + kPieceBytes);
    stream.next_out = reinterpret_cast<Bytef*>(out.data() + at);
    stream.avail_out = kPieceBytes;
    code = ::inflate(&stream, Z_NO_FLUSH);
    // "deflate" is sometimes sent without zlib's header.
    if (code == Z_DATA_ERROR && at == 0 && !is_raw && name == "deflate") {
      is_raw = true;
      out.clear();
      ::inflateReset2(&stream, -15);
      stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(body.data()));
      stream.avail_in = static_cast<uInt>(body.size());
      code = Z_OK;
      continue;
    }
    if (code != Z_OK && code != Z_STREAM_END) return bad("the body is no good " + name);
    out.resize(at + kPieceBytes - std::min(stream.avail_out, kPieceBytes));
    if (out.size() > bytes_max)
      return bad("the body grows over the limit of " + std::to_string(bytes_max) + " bytes");
    if (code == Z_OK && stream.avail_in == 0 && stream.avail_out != 0)
      return bad("the body ends too early");
  }
  return out;
}

}  // namespace tailrace
