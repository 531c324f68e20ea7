// Router: from method and path to a handler.
//
//   router.get("/ready", ready);
//   router.add_async("GET", "/loki/api/v1/label/{name}/values", values);  // may suspend
//   router.get("/static/*", assets);
//
// Most exact first: whole paths, then patterns with {parameters} (one segment each), then prefixes
// ("/static/*", the longest wins). HEAD is answered by GET. The method "*" answers all that have
// no handler of their own; a path without a handler for the method is 405 with Allow. Routes are
// added before the server starts; matching changes nothing.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "net/async.h"
#include "net/request.h"
#include "net/response.h"

namespace tailrace {

// Fills a Response that holds the defaults. Called on the server's thread, between reads: it must
// be quick.
using Handler = std::function<void(Request&, Response&)>;
// May suspend; the server goes on with other connections.
using AsyncHandler = std::function<awaitable<Response>(Request&)>;

struct RouteOptions {
  // Cancels the handler when the client closes its side. Not for handlers whose work should be done
  // anyway, nor where clients close their sending side early (nc).
  bool cancel_on_hangup = false;
  // Answers without authentication: health checks.
  bool open = false;
};

struct RouteHandler {
  std::string method;
  Handler handler;
  AsyncHandler async_handler;
  RouteOptions options;
};

struct Route {
  std::string pattern;
  std::size_t index = 0;  // of the router: dense, for tables of metrics
  std::vector<RouteHandler> handlers;
  std::string allow;                  // for 405 and OPTIONS
  std::vector<std::string> segments;  // of a pattern with parameters
};

// What the observer is told of each finished request.
struct RequestRecord {
  const Request* request = nullptr;  // null if it was too bad to be one
  const Route* route = nullptr;      // null: unmatched
  std::string_view method;           // one of the known ones, or "other"
  int status = 0;
  std::int64_t duration_ns = 0;
  std::size_t response_bytes = 0;  // of the body
};
using RequestObserver = std::function<void(const RequestRecord&)>;

class Router {
 public:
  // `prefix` is put in front of every pattern ("/tools"); "" for none.
  explicit Router(std::string prefix = "");

  void add(std::string_view method, std::string_view pattern, Handler handler,
           RouteOptions options = {});
  void add_async(std::string_view method, std::string_view pattern, AsyncHandler handler,
                 RouteOptions options = {});
  void get(std::string_view pattern, Handler handler, RouteOptions options = {}) {
    add("GET", pattern, std::move(handler), options);
  }
  void post(std::string_view pattern, Handler handler, RouteOptions options = {}) {
    add("POST", pattern, std::move(handler), options);
  }
  // Called after each response, in the order of adding.
  void observe(RequestObserver observer) { observers_.push_back(std::move(observer)); }

  // The route of the request's path, its parameters set in the request; null if there is none.
  const Route* match(Request& request) const;
  // The route's handler for a method (GET's for HEAD); null if there is none.
  static const RouteHandler* find(const Route& route, std::string_view method) noexcept;
  const std::deque<Route>& routes() const noexcept { return routes_; }
  void report(const RequestRecord& record) const {
    for (const RequestObserver& observer : observers_) observer(record);
  }

 private:
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept;
  };
  Route& route(std::string_view pattern);
  void add_handler(std::string_view pattern, RouteHandler handler);

  std::string prefix_;
  std::deque<Route> routes_;  // does not move its elements
  std::unordered_map<std::string, Route*, TextHash, std::equal_to<>> exact_;
  std::vector<Route*> patterns_;  // fewest parameters first
  std::vector<Route*> prefixes_;  // longest first
  std::vector<RequestObserver> observers_;
};

// A method as a label: the usual ones, else "other".
std::string_view method_label(std::string_view method) noexcept;

}  // namespace tailrace
