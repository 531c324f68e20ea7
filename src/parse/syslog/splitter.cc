#include <charconv>

#include "parse/syslog.h"
#include "parse/syslog/reader.h"

namespace tailrace {

using syslog::is_digit;

SyslogSplitter::Step SyslogSplitter::next(std::string_view buffered, bool at_end) {
  if (buffered.empty()) return {};
  if (framing_ == Framing::kUnknown) {
    if (buffered[0] != '<' && !is_digit(buffered[0])) return {Status::kUnknown, {}, 0};
    framing_ = buffered[0] == '<' ? Framing::kLines : Framing::kOctets;
  }
  return framing_ == Framing::kLines ? next_line(buffered, at_end) : next_octets(buffered, at_end);
}

// "LEN SP MSG", with perhaps a newline behind it that is not counted.
SyslogSplitter::Step SyslogSplitter::next_octets(std::string_view buffered, bool at_end) const {
  const std::size_t start = buffered[0] == '\n' ? 1 : 0;
  std::size_t digits = start;
  while (digits < buffered.size() && is_digit(buffered[digits])) ++digits;
  if (digits == buffered.size()) {
    // A length of twenty digits will not become one that fits, and one cut off is none.
    const bool is_cut_off = at_end && digits > start;
    return is_cut_off || digits - start >= 20 ? Step{Status::kBroken, {}, 0} : Step{};
  }
  std::size_t length = 0;
  const auto [end, error] =
      std::from_chars(buffered.data() + start, buffered.data() + digits, length);
  const bool is_number = error == std::errc() && end == buffered.data() + digits;
  if (!is_number || length == 0 || buffered[digits] != ' ') {
    return {Status::kBroken, {}, 0};
  }
  if (length > message_bytes_max_) return {Status::kTooLong, {}, 0};
  const std::string_view rest = buffered.substr(digits + 1);
  if (!rest.empty() && rest[0] != '<') return {Status::kBroken, {}, 0};
  if (rest.size() < length) {
    return at_end ? Step{Status::kBroken, {}, 0} : Step{};  // the peer left in the middle
  }
  return {Status::kMessage, rest.substr(0, length), digits + 1 + length};
}

// Where the newline stands that ends the message; npos if it has not come.
std::size_t SyslogSplitter::message_end(std::string_view buffered) const {
  std::size_t newline = buffered.find('\n');
  if (!joins_lines_ || skipping_line_) return newline;
  while (newline != std::string_view::npos && newline + 1 < buffered.size() &&
         buffered[newline + 1] != '<') {
    const std::size_t next = buffered.find('\n', newline + 1);
    if (next == std::string_view::npos)
      break;  // half a line: a message of its own when it is whole
    newline = next;
  }
  return newline;
}

SyslogSplitter::Step SyslogSplitter::next_line(std::string_view buffered, bool at_end) {
  const std::size_t newline = message_end(buffered);
  const bool is_whole = newline != std::string_view::npos;
  const std::string_view line = buffered.substr(0, newline);
  if (skipping_line_) {
    skipping_line_ = !is_whole;
    // The end of a line that was given up: nothing to tell, go on with the next.
    if (!is_whole) return {Status::kMore, {}, buffered.size()};
    Step step = next_line(buffered.substr(newline + 1), at_end);
    step.consumed += newline + 1;
    return step;
  }
  if (line.size() > lines_bytes_max_) {
    skipping_line_ = !is_whole;
    return {Status::kTooLong, {}, is_whole ? newline + 1 : buffered.size()};
  }
  if (is_whole) return {Status::kMessage, line, newline + 1};
  if (at_end && !line.empty()) return {Status::kMessage, line, buffered.size()};
  return {};
}

}  // namespace tailrace
