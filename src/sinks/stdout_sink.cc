#include "sinks/stdout_sink.h"

#include <unistd.h>

#include <array>
#include <ctime>

#include "base/clock.h"

namespace tailrace {

StdoutSink::StdoutSink(std::FILE* out) : out_(out), coloured_(::isatty(::fileno(out)) == 1) {}

void StdoutSink::accept(Entry& entry) {
  const std::string_view blue = coloured_ ? "\x1b[34m" : "", yellow = coloured_ ? "\x1b[33m" : "";
  const std::string_view plain = coloured_ ? "\x1b[0m" : "";
  text_ = blue;
  text_ += format_dry_run_time(entry.timestamp_ns);
  text_ += plain;
  text_ += '\t';
  text_ += yellow;
  text_ +=
      entry.stream()->labels().text();  // with the tenant, which the name on the wire leaves out
  text_ += plain;
  text_ += '\t';
  text_ += entry.line;
  text_ += '\n';
  std::fwrite(text_.data(), 1, text_.size(), out_);
  // Line by line: what is printed is all there is, should the process be killed.
  std::fflush(out_);
}

std::string format_dry_run_time(std::int64_t timestamp_ns) {
  std::int64_t seconds = timestamp_ns / kNsPerSecond;
  std::int64_t fraction = timestamp_ns % kNsPerSecond;
  if (fraction < 0) {
    fraction += kNsPerSecond;
    --seconds;
  }
  const std::time_t time = seconds;
  std::tm local{};
  ::localtime_r(&time, &local);
  std::array<char, 64> date{};
  std::array<char, 16> zone{};
  std::string out(date.data(),
                  std::strftime(date.data(), date.size(), "%Y-%m-%dT%H:%M:%S", &local));
  if (fraction != 0) {
    std::string digits = std::to_string(kNsPerSecond + fraction).substr(1);
    digits.erase(digits.find_last_not_of('0') + 1);
    out += '.' + digits;
  }
  out.append(zone.data(), std::strftime(zone.data(), zone.size(), "%z", &local));
  return out;
}

}  // namespace tailrace
