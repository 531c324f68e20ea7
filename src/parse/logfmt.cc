#include "parse/logfmt.h"

#include <cstddef>

#include "base/text.h"
#include "parse/json/lexer.h"

namespace tailrace {
namespace {

bool is_blank(char c) { return static_cast<unsigned char>(c) <= ' '; }

std::string_view between(const char* start, const char* end) {
  return {start, static_cast<std::size_t>(end - start)};
}

// A key must be UTF-8, and even a real U+FFFD in it is refused, as the decoder's check cannot tell
// them apart.
bool is_good_key(std::string_view key) {
  return is_valid_utf8(key) && key.find("\xEF\xBF\xBD") == std::string_view::npos;
}

}  // namespace

bool LogfmtReader::fail(const char* at) noexcept {
  failed_ = true;
  at_ = passes_over_ ? at : end_;
  return false;
}

const char* LogfmtReader::next_blank(const char* at) const noexcept {
  while (at != end_ && !is_blank(*at)) ++at;
  return at;
}

bool LogfmtReader::next() {
  while (at_ != end_ && is_blank(*at_)) ++at_;
  if (at_ == end_) return false;
  const char* start = at_;
  bool has_high_byte = false;
  while (at_ != end_ && !is_blank(*at_) && *at_ != '=') {
    if (*at_ == '"') return fail(next_blank(at_));
    has_high_byte |= static_cast<unsigned char>(*at_) >= 0x80;
    ++at_;
  }
  key_ = between(start, at_);
  value_ = {};
  if (key_.empty() || (has_high_byte && !is_good_key(key_))) return fail(next_blank(at_));
  if (at_ == end_ || *at_ != '=') return true;
  ++at_;
  if (at_ == end_ || is_blank(*at_)) return true;
  return *at_ == '"' ? read_quoted_value(at_ + 1) : read_bare_value(at_);
}

bool LogfmtReader::read_bare_value(const char* start) {
  while (at_ != end_ && !is_blank(*at_)) {
    if (*at_ == '=' || *at_ == '"') return fail(next_blank(at_));
    ++at_;
  }
  value_ = between(start, at_);
  return true;
}

bool LogfmtReader::read_quoted_value(const char* start) {
  bool has_escape = false;
  const char* at = start;
  for (; at != end_ && *at != '"'; ++at) {
    if (*at == '\n' && !passes_over_) return fail(end_);  // a record ends with its line
    if (*at != '\\') continue;
    has_escape = true;
    if (++at == end_) return fail(end_);
  }
  if (at == end_) return fail(end_);
  value_ = between(start, at);
  at_ = at + 1;
  return !has_escape || unescape_value();
}

// With escapes the rules are those of JSON strings, plus \' for an apostrophe.
bool LogfmtReader::unescape_value() {
  char* const room = arena_.allocate(value_.size() + 1);
  char* out = room;
  for (std::size_t i = 0; i < value_.size(); ++i) {
    if (value_[i] == '\\' && value_[i + 1] == '\'') continue;
    *out++ = value_[i];
    if (value_[i] == '\\') *out++ = value_[++i];
  }
  *out = '"';
  json::StringShape shape;
  if (json::skip_string(room, out + 1, shape) != out + 1) return fail(at_);
  value_ = json::string_text(between(room, out), shape, arena_);
  return true;
}

}  // namespace tailrace
