#include "config/yaml_writer.h"

#include <algorithm>

#include "base/base_n.h"
#include "base/text.h"
#include "config/yaml_scalar.h"

namespace tailrace {
namespace {

// Readers look for the colon of a key within 1024 characters; writers stop much earlier.
constexpr std::size_t kKeyBytesMax = 128;

bool is_alphanumeric(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// Stricter than YAML: what is left out is only quoted.
bool is_plain(std::string_view text) {
  if (text.empty() || text == "<<" || text == "=") return false;
  const char first = text.front();
  const bool starts_well = is_alphanumeric(first) || first == '/' || first == '.' || first == '_';
  if (!starts_well || text.back() == ' ' || text.back() == ':') return false;
  if (text.find(": ") != std::string_view::npos || text.find(" #") != std::string_view::npos)
    return false;
  const auto is_inner = [](char c) {
    return is_alphanumeric(c) ||
           std::string_view(" /._-+=:;@~%,#()").find(c) != std::string_view::npos;
  };
  if (!std::all_of(text.begin(), text.end(), is_inner)) return false;
  return yaml::resolve(text, false, yaml::Tag::kNone).kind == yaml::Scalar::Kind::kString;
}

}  // namespace

void append_yaml_scalar(std::string& out, std::string_view text) {
  if (is_plain(text)) {
    out += text;
  } else if (is_valid_utf8(text)) {
    append_go_quoted(out, text);  // its escapes are YAML's too
  } else {
    out += "!!binary " + encode_base64(text);
  }
}

void append_yaml_pair(std::string& out, std::string_view indent, std::string_view key,
                      std::string_view value) {
  out += indent;
  if (key.size() > kKeyBytesMax) out += "? ";
  append_yaml_scalar(out, key);
  if (key.size() > kKeyBytesMax) {
    out += '\n';
    out += indent;
  }
  out += ": ";
  append_yaml_scalar(out, value);
  out += '\n';
}

}  // namespace tailrace
