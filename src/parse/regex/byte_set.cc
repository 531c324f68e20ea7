#include "parse/regex/byte_set.h"

#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace tailrace::regex {

ByteSet::ByteSet(const Bytes& bytes) : bytes_(bytes) {
  for (std::size_t i = 0; i < 256; ++i) {
    table_[i] = bytes[i] ? 1 : 0;
    if (bytes[i]) continue;
    if (stop_count_ < kStopsMax) stops_[stop_count_] = static_cast<char>(i);
    ++stop_count_;
  }
  for (std::size_t i = stop_count_; i > 0 && i < kStopsMax; ++i)
    stops_[i] = stops_[stop_count_ - 1];
}

const char* ByteSet::skip(const char* at, const char* end) const noexcept {
  if (stop_count_ == 0) return end;
#if defined(__SSE2__)
  if (stop_count_ <= kStopsMax) {
    const __m128i a = _mm_set1_epi8(stops_[0]);
    const __m128i b = _mm_set1_epi8(stops_[1]);
    const __m128i c = _mm_set1_epi8(stops_[2]);
    const __m128i d = _mm_set1_epi8(stops_[3]);
    const __m128i e = _mm_set1_epi8(stops_[4]);
    const bool is_one = stop_count_ == 1;
    for (; end - at >= 16; at += 16) {
      const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
      __m128i found = _mm_cmpeq_epi8(bytes, a);
      if (!is_one) {
        found = _mm_or_si128(found, _mm_cmpeq_epi8(bytes, b));
        const __m128i more = _mm_or_si128(_mm_cmpeq_epi8(bytes, c), _mm_cmpeq_epi8(bytes, d));
        found = _mm_or_si128(_mm_or_si128(found, more), _mm_cmpeq_epi8(bytes, e));
      }
      const auto mask = static_cast<unsigned>(_mm_movemask_epi8(found));
      if (mask != 0) return at + __builtin_ctz(mask);
    }
  }
#endif
  while (at != end && has(*at)) ++at;
  return at;
}

}  // namespace tailrace::regex
