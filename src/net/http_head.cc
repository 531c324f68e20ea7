#include "net/http_head.h"

#include <array>
#include <cstring>

#include "net/http_message.h"

namespace tailrace {
namespace {

// Compares with a name in lower case.
bool is_name(std::string_view text, std::string_view lower) noexcept {
  if (text.size() != lower.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if ((c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c) != lower[i]) return false;
  }
  return true;
}

HeadState bad(MessageHead& head, int status, const char* reason) {
  head.bad_status = status;
  head.bad_reason = reason;
  return HeadState::kBad;
}

// Takes one line off `rest`. kIncomplete if its end is missing, kBad if it ends in a bare line
// feed.
HeadState take_line(std::string_view& rest, std::string_view& line) {
  const auto* const end = static_cast<const char*>(std::memchr(rest.data(), '\n', rest.size()));
  if (end == nullptr) return HeadState::kIncomplete;
  const auto length = static_cast<std::size_t>(end - rest.data());
  if (length == 0 || rest[length - 1] != '\r') return HeadState::kBad;
  line = rest.substr(0, length - 1);
  rest.remove_prefix(length + 1);
  return HeadState::kDone;
}

bool parse_length(std::string_view text, std::uint64_t& out) {
  if (text.empty() || text.size() > 18) return false;
  out = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return false;
    out = out * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return true;
}

// "HTTP/1.1"
bool parse_version(std::string_view text, MessageHead& head) {
  if (text.size() != 8 || !text.starts_with("HTTP/1.") || text[7] < '0' || text[7] > '9')
    return false;
  head.minor_version = text[7] - '0';
  head.keep_alive = head.minor_version >= 1;
  return true;
}

void note_connection(MessageHead& head, std::string_view value) {
  if (is_name(value, "keep-alive")) {
    head.keep_alive = true;
  } else if (list_has_token(value, "close")) {
    head.keep_alive = false;
  } else if (list_has_token(value, "keep-alive")) {
    head.keep_alive = true;
  }
}

// Fields that decide where the message ends. False: head is marked bad.
bool note_field(MessageHead& head, const HeadField& field) {
  switch (field.name.size()) {
    case 10:
      if (is_name(field.name, "connection")) note_connection(head, field.value);
      break;
    case 14:
      if (is_name(field.name, "content-length")) {
        if (head.has_length || !parse_length(field.value, head.content_length)) {
          bad(head, 400, "bad Content-Length");
          return false;
        }
        head.has_length = true;
      }
      break;
    case 17:
      if (is_name(field.name, "transfer-encoding")) {
        if (head.chunked) {
          bad(head, 400, "two Transfer-Encodings");
          return false;
        }
        if (!is_name(field.value, "chunked")) {
          bad(head, 501, "unknown Transfer-Encoding");
          return false;
        }
        head.chunked = true;
      }
      break;
    default:
      break;
  }
  return true;
}

HeadState parse_field(std::string_view line, MessageHead& head) {
  std::size_t at = 0;
  while (at < line.size() && is_token_byte(line[at])) ++at;
  if (at == 0 || at == line.size() || line[at] != ':') return bad(head, 400, "bad header line");
  HeadField field{line.substr(0, at), line.substr(at + 1)};
  while (!field.value.empty() && (field.value.front() == ' ' || field.value.front() == '\t'))
    field.value.remove_prefix(1);
  while (!field.value.empty() && (field.value.back() == ' ' || field.value.back() == '\t'))
    field.value.remove_suffix(1);
  if (!is_header_value(field.value)) return bad(head, 400, "control character in a header");
  if (head.fields.size() == kHeadFieldsMax) return bad(head, 431, "too many headers");
  head.fields.push_back(field);
  return note_field(head, field) ? HeadState::kDone : HeadState::kBad;
}

// All lines after the first one.
HeadState parse_fields(std::string_view data, std::string_view rest, MessageHead& head) {
  while (true) {
    std::string_view line;
    const HeadState state = take_line(rest, line);
    if (state == HeadState::kBad) return bad(head, 400, "lines must end in CR LF");
    if (state == HeadState::kIncomplete) return state;
    if (line.empty()) break;
    if (parse_field(line, head) == HeadState::kBad) return HeadState::kBad;
  }
  head.bytes = data.size() - rest.size();
  return HeadState::kDone;
}

void reset(MessageHead& head) {
  head.minor_version = 1;
  head.fields.clear();
  head.keep_alive = true;
  head.chunked = false;
  head.has_length = false;
  head.content_length = 0;
  head.bytes = 0;
}

HeadState parse_request_line(std::string_view line, RequestHead& head) {
  const std::size_t method_end = line.find(' ');
  const std::size_t target_end = line.rfind(' ');
  if (method_end == line.npos || target_end == method_end)
    return bad(head, 400, "bad request line");
  head.method = line.substr(0, method_end);
  head.target = line.substr(method_end + 1, target_end - method_end - 1);
  const std::string_view version = line.substr(target_end + 1);
  if (!is_token(head.method) || head.target.empty()) return bad(head, 400, "bad request line");
  for (const char c : head.target) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= ' ' || byte == 0x7f) return bad(head, 400, "bad character in the request target");
  }
  if (!parse_version(version, head)) {
    const bool http = version.starts_with("HTTP/");
    return bad(head, http ? 505 : 400, http ? "only HTTP/1.x is spoken here" : "bad request line");
  }
  return HeadState::kDone;
}

// What only a request can get wrong.
HeadState check_request(RequestHead& head) {
  for (const HeadField& field : head.fields) {
    if (is_name(field.name, "host")) {
      if (head.has_host) return bad(head, 400, "two Host headers");
      head.has_host = true;
    } else if (is_name(field.name, "expect")) {
      if (!is_name(field.value, "100-continue")) return bad(head, 417, "unknown expectation");
      head.expects_continue = head.minor_version >= 1;
    } else if (is_name(field.name, "upgrade")) {
      head.upgrade = true;
    }
  }
  if (!head.has_host && head.minor_version >= 1) return bad(head, 400, "no Host header");
  if (head.chunked && head.has_length)
    return bad(head, 400, "Content-Length beside Transfer-Encoding");
  if (head.chunked && head.minor_version == 0)
    return bad(head, 400, "Transfer-Encoding in HTTP/1.0");
  return HeadState::kDone;
}

}  // namespace

std::string_view MessageHead::find(std::string_view name) const noexcept {
  for (const HeadField& field : fields) {
    if (field.name.size() != name.size()) continue;
    bool same = true;
    for (std::size_t i = 0; i < name.size() && same; ++i)
      same = (field.name[i] | 0x20) == (name[i] | 0x20);
    if (same) return field.value;
  }
  return {};
}

bool MessageHead::has(std::string_view name) const noexcept { return find(name).data() != nullptr; }

HeadState parse_request_head(std::string_view data, RequestHead& head) {
  reset(head);
  head.expects_continue = false;
  head.has_host = false;
  head.upgrade = false;
  std::string_view rest = data;
  // An empty line in front is left over from old clients' bodies.
  if (rest.starts_with("\r\n")) rest.remove_prefix(2);
  std::string_view line;
  const HeadState first = take_line(rest, line);
  if (first == HeadState::kBad) return bad(head, 400, "lines must end in CR LF");
  if (first == HeadState::kIncomplete) return first;
  if (parse_request_line(line, head) == HeadState::kBad) return HeadState::kBad;
  const HeadState fields = parse_fields(data, rest, head);
  return fields == HeadState::kDone ? check_request(head) : fields;
}

HeadState parse_response_head(std::string_view data, ResponseHead& head) {
  reset(head);
  std::string_view rest = data;
  std::string_view line;
  const HeadState first = take_line(rest, line);
  if (first == HeadState::kBad) return bad(head, 0, "not an HTTP response");
  if (first == HeadState::kIncomplete) return first;
  // "HTTP/1.1 200 OK"; the text and the blank before it may be missing.
  if (line.size() < 12 || line[8] != ' ' || !parse_version(line.substr(0, 8), head))
    return bad(head, 0, "not an HTTP response");
  head.status = 0;
  for (const char c : line.substr(9, 3)) {
    if (c < '0' || c > '9') return bad(head, 0, "not an HTTP response");
    head.status = head.status * 10 + (c - '0');
  }
  if (head.status < 100 || (line.size() > 12 && line[12] != ' '))
    return bad(head, 0, "not an HTTP response");
  const HeadState fields = parse_fields(data, rest, head);
  if (fields == HeadState::kDone && head.chunked)
    head.has_length = false;  // RFC 9112: chunked wins
  return fields;
}

}  // namespace tailrace
