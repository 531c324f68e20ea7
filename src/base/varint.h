// Protobuf's base-128 integers: seven bits a byte, lowest first, the top bit says "more follows".
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

namespace tailrace {

constexpr std::size_t kVarintBytesMax = 10;

constexpr std::size_t varint_bytes(std::uint64_t value) noexcept {
  const auto bits = static_cast<std::size_t>(std::bit_width(value | 1));
  return (bits * 9 + 64) / 64;  // ceil(bits / 7) for 1..64 bits
}

// Writes `value` at `out`, which has room for varint_bytes(value); returns the new end.
inline char* put_varint(char* out, std::uint64_t value) noexcept {
  while (value >= 0x80) {
    *out++ = static_cast<char>(value | 0x80);
    value >>= 7;
  }
  *out++ = static_cast<char>(value);
  return out;
}

}  // namespace tailrace
