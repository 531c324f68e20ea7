#include "base/wildcard.h"

#include <algorithm>

#include "base/text.h"

namespace tailrace {
namespace {

// The next character, of which a backslash is only the sign that it is meant literally. False at
// the end.
bool take_character(std::string_view& rest, char32_t& character) {
  if (!rest.empty() && rest.front() == '\\') rest.remove_prefix(1);
  if (rest.empty()) return false;
  std::size_t at = 0;
  character = decode_utf8(rest, at);
  rest.remove_prefix(at);
  return true;
}

}  // namespace

bool Wildcard::take_set(std::string_view& rest, Part& part) {
  part.kind = Kind::kSet;
  if (!rest.empty() && (rest.front() == '^' || rest.front() == '!')) {
    part.negated = true;
    rest.remove_prefix(1);
  }
  while (!rest.empty() && rest.front() != ']') {
    char32_t first = 0;
    if (!take_character(rest, first)) return false;
    char32_t last = first;
    const bool is_range = rest.size() >= 2 && rest[0] == '-' && rest[1] != ']';
    if (is_range) {
      rest.remove_prefix(1);
      if (!take_character(rest, last)) return false;
    }
    part.ranges.emplace_back(first, last);
  }
  if (rest.empty() || part.ranges.empty()) return false;
  rest.remove_prefix(1);
  return true;
}

Result<Wildcard> Wildcard::compile(std::string_view pattern) {
  const auto bad = [&pattern](std::string_view why) {
    return Error(ErrorCode::kInvalid, std::string(why) + " in the pattern " + go_quoted(pattern));
  };
  Wildcard out;
  std::vector<Part>& parts = out.parts_;
  for (std::string_view rest = pattern; !rest.empty();) {
    const char c = rest.front();
    rest.remove_prefix(1);
    if (c == '*') {
      if (parts.empty() || parts.back().kind != Kind::kRun)
        parts.push_back({.kind = Kind::kRun, .text = {}, .ranges = {}});
    } else if (c == '?') {
      parts.push_back({.kind = Kind::kOne, .text = {}, .ranges = {}});
    } else if (c == '[') {
      parts.emplace_back();
      if (!take_set(rest, parts.back())) return bad("a [ that is empty or not closed by ]");
    } else {
      if (parts.empty() || parts.back().kind != Kind::kText) parts.emplace_back();
      if (c == '\\' && rest.empty()) return bad("a \\ at the end");
      parts.back().text += c == '\\' ? rest.front() : c;
      if (c == '\\') rest.remove_prefix(1);
    }
  }
  return out;
}

const std::string& Wildcard::literal() const noexcept {
  static const std::string kEmpty;
  return parts_.empty() ? kEmpty : parts_[0].text;
}

bool Wildcard::step(const Part& part, std::string_view text, std::size_t& at) {
  if (part.kind == Kind::kText) {
    if (text.compare(at, part.text.size(), part.text) != 0) return false;
    at += part.text.size();
    return true;
  }
  if (at >= text.size()) return false;
  const char32_t c = decode_utf8(text, at);
  if (part.kind == Kind::kOne) return true;
  const bool found = std::any_of(part.ranges.begin(), part.ranges.end(), [c](const auto& range) {
    return c >= range.first && c <= range.second;
  });
  return found != part.negated;
}

// Goes back to the last `*` only: what an earlier one took can always be as short as it was. So the
// time is at most pattern times text.
bool Wildcard::matches(std::string_view text) const {
  std::size_t at = 0;
  std::size_t part = 0;
  std::size_t run_part = parts_.size();  // behind the last `*`; none yet
  std::size_t run_at = 0;                // where the text goes on behind what it took
  bool has_run = false;
  for (;;) {
    if (part < parts_.size() && parts_[part].kind == Kind::kRun) {
      has_run = true;
      run_part = ++part;
      run_at = at;
      if (part == parts_.size()) return true;
      continue;
    }
    if (part == parts_.size() ? at == text.size() : step(parts_[part], text, at)) {
      if (part == parts_.size()) return true;
      ++part;
      continue;
    }
    if (!has_run || run_at >= text.size()) return false;
    decode_utf8(text, run_at);
    at = run_at;
    part = run_part;
  }
}

}  // namespace tailrace
