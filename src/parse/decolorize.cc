// The grammar of what is taken out:
//
//   sequence = (ESC | U+009B) intro* (text BEL | numbers? final)
//   intro    = one of [ ] ( ) # ; ?
//   text     = letters, digits and semicolons
//   numbers  = 1 to 4 digits, then any number of: ";" and 0 to 4 digits
//   final    = digit, A-P, R, Z, c, f-n, q, r, t, y, = > < ~
//
// Digits may be numbers or the final character: when nothing final follows the numbers, their last
// digit is taken for it.
#include "parse/decolorize.h"

#include <cstring>

namespace tailrace {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_text(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == ';';
}
bool is_intro(char c) { return c != '\0' && std::strchr("[]()#;?", c) != nullptr; }
bool is_final(char c) {
  return is_digit(c) || (c >= 'A' && c <= 'P') || (c >= 'f' && c <= 'n') ||
         (c != '\0' && std::strchr("RZcqrty=><~", c) != nullptr);
}

const char* skip_digits(const char* at, const char* end, int count_max) {
  for (; count_max > 0 && at != end && is_digit(*at); --count_max) ++at;
  return at;
}

// Behind the sequence whose first character ended at `at`; null if there is none.
const char* skip_sequence(const char* at, const char* end) {
  while (at != end && is_intro(*at)) ++at;
  const char* text = at;
  while (text != end && is_text(*text)) ++text;
  if (text != end && *text == '\a') return text + 1;
  if (at == end) return nullptr;
  if (!is_digit(*at)) return is_final(*at) ? at + 1 : nullptr;
  at = skip_digits(at, end, 4);
  while (at != end && *at == ';') at = skip_digits(at + 1, end, 4);
  if (at != end && is_final(*at)) return at + 1;
  while (at[-1] == ';') --at;
  return at;
}

// The next ESC or U+009B in [at, end); `end` if there is none. `bytes`: its length.
const char* find_start(const char* at, const char* end, std::size_t& bytes) {
  const auto find = [](const char* from, const char* to, char c) {
    const void* found = std::memchr(from, c, static_cast<std::size_t>(to - from));
    return found == nullptr ? to : static_cast<const char*>(found);
  };
  const char* const escape = find(at, end, '\x1b');
  for (; (at = find(at, escape, '\xC2')) != escape; ++at) {
    if (end - at < 2 || at[1] != '\x9B') continue;
    bytes = 2;
    return at;
  }
  bytes = 1;
  return escape;
}

}  // namespace

std::string_view decolorize(std::string_view line, Arena& arena) {
  if (line.empty()) return line;
  const char* at = line.data();
  const char* const end = at + line.size();
  const char* kept = at;  // what lies before it has been copied
  char* out = nullptr;
  char* out_start = nullptr;
  std::size_t start_bytes = 0;
  while ((at = find_start(at, end, start_bytes)) != end) {
    const char* behind = skip_sequence(at + start_bytes, end);
    if (behind == nullptr) {
      at += start_bytes;
      continue;
    }
    if (out == nullptr) out = out_start = arena.allocate(line.size());
    out = static_cast<char*>(std::memcpy(out, kept, static_cast<std::size_t>(at - kept))) +
          (at - kept);
    at = kept = behind;
  }
  if (out == nullptr) return line;
  out = static_cast<char*>(std::memcpy(out, kept, static_cast<std::size_t>(end - kept))) +
        (end - kept);
  const auto used = static_cast<std::size_t>(out - out_start);
  arena.shrink_last(line.size(), used);
  return {out_start, used};
}

}  // namespace tailrace
