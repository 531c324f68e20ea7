// Tables of character encodings, made by make_tables.py at build time. 0xfffd: no character.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace tailrace::encoding {

inline constexpr char16_t kNone = 0xfffd;

struct SingleByteTable {
  std::string_view name;            // lower case
  const std::uint16_t* characters;  // of the 256 bytes
};
extern const std::span<const SingleByteTable> kSingleByteTables;

// Indexes of the Encoding Standard, by pointer.
inline constexpr std::size_t kJis0208Size = 11280;
inline constexpr std::size_t kJis0212Size = 94 * 94;
inline constexpr std::size_t kGb18030Size = 126 * 190;
inline constexpr std::size_t kBig5Size = 126 * 157;
inline constexpr std::size_t kEucKrSize = 126 * 190;
extern const std::uint16_t kJis0208[kJis0208Size];
extern const std::uint16_t kJis0212[kJis0212Size];
extern const std::uint16_t kGb18030[kGb18030Size];
extern const std::uint16_t kBig5[kBig5Size];
extern const std::uint16_t kEucKr[kEucKrSize];
// A bit for each character of kBig5 that lies 0x20000 higher.
extern const std::uint16_t kBig5SecondPlane[(kBig5Size + 15) / 16];

// GB 18030's four-byte characters of the basic plane, in runs.
struct Gb18030Range {
  std::uint16_t pointer;
  std::uint16_t character;
};
extern const std::span<const Gb18030Range> kGb18030Ranges;

}  // namespace tailrace::encoding
