// A set of bytes, and the quick way through a run of them.
#pragma once

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>

namespace tailrace::regex {

using Bytes = std::bitset<256>;

class ByteSet {
 public:
  explicit ByteSet(const Bytes& bytes);

  bool has(char c) const noexcept { return table_[static_cast<unsigned char>(c)] != 0; }
  // The first byte in [at, end) that is not in the set; `end` if all are.
  const char* skip(const char* at, const char* end) const noexcept;

  const Bytes& bytes() const noexcept { return bytes_; }

 private:
  // Most classes of log formats leave out few bytes ("[^\"]", "\S", "."): these are looked for,
  // sixteen bytes at a time. Others are walked byte by byte.
  static constexpr std::size_t kStopsMax = 5;

  Bytes bytes_;
  std::array<std::uint8_t, 256> table_{};
  std::array<char, kStopsMax> stops_{};  // bytes not in the set, the last repeated
  std::size_t stop_count_ = 0;           // more than kStopsMax: too many to look for
};

}  // namespace tailrace::regex
