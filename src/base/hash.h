// A quick, well mixed 64-bit hash of bytes for tables in memory. Not stable between versions, not
// for adversaries who choose all inputs: tables that use it compare the keys too.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace tailrace {

constexpr std::uint64_t hash_mix(std::uint64_t a, std::uint64_t b) noexcept {
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(a ^ 0x9e3779b97f4a7c15ULL) * (b ^ 0xe7037ed1a0b428dbULL);
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

inline std::uint64_t hash_bytes(std::string_view text, std::uint64_t seed = 0) noexcept {
  const char* at = text.data();
  std::size_t left = text.size();
  std::uint64_t hash = seed ^ (left * 0x9e3779b97f4a7c15ULL);
  const auto load = [](const char* from, std::size_t bytes) {
    std::uint64_t word = 0;
    std::memcpy(&word, from, bytes);
    return word;
  };
  for (; left > 16; at += 16, left -= 16) hash = hash_mix(load(at, 8) ^ hash, load(at + 8, 8));
  if (left > 8) return hash_mix(load(at, 8) ^ hash, load(at + 8, left - 8));
  return left == 0 ? hash_mix(hash, 1) : hash_mix(load(at, left) ^ hash, 2);
}

}  // namespace tailrace
