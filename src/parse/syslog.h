// Syslog messages: RFC 5424 and RFC 3164, read as far as they make sense, and their framing on TCP.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "parse/go_time.h"

namespace tailrace {

enum class SyslogFormat : std::uint8_t { kRfc5424, kRfc3164 };

struct SyslogParam {
  std::string_view name, value;  // value without escapes
};
struct SyslogElement {
  std::string_view id;
  std::vector<SyslogParam> params;  // in the order of the message; of a repeated name the last
};

// Views of the message, or of the arena. Absent and "-" fields are nothing.
struct SyslogMessage {
  std::optional<int> priority;  // facility * 8 + severity
  std::optional<int> version;   // RFC 5424 only
  std::optional<GoTime> timestamp;
  std::optional<std::string_view> hostname, app_name, proc_id, msg_id, message;
  std::vector<SyslogElement> structured_data;  // in the order of the message
  bool is_faulty = false;  // reading stopped at a fault; what is here stood before it

  // "emergency".."debug" and "kern".."local7"; "" without priority.
  std::string_view severity_name() const noexcept;
  std::string_view facility_name() const noexcept;
  void clear();
};

// Fills `out` (cleared first) with what could be understood. False if that is nothing: the text is
// no syslog message at all. `zone` is where times without zone (RFC 3164) are at home; `now_ns`
// gives them a year.
bool parse_syslog(std::string_view text, SyslogFormat format, const TimeZone& zone,
                  std::int64_t now_ns, Arena& arena, SyslogMessage& out);

// The message written anew: "<PRI>1 TIME HOST APP PROC MSGID SD MSG", structured data sorted.
void append_rfc5424(std::string& out, const SyslogMessage& message);

// Cuts a TCP stream into messages. The first byte decides for the whole connection: a digit means
// octet counting ("LEN SP MSG"), '<' messages that end at a newline. There a line that does not
// begin with '<' goes on with the message before it, if it is there already when that one ends:
// waiting for it would hold every message back until the next.
class SyslogSplitter {
 public:
  enum class Status : std::uint8_t {
    kMessage,  // `message` is whole; go on behind `consumed`
    kMore,     // read more bytes behind those given
    kTooLong,  // longer than the limit: skip `consumed` bytes and go on, or close (octet counting)
    kBroken,   // a bad length: close the connection
    kUnknown,  // neither framing: close the connection
  };
  struct Step {
    Status status = Status::kMore;
    std::string_view message;  // without framing; a view of what was given
    std::size_t consumed = 0;  // bytes to drop from the front of the buffer
  };

  // The longest message between newlines; `message_bytes_max` is for octet counting alone, as in
  // Promtail.
  static constexpr std::size_t kLinesBytesMax = std::size_t{1} << 20;

  explicit SyslogSplitter(std::size_t message_bytes_max, SyslogFormat format,
                          std::size_t lines_bytes_max = kLinesBytesMax)
      : message_bytes_max_(message_bytes_max),
        lines_bytes_max_(lines_bytes_max),
        joins_lines_(format == SyslogFormat::kRfc5424) {}

  // `buffered`: all bytes not consumed so far. With `at_end` (the peer closed) a last line without
  // newline is a message too.
  Step next(std::string_view buffered, bool at_end = false);

 private:
  enum class Framing : std::uint8_t { kUnknown, kOctets, kLines };
  Step next_octets(std::string_view buffered, bool at_end) const;
  Step next_line(std::string_view buffered, bool at_end);
  std::size_t message_end(std::string_view buffered) const;

  std::size_t message_bytes_max_;
  std::size_t lines_bytes_max_;
  bool joins_lines_;  // messages of RFC 3164 end at their first newline
  Framing framing_ = Framing::kUnknown;
  bool skipping_line_ = false;
};

}  // namespace tailrace
