#include "net/request.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstring>

#include "net/url.h"

namespace tailrace {

bool Request::set_head(const RequestHead& head) {
  head_ = &head;
  params_.clear();
  body_ = {};
  user_ = {};
  std::string_view target = head.target;
  if (target[0] != '/') {
    // Absolute form, as proxies send it: http://host/path.
    const std::size_t scheme = target.find("://");
    if (scheme != target.npos) {
      const std::size_t slash = target.find_first_of("/?", scheme + 3);
      target = slash == target.npos ? std::string_view("/") : target.substr(slash);
    }
  }
  target = target.substr(0, target.find('#'));
  const std::size_t question = target.find('?');
  path_ = target.substr(0, question);
  query_ = question == target.npos ? std::string_view() : target.substr(question + 1);
  if (path_.empty()) path_ = "/";
  if (path_.find('%') == path_.npos) return true;
  Result<std::string> decoded = percent_decode(path_, false);
  if (!decoded || decoded->find('\0') != std::string::npos) return false;
  decoded_path_ = std::move(decoded).value();
  path_ = decoded_path_;
  return true;
}

std::string_view Request::param(std::string_view name) const noexcept {
  for (const auto& [key, value] : params_) {
    if (key == name) return value;
  }
  return {};
}

std::optional<std::string> Request::query_value(std::string_view name) const {
  for (auto& [key, value] : query_pairs()) {
    if (key == name) return std::move(value);
  }
  return std::nullopt;
}

std::vector<std::string> Request::query_values(std::string_view name) const {
  std::vector<std::string> out;
  for (auto& [key, value] : query_pairs()) {
    if (key == name) out.push_back(std::move(value));
  }
  return out;
}

std::vector<std::pair<std::string, std::string>> Request::query_pairs() const {
  return parse_query(query_);
}

namespace {

std::string peer_address(int socket) {
  sockaddr_storage address{};
  socklen_t bytes = sizeof address;
  if (::getpeername(socket, reinterpret_cast<sockaddr*>(&address), &bytes) != 0) return "";
  char text[INET6_ADDRSTRLEN] = "";
  if (address.ss_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &address, sizeof v4);
    inet_ntop(AF_INET, &v4.sin_addr, text, sizeof text);
    return std::string(text) + ":" + std::to_string(ntohs(v4.sin_port));
  }
  if (address.ss_family != AF_INET6) return "unix";
  sockaddr_in6 v6{};
  std::memcpy(&v6, &address, sizeof v6);
  const std::string port = ":" + std::to_string(ntohs(v6.sin6_port));
  if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {
    // A socket for both families shows IPv4 clients like this.
    inet_ntop(AF_INET, v6.sin6_addr.s6_addr + 12, text, sizeof text);
    return text + port;
  }
  inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof text);
  return "[" + std::string(text) + "]" + port;
}

}  // namespace

const std::string& Request::remote_address() const {
  if (remote_->empty()) *remote_ = peer_address(socket_);
  return *remote_;
}

std::vector<std::pair<std::string, std::string>> parse_query(std::string_view query) {
  std::vector<std::pair<std::string, std::string>> out;
  while (!query.empty()) {
    const std::size_t end = query.find('&');
    const std::string_view pair = query.substr(0, end);
    const std::size_t equals = pair.find('=');
    Result<std::string> key = percent_decode(pair.substr(0, equals), true);
    Result<std::string> value =
        percent_decode(equals == pair.npos ? std::string_view() : pair.substr(equals + 1), true);
    if (!pair.empty() && key && value)
      out.emplace_back(std::move(key).value(), std::move(value).value());
    if (end == query.npos) break;
    query.remove_prefix(end + 1);
  }
  return out;
}

}  // namespace tailrace
