// The words of JSON: where strings, numbers and whole values end, checked by the grammar of RFC
// 8259 as Go's encoding/json enforces it, but where json-iterator is asked for, which Promtail's
// stages read with: there a string may hold control characters behind an escape. Everything works
// on [at, end) and returns nullptr for a fault.
#pragma once

#include <cstddef>
#include <string_view>

#include "base/arena.h"
#include "parse/json_bytes.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace tailrace::json {

using tailrace::JsonBytes;

inline constexpr int kDepthMax = 10000;

struct StringShape {
  bool has_escape = false;
  bool has_high_byte = false;  // not ASCII: must be checked for UTF-8
  bool takes_control = false;  // control characters are fine behind an escape (an input)
};

inline bool is_blank(char c) noexcept { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }

inline const char* skip_blanks(const char* at, const char* end) noexcept {
  while (at != end && is_blank(*at)) ++at;
  return at;
}

// The first byte in [at, end) that is a quote, a backslash or a control character; `end` if there
// is none. Sets `high` if a byte before it has its top bit set.
inline const char* find_string_special(const char* at, const char* end, bool& high) noexcept {
#if defined(__SSE2__)
  const __m128i quote = _mm_set1_epi8('"');
  const __m128i backslash = _mm_set1_epi8('\\');
  const __m128i last_control = _mm_set1_epi8(0x1f);
  while (end - at >= 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    const __m128i control = _mm_cmpeq_epi8(_mm_max_epu8(bytes, last_control), last_control);
    const __m128i special = _mm_or_si128(
        control, _mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, backslash)));
    const auto found = static_cast<unsigned>(_mm_movemask_epi8(special));
    const auto tops = static_cast<unsigned>(_mm_movemask_epi8(bytes));
    if (found != 0) {
      const int index = __builtin_ctz(found);
      high |= (tops & ((1U << index) - 1)) != 0;
      return at + index;
    }
    high |= tops != 0;
    at += 16;
  }
#endif
  for (; at != end; ++at) {
    const auto c = static_cast<unsigned char>(*at);
    if (c == '"' || c == '\\' || c < 0x20) return at;
    high |= c >= 0x80;
  }
  return at;
}

// `at` stands behind the opening quote. Returns behind the closing one.
const char* skip_escaped_string(const char* at, const char* end, StringShape& shape) noexcept;
inline const char* skip_string(const char* at, const char* end, StringShape& shape) noexcept {
  at = find_string_special(at, end, shape.has_high_byte);
  if (at == end) return nullptr;
  if (*at == '"') return at + 1;
  return skip_escaped_string(at, end, shape);
}

// Returns behind the number that starts at `at` ('-' or a digit); also refuses numbers that are
// infinite as double, as Go does when it decodes into `any`.
const char* skip_number(const char* at, const char* end) noexcept;

// true, false, null.
const char* skip_word(const char* at, const char* end) noexcept;

// Any value, blanks in front not included. `depth` containers are open around it. As json-iterator.
const char* skip_value(const char* at, const char* end, int depth) noexcept;

// The characters of a string's body (between the quotes, known to be well formed): a view of it if
// nothing changes, else in the arena. Lone surrogates become U+FFFD, and so do bytes that are not
// UTF-8, unless they are kept.
std::string_view string_text(std::string_view body, StringShape shape, Arena& arena,
                             JsonBytes bytes = JsonBytes::kToUtf8);

// The value of a well-formed number. False if it is infinite as double; what is too small becomes
// 0.
bool number_value(std::string_view number, double& value) noexcept;

}  // namespace tailrace::json
