// RFC 5424:
//
//   <PRI>VERSION SP TIME SP HOSTNAME SP APP-NAME SP PROCID SP MSGID SP STRUCTURED-DATA [SP MSG]
//
// Reading stops at the first fault; what was read before it counts, if that is at least priority
// and version.
#include <algorithm>

#include "base/text.h"
#include "parse/syslog.h"
#include "parse/syslog/parts.h"
#include "parse/syslog/reader.h"

namespace tailrace::syslog {
namespace {

constexpr std::size_t kSdNameBytesMax = 32;

// 1 to 999. Like in the priority a digit counts when another character follows, but for the first.
bool take_version(Reader& reader, SyslogMessage& out) {
  int version = 0;
  std::size_t digits = 0;
  while (digits < 3 && digits + 1 < reader.rest.size() && is_digit(reader.rest[digits])) {
    if (digits == 0 && reader.rest[0] == '0') return false;
    version = version * 10 + (reader.rest[digits++] - '0');
  }
  if (reader.rest.size() == 1 && reader.rest[0] >= '1' && reader.rest[0] <= '9') {
    version = reader.rest[0] - '0';
    digits = 1;
  }
  if (digits == 0) return false;
  out.version = version;
  reader.take_bytes(digits);
  return reader.take(' ');
}

// The longest beginning of `text` that has the strict form of RFC 5424: capital T and Z, at most
// six digits.
std::size_t timestamp_bytes(std::string_view text) {
  constexpr std::string_view kForm = "dddd-dd-ddTdd:dd:dd";
  const auto digits_at = [&](std::size_t at, std::size_t max) {
    std::size_t count = 0;
    while (count < max && at + count < text.size() && is_digit(text[at + count])) ++count;
    return count;
  };
  if (text.size() < kForm.size()) return 0;
  for (std::size_t i = 0; i < kForm.size(); ++i) {
    if (kForm[i] == 'd' ? !is_digit(text[i]) : text[i] != kForm[i]) return 0;
  }
  std::size_t end = kForm.size();
  if (end < text.size() && text[end] == '.') {
    const std::size_t digits = digits_at(end + 1, 6);
    if (digits == 0) return 0;
    end += 1 + digits;
  }
  if (end < text.size() && text[end] == 'Z') return end + 1;
  if (end < text.size() && (text[end] == '+' || text[end] == '-') && digits_at(end + 1, 2) == 2 &&
      end + 3 < text.size() && text[end + 3] == ':' && digits_at(end + 4, 2) == 2) {
    return end + 6;
  }
  return 0;
}

bool take_timestamp(Reader& reader, SyslogMessage& out) {
  if (reader.take('-')) return reader.take(' ');
  const std::size_t bytes = timestamp_bytes(reader.rest);
  if (bytes == 0) return false;
  out.timestamp = parse_rfc3339(reader.take_bytes(bytes));
  return out.timestamp && reader.take(' ');
}

// A word of 1 to `bytes_max` graphic characters and the blank behind it.
bool take_field(Reader& reader, std::size_t bytes_max, std::optional<std::string_view>& field) {
  std::size_t bytes = 0;
  while (bytes < reader.rest.size() && is_graphic(reader.rest[bytes])) ++bytes;
  if (bytes == 0 || bytes > bytes_max) return false;
  if (bytes == reader.rest.size() || reader.rest[bytes] != ' ') return false;
  const std::string_view word = reader.take_bytes(bytes);
  if (word != "-") field = word;
  return reader.take(' ');
}

std::string_view take_sd_name(Reader& reader) {
  std::size_t bytes = 0;
  while (bytes < reader.rest.size() && is_graphic(reader.rest[bytes]) &&
         std::string_view("=]\"").find(reader.rest[bytes]) == std::string_view::npos) {
    ++bytes;
  }
  return reader.take_bytes(bytes);
}

// What stands between the quotes of a parameter, and the quote behind it. In it `"`, `\` and `]`
// must be escaped, and all must be UTF-8.
enum class Taken : std::uint8_t { kYes, kFaulty, kCutOff };

Taken take_param_value(Reader& reader, Arena& arena, std::string_view& value) {
  const std::string_view text = reader.rest;
  std::size_t end = 0;
  bool has_escape = false;
  while (end < text.size() && text[end] != '"') {
    if (text[end] == ']') return Taken::kFaulty;
    if (text[end] == '\\') {
      const bool is_good = end + 1 < text.size() &&
                           std::string_view("\"]\\").find(text[end + 1]) != std::string_view::npos;
      if (!is_good) return Taken::kFaulty;
      has_escape = true;
      end += 2;
    } else {
      bool is_valid = true;
      decode_utf8(text, end, &is_valid);
      if (!is_valid) return Taken::kFaulty;
    }
  }
  if (end == text.size()) return Taken::kCutOff;
  value = text.substr(0, end);
  reader.take_bytes(end + 1);
  if (!has_escape) return Taken::kYes;
  char* const start = arena.allocate(value.size());
  char* out = start;
  for (std::size_t i = 0; i < value.size(); ++i) *out++ = value[i] == '\\' ? value[++i] : value[i];
  value = {start, static_cast<std::size_t>(out - start)};
  return Taken::kYes;
}

void set_param(SyslogElement& element, SyslogParam param) {
  const auto same = std::ranges::find(element.params, param.name, &SyslogParam::name);
  if (same == element.params.end()) {
    element.params.push_back(param);
  } else {
    same->value = param.value;
  }
}

// [id name="value" name="value"], the bracket already taken. A faulty parameter takes the one
// before it along, a faulty id its element: that is what Promtail's parser leaves.
bool take_element(Reader& reader, Arena& arena, SyslogMessage& out, std::string_view& last_name) {
  const std::string_view id = take_sd_name(reader);
  const bool is_id_good =
      !id.empty() && id.size() <= kSdNameBytesMax && (reader.at(' ') || reader.at(']'));
  const bool is_known =
      std::ranges::find(out.structured_data, id, &SyslogElement::id) != out.structured_data.end();
  if (!is_id_good) {
    if (id.empty() && !out.structured_data.empty()) out.structured_data.pop_back();
    return false;
  }
  if (is_known) return false;
  out.structured_data.push_back({id, {}});
  SyslogElement& element = out.structured_data.back();
  const auto drop_last = [&] {
    std::erase_if(element.params,
                  [&](const SyslogParam& param) { return param.name == last_name; });
    return false;
  };
  while (reader.take(' ')) {
    const std::string_view name = take_sd_name(reader);
    const bool is_named = !name.empty() && name.size() <= kSdNameBytesMax && reader.take('=');
    if (is_named) last_name = name;
    if (!is_named || !reader.take('"')) return drop_last();
    std::string_view value;
    const Taken taken = take_param_value(reader, arena, value);
    if (taken == Taken::kCutOff) return false;
    if (taken == Taken::kFaulty) return drop_last();
    set_param(element, {name, value});
  }
  return reader.take(']') || drop_last();
}

bool take_structured_data(Reader& reader, Arena& arena, SyslogMessage& out) {
  if (reader.take('-')) return true;
  if (!reader.at('[')) return false;
  std::string_view last_name;
  while (reader.take('[')) {
    if (!take_element(reader, arena, out, last_name)) return false;
  }
  return true;
}

}  // namespace

bool parse_rfc5424(std::string_view text, Arena& arena, SyslogMessage& out) {
  Reader reader{text};
  bool whole = false;
  out.priority = take_priority(reader, whole);
  if (!out.priority || !whole) return false;
  const bool has_header =
      take_version(reader, out) && take_timestamp(reader, out) &&
      take_field(reader, 255, out.hostname) && take_field(reader, 48, out.app_name) &&
      take_field(reader, 128, out.proc_id) && take_field(reader, 32, out.msg_id);
  if (!has_header || !take_structured_data(reader, arena, out)) {
    out.is_faulty = true;
    return out.version.has_value();
  }
  if (reader.empty()) return true;
  if (!reader.take(' ')) {
    out.is_faulty = true;
  } else if (!reader.empty()) {
    out.message = reader.rest;
  }
  return true;
}

}  // namespace tailrace::syslog
