// Any bytes as a line of every small format: logfmt, CRI, colours, syslog and its framing, times,
// zone files, and, in front of a zero byte, as a JMESPath.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "parse/cri.h"
#include "parse/decolorize.h"
#include "parse/jmespath.h"
#include "parse/logfmt.h"
#include "parse/syslog.h"
#include "parse/timestamp_format.h"

namespace {

using namespace tailrace;

void jmespath(std::string_view input, Arena& arena) {
  const std::size_t end = input.find('\0');
  const auto path = JmesPath::compile(input.substr(0, end));
  if (!path || end == input.npos) return;
  const auto document = parse_json(input.substr(end + 1), arena);
  if (document) (void)path->evaluate(*document, arena);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t bytes) {
  const std::string_view input(reinterpret_cast<const char*>(data), bytes);
  Arena arena;
  LogfmtReader reader(input, arena);
  while (reader.next()) {
  }
  (void)parse_cri(input);
  if (decolorize(input, arena).size() > input.size()) __builtin_trap();
  SyslogMessage message;
  std::string written;
  for (const SyslogFormat format : {SyslogFormat::kRfc5424, SyslogFormat::kRfc3164}) {
    if (parse_syslog(input, format, TimeZone::utc(), 0, arena, message))
      append_rfc5424(written, message);
  }
  SyslogSplitter splitter(100, SyslogFormat::kRfc5424, 100);
  std::string_view rest = input;
  for (;;) {
    const SyslogSplitter::Step step = splitter.next(rest, true);
    if (step.consumed > rest.size()) __builtin_trap();
    if (step.consumed == 0) break;
    rest.remove_prefix(step.consumed);
  }
  for (const std::string_view format :
       {"RFC3339", "UnixDate", "Unix", "Jan _2 3:04PM __2 .000 -07:00:00"}) {
    (void)TimestampFormat::compile(format, &TimeZone::utc()).parse(input, 0);
  }
  (void)GoLayout::compile(input).parse(input, TimeZone::utc());
  if (const auto zone = TimeZone::from_tzif("fuzz", input)) (void)zone->from_wall(1'600'000'000);
  jmespath(input, arena);
  return 0;
}
