// Finding newlines of any NewlineKind.
#pragma once

#include <cstddef>
#include <cstring>
#include <string_view>

#include "sources/file/line_decoder.h"

namespace tailrace {

constexpr std::size_t newline_bytes(NewlineKind kind) noexcept {
  return kind == NewlineKind::kByte ? 1 : 2;
}

// The position of the first newline, or npos. `text` begins at an even offset of its file if
// newlines have two bytes.
inline std::size_t find_newline(std::string_view text, NewlineKind kind) noexcept {
  if (kind == NewlineKind::kByte) return text.find('\n');
  const std::string_view wanted = kind == NewlineKind::kLittleEndian ? std::string_view("\n\0", 2)
                                                                     : std::string_view("\0\n", 2);
  std::size_t at = text.find(wanted);
  while (at != std::string_view::npos && at % 2 != 0) at = text.find(wanted, at + 1);
  return at;
}

inline std::size_t find_last_newline(std::string_view text, NewlineKind kind) noexcept {
  if (kind == NewlineKind::kByte) {
    const void* const found = text.empty() ? nullptr : ::memrchr(text.data(), '\n', text.size());
    if (found == nullptr) return std::string_view::npos;
    return static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
  }
  const std::string_view wanted = kind == NewlineKind::kLittleEndian ? std::string_view("\n\0", 2)
                                                                     : std::string_view("\0\n", 2);
  std::size_t at = text.rfind(wanted);
  while (at != std::string_view::npos && at % 2 != 0) {
    at = at == 0 ? std::string_view::npos : text.rfind(wanted, at - 1);
  }
  return at;
}

}  // namespace tailrace
