// html, js, urlquery.
#include "base/text.h"
#include "parse/template/strings.h"

namespace tailrace::tmpl {
namespace {

constexpr char kHex[] = "0123456789ABCDEF";

void append_hex4(std::string& out, char32_t value) {
  for (int shift = value > 0xFFFF ? 16 : 12; shift >= 0; shift -= 4)
    out += kHex[(value >> shift) & 15];
}

std::string escape_html(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '"':
        out += "&#34;";
        break;
      case '\'':
        out += "&#39;";
        break;
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '\0':
        out += "\xEF\xBF\xBD";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string escape_js(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    const std::size_t start = at;
    if (static_cast<unsigned char>(c) >= 0x80) {
      const char32_t character = decode_utf8(text, at);
      if (is_go_printable(character)) {
        out += text.substr(start, at - start);
      } else {
        out += "\\u";
        append_hex4(out, character);
      }
      continue;
    }
    ++at;
    if (c == '\\' || c == '\'' || c == '"') {
      out += '\\';
      out += c;
    } else if (c < ' ' || c == '<' || c == '>' || c == '&' || c == '=') {
      out += "\\u";
      append_hex4(out, static_cast<unsigned char>(c));
    } else {
      out += c;
    }
  }
  return out;
}

// The arguments as one text; nil is what an action would print for it.
std::string joined(const Call& call) {
  std::vector<Value> values(call.args.begin(), call.args.end());
  for (Value& value : values) {
    if (value.is_nil()) value = Value::of_text("<no value>");
  }
  return print(values);
}
Result<Value> do_html(Call& call) { return call.give(escape_html(joined(call))); }
Result<Value> do_js(Call& call) { return call.give(escape_js(joined(call))); }
Result<Value> do_urlquery(Call& call) { return call.give(escape_query(joined(call))); }

constexpr Function kFunctions[] = {
    {"html", "a*", do_html}, {"js", "a*", do_js}, {"urlquery", "a*", do_urlquery}};

}  // namespace

std::string escape_query(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool is_plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                          (c >= 'A' && c <= 'Z') || c == '-' || c == '_' || c == '.' || c == '~';
    if (is_plain) {
      out += c;
    } else if (c == ' ') {
      out += '+';
    } else {
      out += '%';
      out += kHex[static_cast<unsigned char>(c) >> 4];
      out += kHex[static_cast<unsigned char>(c) & 15];
    }
  }
  return out;
}

std::span<const Function> escape_functions() { return kFunctions; }

}  // namespace tailrace::tmpl
