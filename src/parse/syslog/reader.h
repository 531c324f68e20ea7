// A cursor over a syslog message, with the parts that both formats share.
#pragma once

#include <optional>
#include <string_view>

namespace tailrace::syslog {

struct Reader {
  std::string_view rest;

  bool empty() const { return rest.empty(); }
  bool at(char c) const { return !rest.empty() && rest[0] == c; }
  bool take(char c) {
    if (!at(c)) return false;
    rest.remove_prefix(1);
    return true;
  }
  std::string_view take_bytes(std::size_t bytes) {
    const std::string_view taken = rest.substr(0, bytes);
    rest.remove_prefix(taken.size());
    return taken;
  }
};

inline bool is_digit(char c) { return c >= '0' && c <= '9'; }
inline bool is_graphic(char c) { return c > ' ' && c <= '~'; }

// "<0>" to "<191>". A digit counts as soon as a character follows it (so "<19" is 1, as Promtail's
// parser has it); `whole` says whether the bracket closes behind it.
std::optional<int> take_priority(Reader& reader, bool& whole);

}  // namespace tailrace::syslog
