// The two formats, each in a file of its own. Both return false if nothing was understood.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/arena.h"
#include "parse/syslog.h"

namespace tailrace::syslog {

bool parse_rfc5424(std::string_view text, Arena& arena, SyslogMessage& out);
bool parse_rfc3164(std::string_view text, const TimeZone& zone, std::int64_t now_ns,
                   SyslogMessage& out);

}  // namespace tailrace::syslog
