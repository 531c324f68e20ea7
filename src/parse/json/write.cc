// Values as JSON text, byte for byte as Go's json.Marshal writes them.
#include <charconv>
#include <cmath>

#include "base/text.h"
#include "parse/json_value.h"

namespace tailrace {
namespace {

constexpr char kHex[] = "0123456789abcdef";

void append_escape(std::string& out, unsigned char c, bool short_escapes) {
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    case '\b':
    case '\f':
      if (short_escapes) {
        out += c == '\b' ? "\\b" : "\\f";
        return;
      }
      [[fallthrough]];
    default:
      out += "\\u00";
      out += kHex[c >> 4];
      out += kHex[c & 15];
  }
}

// Recursion goes as deep as the document, which parse_json() bounds.
class Writer {
 public:
  Writer(std::string& out, const JsonStyle& style) : out_(out), style_(style) {}

  void write(const JsonValue& value) {
    switch (value.kind()) {
      case JsonValue::Kind::kNull:
        out_ += "null";
        return;
      case JsonValue::Kind::kBool:
        out_ += value.boolean() ? "true" : "false";
        return;
      case JsonValue::Kind::kNumber:
        append_json_number(out_, value.number());
        return;
      case JsonValue::Kind::kString:
        append_json_string(out_, value.text(), style_);
        return;
      case JsonValue::Kind::kArray: {
        const auto items = value.items();
        open('[', items.empty());
        for (const JsonValue& item : items) {
          next(&item == items.data());
          write(item);
        }
        close(']', items.empty());
        return;
      }
      case JsonValue::Kind::kObject: {
        const auto members = value.members();
        open('{', members.empty());
        for (const JsonMember& member : members) {
          next(&member == members.data());
          append_json_string(out_, member.key, style_);
          out_ += style_.indent.empty() ? ":" : ": ";
          write(member.value);
        }
        close('}', members.empty());
        return;
      }
    }
  }

 private:
  void open(char c, bool is_empty) {
    out_ += c;
    if (!is_empty) ++depth_;
  }
  void next(bool is_first) {
    if (!is_first) out_ += ',';
    new_line();
  }
  void close(char c, bool is_empty) {
    if (!is_empty) {
      --depth_;
      new_line();
    }
    out_ += c;
  }
  void new_line() {
    if (style_.indent.empty()) return;
    out_ += '\n';
    for (int i = 0; i < depth_; ++i) out_ += style_.indent;
  }

  std::string& out_;
  const JsonStyle& style_;
  int depth_ = 0;
};

}  // namespace

void append_json_string(std::string& out, std::string_view text, const JsonStyle& style) {
  out += '"';
  std::size_t done = 0;
  for (std::size_t at = 0; at < text.size();) {
    const auto c = static_cast<unsigned char>(text[at]);
    const std::size_t start = at;
    if (c < 0x80) {
      ++at;
      const bool is_html = c == '<' || c == '>' || c == '&';
      if (c >= 0x20 && c != '"' && c != '\\' && !(style.escape_html && is_html)) continue;
      out += text.substr(done, start - done);
      append_escape(out, c, style.short_escapes);
      done = at;
      continue;
    }
    bool is_valid = true;
    const char32_t character = decode_utf8(text, at, &is_valid);
    if (is_valid && character != 0x2028 && character != 0x2029) continue;
    out += text.substr(done, start - done);
    out += !is_valid ? "\\ufffd" : character == 0x2028 ? "\\u2028" : "\\u2029";
    done = at;
  }
  out += text.substr(done);
  out += '"';
}

void append_json_number(std::string& out, double value) {
  char buffer[kDoubleTextBytesMax];
  const double size = std::fabs(value);
  if (size == 0 || (size >= 1e-6 && size < 1e21)) {
    out.append(buffer, put_double(buffer, value));
    return;
  }
  const auto result =
      std::to_chars(buffer, buffer + sizeof(buffer), value, std::chars_format::scientific);
  std::string_view text(buffer, static_cast<std::size_t>(result.ptr - buffer));
  // Go writes e-7 where C++ writes e-07.
  const std::size_t e = text.rfind('e');
  out += text.substr(0, e + 2);
  text.remove_prefix(e + 2);
  out += text.size() == 2 && text[0] == '0' && size < 1 ? text.substr(1) : text;
}

void append_json(std::string& out, const JsonValue& value, const JsonStyle& style) {
  Writer(out, style).write(value);
}

}  // namespace tailrace
