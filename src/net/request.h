// Request: what a handler sees of one HTTP request. All views live until the response is made; a
// handler that suspends may keep using them, a producer that streams the body may not.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/http_head.h"

namespace tailrace {

class Request {
 public:
  std::string_view method() const noexcept { return head_->method; }
  std::string_view target() const noexcept { return head_->target; }
  // Percent-decoded, without the query.
  std::string_view path() const noexcept { return path_; }
  // As it came, without '?'.
  std::string_view query() const noexcept { return query_; }
  std::string_view body() const noexcept { return body_; }
  const RequestHead& head() const noexcept { return *head_; }
  // The first header of that name (any case); "" if there is none.
  std::string_view header(std::string_view name) const noexcept { return head_->find(name); }
  // What stood for {name} in the route's pattern, decoded; "*" is the rest behind a prefix.
  std::string_view param(std::string_view name) const noexcept;
  // The first value of a query parameter, decoded.
  std::optional<std::string> query_value(std::string_view name) const;
  std::vector<std::string> query_values(std::string_view name) const;
  // All pairs of the query, decoded, in order. Pairs with bad escapes are left out.
  std::vector<std::pair<std::string, std::string>> query_pairs() const;
  // "192.0.2.1:4711", "[2001:db8::1]:4711". Asked from the system once a connection.
  const std::string& remote_address() const;
  // The user of basic authentication, if the listener asks for it.
  std::string_view user() const noexcept { return user_; }

 private:
  friend class ServerConnection;
  friend class Router;
  // Splits the target; false for a bad escape.
  bool set_head(const RequestHead& head);

  const RequestHead* head_ = nullptr;
  std::string_view path_;
  std::string_view query_;
  std::string_view body_;
  std::string_view user_;
  std::string decoded_path_;  // only if there was something to decode
  int socket_ = -1;
  std::string* remote_ = nullptr;  // the connection's; empty until somebody asks
  std::vector<std::pair<std::string_view, std::string_view>> params_;
};

// The pairs of "a=1&b=2", decoded: a query, or a form in a body.
std::vector<std::pair<std::string, std::string>> parse_query(std::string_view query);

}  // namespace tailrace
