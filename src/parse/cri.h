// The line format of container runtimes (CRI): "<time> <stdout|stderr> <flags> <content>".
#pragma once

#include <optional>
#include <string_view>

namespace tailrace {

struct CriLine {
  std::string_view time, stream, flags, content;  // views of the line
  bool is_partial() const noexcept { return flags == "P"; }
};

// Nothing if the line is not of this form. Words are separated by exactly one blank; blanks at the
// start of the content belong to it.
std::optional<CriLine> parse_cri(std::string_view line) noexcept;

}  // namespace tailrace
