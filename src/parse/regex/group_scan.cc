#include "parse/regex/group_scan.h"

#include <algorithm>

namespace tailrace::regex {
namespace {

bool is_name_character(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

// Offset behind the class that opens at `at` ("[").
std::size_t skip_class(std::string_view text, std::size_t at) {
  ++at;
  if (at < text.size() && text[at] == '^') ++at;
  for (bool first = true; at < text.size(); first = false) {
    if (text[at] == ']' && !first) return at + 1;
    if (text[at] == '\\') {
      at += 2;
    } else if (text.substr(at, 2) == "[:") {
      const std::size_t end = text.find(":]", at + 2);
      at = end == std::string_view::npos ? at + 1 : end + 2;
    } else {
      ++at;
    }
  }
  return text.size();
}

// Offset behind the escape at `at`; `\Q...\E` counts as one.
std::size_t skip_escape(std::string_view text, std::size_t at) {
  if (text.substr(at, 2) != "\\Q") return std::min(at + 2, text.size());
  const std::size_t end = text.find("\\E", at + 2);
  return end == std::string_view::npos ? text.size() : end + 2;
}

Error bad_name(std::string_view shown) {
  return {ErrorCode::kInvalid, "invalid named capture: `" + std::string(shown) + "`"};
}

}  // namespace

Result<std::vector<ScannedGroup>> scan_groups(std::string_view expression) {
  std::vector<ScannedGroup> groups;
  for (std::size_t at = 0; at < expression.size();) {
    const char c = expression[at];
    if (c == '\\') {
      at = skip_escape(expression, at);
    } else if (c == '[') {
      at = skip_class(expression, at);
    } else if (c != '(') {
      ++at;
    } else if (expression.substr(at, 2) != "(?") {
      groups.push_back({at, at + 1, {}});
      ++at;
    } else {
      const std::string_view rest = expression.substr(at);
      const std::size_t name_at = rest.starts_with("(?P<") ? 4 : rest.starts_with("(?<") ? 3 : 0;
      if (name_at == 0) {
        at += 2;
        continue;
      }
      const std::size_t end = rest.find('>');
      if (end == std::string_view::npos) return bad_name(rest);
      const std::string_view name = rest.substr(name_at, end - name_at);
      if (name.empty() || !std::ranges::all_of(name, is_name_character)) {
        return bad_name(rest.substr(0, end + 1));
      }
      groups.push_back({at, at + end + 1, std::string(name)});
      at += end + 1;
    }
  }
  return groups;
}

std::string rewrite_groups(std::string_view expression, const std::vector<ScannedGroup>& groups,
                           const std::vector<bool>& keep) {
  std::string out;
  std::size_t done = 0;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    out += expression.substr(done, groups[i].open - done);
    out += keep[i] ? "(" : "(?:";
    done = groups[i].body;
  }
  out += expression.substr(done);
  return out;
}

bool has_byte_escape(std::string_view expression) {
  for (std::size_t at = 0; at < expression.size();) {
    if (expression[at] != '\\') {
      ++at;
    } else if (expression.substr(at, 2) == "\\C") {
      return true;
    } else {
      at = skip_escape(expression, at);
    }
  }
  return false;
}

}  // namespace tailrace::regex
