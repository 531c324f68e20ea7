#include "parse/syslog.h"

#include <algorithm>
#include <array>

#include "parse/syslog/parts.h"
#include "parse/syslog/reader.h"

namespace tailrace {
namespace {

constexpr std::array<std::string_view, 8> kSeverities = {
    "emergency", "alert", "critical", "error", "warning", "notice", "informational", "debug"};
constexpr std::array<std::string_view, 24> kFacilities = {
    "kern",   "user",   "mail",     "daemon", "auth",   "syslog",   "lpr",     "news",
    "uucp",   "cron",   "authpriv", "ftp",    "ntp",    "security", "console", "cron2",
    "local0", "local1", "local2",   "local3", "local4", "local5",   "local6",  "local7"};

void append_field(std::string& out, const std::optional<std::string_view>& field) {
  out += ' ';
  out += field.value_or("-");
}

void append_element(std::string& out, const SyslogElement& element) {
  out += '[';
  out += element.id;
  std::vector<SyslogParam> params = element.params;
  std::ranges::sort(params, {}, &SyslogParam::name);
  for (const SyslogParam& param : params) {
    out += ' ';
    out += param.name;
    out += "=\"";
    for (const char c : param.value) {
      if (c == '"' || c == '\\' || c == ']') out += '\\';
      out += c;
    }
    out += '"';
  }
  out += ']';
}

}  // namespace

namespace syslog {

std::optional<int> take_priority(Reader& reader, bool& whole) {
  whole = false;
  if (!reader.take('<')) return std::nullopt;
  int value = 0;
  std::size_t digits = 0;
  while (digits < reader.rest.size() && is_digit(reader.rest[digits])) {
    const int longer = value * 10 + (reader.rest[digits] - '0');
    if (longer > 191 || (digits > 0 && value == 0)) break;
    value = longer;
    ++digits;
  }
  if (digits == reader.rest.size()) {
    if (digits < 2) return std::nullopt;
    value /= 10;
  }
  if (digits == 0) return std::nullopt;
  reader.take_bytes(digits);
  whole = reader.take('>');
  return value;
}

}  // namespace syslog

std::string_view SyslogMessage::severity_name() const noexcept {
  return priority ? kSeverities[static_cast<std::size_t>(*priority % 8)] : std::string_view{};
}
std::string_view SyslogMessage::facility_name() const noexcept {
  return priority ? kFacilities[static_cast<std::size_t>(*priority / 8)] : std::string_view{};
}

void SyslogMessage::clear() {
  structured_data.clear();
  auto elements = std::move(structured_data);
  *this = {};
  structured_data = std::move(elements);  // keeps its room
}

bool parse_syslog(std::string_view text, SyslogFormat format, const TimeZone& zone,
                  std::int64_t now_ns, Arena& arena, SyslogMessage& out) {
  out.clear();
  return format == SyslogFormat::kRfc5424 ? syslog::parse_rfc5424(text, arena, out)
                                          : syslog::parse_rfc3164(text, zone, now_ns, out);
}

void append_rfc5424(std::string& out, const SyslogMessage& message) {
  static const GoLayout layout = GoLayout::compile("2006-01-02T15:04:05.999999Z07:00");
  out += '<';
  out += std::to_string(message.priority.value_or(0));
  out += '>';
  out += std::to_string(message.version.value_or(1));
  out += ' ';
  if (message.timestamp) {
    layout.format(*message.timestamp, out);
  } else {
    out += '-';
  }
  append_field(out, message.hostname);
  append_field(out, message.app_name);
  append_field(out, message.proc_id);
  append_field(out, message.msg_id);
  out += ' ';
  if (message.structured_data.empty()) out += '-';
  std::vector<const SyslogElement*> elements;
  for (const SyslogElement& element : message.structured_data) elements.push_back(&element);
  std::ranges::sort(elements, {}, [](const SyslogElement* e) { return e->id; });
  for (const SyslogElement* element : elements) append_element(out, *element);
  if (message.message) append_field(out, message.message);
}

}  // namespace tailrace
