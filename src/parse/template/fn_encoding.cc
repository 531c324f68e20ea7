// Base64, Base32, JSON.
#include "base/base_n.h"
#include "parse/json_value.h"
#include "parse/template/functions.h"

namespace tailrace::tmpl {
namespace {

Result<Value> do_b64enc(Call& call) { return call.give(encode_base64(call.text(0))); }
Result<Value> do_b32enc(Call& call) { return call.give(encode_base32(call.text(0))); }
// A fault does not fail: its text is the result.
Result<Value> do_b64dec(Call& call) {
  std::string out;
  std::size_t fault = 0;
  if (decode_base64(call.text(0), out, fault)) return call.give(out);
  return call.give("illegal base64 data at input byte " + std::to_string(fault));
}
Result<Value> do_b32dec(Call& call) {
  std::string out;
  std::size_t fault = 0;
  if (decode_base32(call.text(0), out, fault)) return call.give(out);
  return call.give("illegal base32 data at input byte " + std::to_string(fault));
}

Value from_json(Heap& heap, const JsonValue& json) {
  switch (json.kind()) {
    case JsonValue::Kind::kNull:
      return Value();
    case JsonValue::Kind::kBool:
      return Value::of_bool(json.boolean());
    case JsonValue::Kind::kNumber:
      return Value::of_float(json.number());
    case JsonValue::Kind::kString:
      return heap.text(json.text());
    case JsonValue::Kind::kArray: {
      List items;
      for (const JsonValue& item : json.items()) items.push_back(from_json(heap, item));
      return heap.list(std::move(items));
    }
    case JsonValue::Kind::kObject: {
      Map members;
      for (const JsonMember& member : json.members()) {
        members[heap.keep(member.key)] = from_json(heap, member.value);
      }
      return heap.map(std::move(members));
    }
  }
  return Value();
}
Result<Value> do_must_from_json(Call& call) {
  Arena arena;
  const auto json = parse_json(call.text(0), arena);
  if (!json) return call_error("the text is no JSON");
  return from_json(call.run.heap, *json);
}
Result<Value> do_from_json(Call& call) {
  Result<Value> value = do_must_from_json(call);
  return value ? std::move(value).value() : Value();
}

class JsonWriter {
 public:
  JsonWriter(std::string& out, const JsonStyle& style) : out_(out), style_(style) {}

  bool write(const Value& value, int depth) {
    if (depth > kNestingMax) return false;
    switch (value.kind) {
      case Kind::kNil:
        out_ += "null";
        return true;
      case Kind::kBool:
      case Kind::kInt:
      case Kind::kInt64:
      case Kind::kByte:
        append_value(out_, value);
        return true;
      case Kind::kFloat:
        if (!(value.number - value.number == 0)) return false;  // NaN and infinities have no JSON
        append_json_number(out_, value.number);
        return true;
      case Kind::kString:
        append_json_string(out_, value.text(), style_.escape_html);
        return true;
      case Kind::kTime: {
        static const GoLayout layout = GoLayout::compile("2006-01-02T15:04:05.999999999Z07:00");
        out_ += '"';
        layout.format(*value.time, out_);
        out_ += '"';
        return true;
      }
      case Kind::kVersion:
        append_json_string(out_, value_text(value), style_.escape_html);
        return true;
      case Kind::kList: {
        if (value.is_null_list) {
          out_ += "null";
          return true;
        }
        const char* comma = "[";
        for (const Value& item : *value.list) {
          out_ += comma;
          comma = ",";
          new_line(depth + 1);
          if (!write(item, depth + 1)) return false;
        }
        return end("[", "]", value.list->empty(), depth);
      }
      case Kind::kMap: {
        const char* comma = "{";
        for (const auto& [key, member] : *value.map) {
          out_ += comma;
          comma = ",";
          new_line(depth + 1);
          append_json_string(out_, key, style_.escape_html);
          out_ += style_.indent.empty() ? ":" : ": ";
          if (!write(member, depth + 1)) return false;
        }
        return end("{", "}", value.map->empty(), depth);
      }
    }
    return false;
  }

 private:
  bool end(std::string_view open, std::string_view close, bool is_empty, int depth) {
    if (is_empty) {
      out_ += open;
    } else {
      new_line(depth);
    }
    out_ += close;
    return true;
  }
  void new_line(int depth) {
    if (style_.indent.empty()) return;
    out_ += '\n';
    for (int i = 0; i < depth; ++i) out_ += style_.indent;
  }

  std::string& out_;
  const JsonStyle& style_;
};

Result<Value> to_json(Call& call, const JsonStyle& style) {
  std::string out;
  if (!JsonWriter(out, style).write(call[0], 0)) return call_error("json: unsupported value");
  return call.give(out);
}
constexpr JsonStyle kPlain{};
constexpr JsonStyle kPretty{.indent = "  "};
constexpr JsonStyle kRaw{.escape_html = false, .indent = {}};

Result<Value> do_must_to_json(Call& call) { return to_json(call, kPlain); }
Result<Value> do_must_to_pretty_json(Call& call) { return to_json(call, kPretty); }
Result<Value> do_to_raw_json(Call& call) { return to_json(call, kRaw); }
Result<Value> do_to_json(Call& call) { return to_json(call, kPlain).value_or(Value::of_text("")); }
Result<Value> do_to_pretty_json(Call& call) {
  return to_json(call, kPretty).value_or(Value::of_text(""));
}

constexpr Function kFunctions[] = {
    {"b32dec", "s", do_b32dec},
    {"b32enc", "s", do_b32enc},
    {"b64dec", "s", do_b64dec},
    {"b64enc", "s", do_b64enc},
    {"fromJson", "s", do_from_json},
    {"mustFromJson", "s", do_must_from_json},
    {"mustToJson", "a", do_must_to_json},
    {"mustToPrettyJson", "a", do_must_to_pretty_json},
    {"mustToRawJson", "a", do_to_raw_json},
    {"toJson", "a", do_to_json},
    {"toPrettyJson", "a", do_to_pretty_json},
    {"toRawJson", "a", do_to_raw_json},
};

}  // namespace

std::span<const Function> encoding_functions() { return kFunctions; }

}  // namespace tailrace::tmpl
