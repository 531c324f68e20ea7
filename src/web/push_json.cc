#include "web/push_json.h"

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

}  // namespace tailrace
