#include "wire/snappy_encoder.h"

#include <bit>
#include <cstring>

namespace tailrace {
namespace {

// Matches are looked for by this many bytes...
constexpr std::size_t kMatchBytes = 8;
// ...and not in the last bytes of a piece, so that loads stay inside it.
constexpr std::size_t kMarginBytes = 16;
constexpr std::size_t kCopyBytesMax = 64;
// Steps grow by one byte with every so many misses in a row (1 << kMissesShift).
constexpr int kMissesShift = 3;
constexpr std::size_t kFirstMisses = std::size_t{1} << kMissesShift;

std::uint64_t load64(const char* at) noexcept {
  std::uint64_t word = 0;
  std::memcpy(&word, at, sizeof(word));
  return word;
}

char* put_literal(char* out, const char* bytes, std::size_t count) noexcept {
  const std::size_t length = count - 1;
  if (length < 60) {
    *out++ = static_cast<char>(length << 2);
  } else if (length < 256) {
    *out++ = static_cast<char>(60 << 2);
    *out++ = static_cast<char>(length);
  } else {
    *out++ = static_cast<char>(61 << 2);
    *out++ = static_cast<char>(length);
    *out++ = static_cast<char>(length >> 8);
  }
  std::memcpy(out, bytes, count);
  return out + count;
}

char* put_far_copy(char* out, std::size_t offset, std::size_t count) noexcept {
  *out++ = static_cast<char>((count - 1) << 2 | 2);
  *out++ = static_cast<char>(offset);
  *out++ = static_cast<char>(offset >> 8);
  return out;
}

// `count` is at least kMatchBytes.
char* put_copy(char* out, std::size_t offset, std::size_t count) noexcept {
  // The rest after full copies is at least 4, which the short form needs.
  for (; count >= kCopyBytesMax + 4; count -= kCopyBytesMax)
    out = put_far_copy(out, offset, kCopyBytesMax);
  if (count > kCopyBytesMax) {
    out = put_far_copy(out, offset, kCopyBytesMax - 4);
    count -= kCopyBytesMax - 4;
  }
  if (count >= 12 || offset >= 2048) return put_far_copy(out, offset, count);
  *out++ = static_cast<char>((offset >> 8) << 5 | (count - 4) << 2 | 1);
  *out++ = static_cast<char>(offset);
  return out;
}

// How many bytes at `a` and `b` are the same; `a` does not go beyond `end`.
std::size_t common_bytes(const char* a, const char* b, const char* end) noexcept {
  const char* const start = a;
  while (end - a >= 8) {
    const std::uint64_t difference = load64(a) ^ load64(b);
    if (difference != 0)
      return static_cast<std::size_t>(a - start) +
             static_cast<std::size_t>(std::countr_zero(difference)) / 8;
    a += 8;
    b += 8;
  }
  while (a < end && *a == *b) {
    ++a;
    ++b;
  }
  return static_cast<std::size_t>(a - start);
}

}  // namespace

char* SnappyEncoder::encode(std::string_view piece, char* out) noexcept {
  static_assert(std::endian::native == std::endian::little,
                "countr_zero finds the first differing byte");
  const char* const begin = piece.data();
  const char* const end = begin + piece.size();
  const char* literal = begin;  // not written yet
  if (piece.size() > 2 * kMarginBytes) {
    // A small piece needs no large table, and clearing one would cost more than it saves.
    const int bits = piece.size() < 1024 ? 8 : piece.size() < 8192 ? 11 : kHashBits;
    const int shift = 64 - bits;
    std::memset(table_, 0, sizeof(table_[0]) << bits);
    const auto slot = [&](std::uint64_t word) -> std::uint16_t& {
      return table_[word * 0x9e3779b97f4a7c15ULL >> shift];
    };
    const char* const last = end - kMarginBytes;
    const char* at = begin + 1;  // a zero in the table means the beginning
    std::size_t misses = kFirstMisses;
    while (at < last) {
      const std::uint64_t word = load64(at);
      std::uint16_t& known = slot(word);
      const char* candidate = begin + known;
      known = static_cast<std::uint16_t>(at - begin);
      if (load64(candidate) != word) {
        at += misses++ >> kMissesShift;
        continue;
      }
      misses = kFirstMisses;
      std::size_t count =
          kMatchBytes + common_bytes(at + kMatchBytes, candidate + kMatchBytes, end);
      while (at > literal && candidate > begin && at[-1] == candidate[-1]) {
        --at;
        --candidate;
        ++count;
      }
      if (at > literal) out = put_literal(out, literal, static_cast<std::size_t>(at - literal));
      out = put_copy(out, static_cast<std::size_t>(at - candidate), count);
      at += count;
      literal = at;
      if (at < last) slot(load64(at - 2)) = static_cast<std::uint16_t>(at - 2 - begin);
    }
  }
  if (literal < end) out = put_literal(out, literal, static_cast<std::size_t>(end - literal));
  return out;
}

}  // namespace tailrace
