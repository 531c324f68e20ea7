#include "net/response_writer.h"

#include <charconv>
#include <cstring>

namespace tailrace {

std::string_view HttpDate::now() {
  timespec time{};
  clock_gettime(CLOCK_REALTIME_COARSE, &time);
  if (time.tv_sec != second_) {
    // strftime would use the locale's names.
    static constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                              "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    second_ = time.tv_sec;
    std::tm parts{};
    gmtime_r(&second_, &parts);
    std::memcpy(text_, kDays[parts.tm_wday], 3);
    bytes_ = 3 + std::strftime(text_ + 3, sizeof text_ - 3, ", %d     %Y %H:%M:%S GMT", &parts);
    std::memcpy(text_ + 8, kMonths[parts.tm_mon], 3);
  }
  return {text_, bytes_};
}

void append_response_head(std::string& out, const Response& response, const HeadOptions& options,
                          HttpDate& date) {
  const auto number = [&out](std::size_t value) {
    char text[20];
    const auto end = std::to_chars(text, text + sizeof text, value).ptr;
    out.append(text, end);
  };
  if (response.status == 200) {
    out += "HTTP/1.1 200 OK\r\nDate: ";
  } else {
    out += "HTTP/1.1 ";
    number(static_cast<std::size_t>(response.status));
    out += ' ';
    out += status_text(response.status);
    out += "\r\nDate: ";
  }
  out += date.now();
  if (!response.content_type.empty() && options.framing != BodyFraming::kNone) {
    out += "\r\nContent-Type: ";
    out += response.content_type;
  }
  if (options.framing == BodyFraming::kLength) {
    out += "\r\nContent-Length: ";
    number(options.body_bytes);
  } else if (options.framing == BodyFraming::kChunked) {
    out += "\r\nTransfer-Encoding: chunked";
  }
  if (options.gzipped) out += "\r\nContent-Encoding: gzip";
  if (options.varies) out += "\r\nVary: Accept-Encoding";
  for (const auto& [name, value] : response.headers) {
    if (!is_token(name) || !is_header_value(value)) continue;
    out += "\r\n";
    out += name;
    out += ": ";
    out += value;
  }
  if (!options.keep_alive) {
    out += "\r\nConnection: close";
  } else if (options.old_client) {
    out += "\r\nConnection: keep-alive";
  }
  out += "\r\n\r\n";
}

}  // namespace tailrace
