#include "net/router.h"

#include <algorithm>

#include "base/assert.h"
#include "base/hash.h"
#include "base/text.h"

namespace tailrace {
namespace {

bool is_param(std::string_view segment) {
  return segment.starts_with('{') && segment.ends_with('}');
}

std::size_t count_params(const Route& route) {
  return static_cast<std::size_t>(
      std::count_if(route.segments.begin(), route.segments.end(), is_param));
}

// Fills `params`; what is in them if the answer is false means nothing.
bool matches(const Route& route, std::string_view path,
             std::vector<std::pair<std::string_view, std::string_view>>& params) {
  params.clear();
  for (const std::string& segment : route.segments) {
    if (!path.starts_with('/')) return false;
    path.remove_prefix(1);
    const std::string_view part = path.substr(0, path.find('/'));
    if (is_param(segment)) {
      if (part.empty()) return false;
      params.emplace_back(std::string_view(segment).substr(1, segment.size() - 2), part);
    } else if (part != segment) {
      return false;
    }
    path.remove_prefix(part.size());
  }
  return path.empty();
}

}  // namespace

std::size_t Router::TextHash::operator()(std::string_view text) const noexcept {
  return hash_bytes(text);
}

Router::Router(std::string prefix) : prefix_(std::move(prefix)) {
  while (prefix_.ends_with('/')) prefix_.pop_back();
  if (!prefix_.empty() && prefix_[0] != '/') prefix_.insert(0, "/");
}

void Router::add(std::string_view method, std::string_view pattern, Handler handler,
                 RouteOptions options) {
  add_handler(pattern, {std::string(method), std::move(handler), nullptr, options});
}

void Router::add_async(std::string_view method, std::string_view pattern, AsyncHandler handler,
                       RouteOptions options) {
  add_handler(pattern, {std::string(method), nullptr, std::move(handler), options});
}

void Router::add_handler(std::string_view pattern, RouteHandler handler) {
  TAILRACE_ASSERT(pattern.starts_with('/'), "a route's pattern starts with a slash");
  Route& to = route(pattern);
  std::erase_if(to.handlers,
                [&](const RouteHandler& known) { return known.method == handler.method; });
  to.handlers.push_back(std::move(handler));
  to.allow.clear();
  for (const RouteHandler& known : to.handlers) {
    to.allow += (to.allow.empty() ? "" : ", ") + known.method;
    if (known.method == "GET" && find(to, "HEAD") == &known) to.allow += ", HEAD";
  }
}

Route& Router::route(std::string_view pattern) {
  const std::string whole = prefix_ + std::string(pattern);
  for (Route& known : routes_) {
    if (known.pattern == whole) return known;
  }
  Route& made = routes_.emplace_back();
  made.pattern = whole;
  made.index = routes_.size() - 1;
  if (whole.ends_with("/*")) {
    prefixes_.push_back(&made);
    std::stable_sort(prefixes_.begin(), prefixes_.end(), [](const Route* a, const Route* b) {
      return a->pattern.size() > b->pattern.size();
    });
  } else if (whole.find('{') != whole.npos) {
    for (const std::string_view segment : split(std::string_view(whole).substr(1), '/'))
      made.segments.emplace_back(segment);
    patterns_.push_back(&made);
    std::stable_sort(patterns_.begin(), patterns_.end(), [](const Route* a, const Route* b) {
      return count_params(*a) < count_params(*b);
    });
  } else {
    exact_.emplace(whole, &made);
  }
  return made;
}

const Route* Router::match(Request& request) const {
  const std::string_view path = request.path_;
  const auto found = exact_.find(path);
  if (found != exact_.end()) return found->second;
  for (const Route* candidate : patterns_) {
    if (matches(*candidate, path, request.params_)) return candidate;
  }
  request.params_.clear();
  for (const Route* candidate : prefixes_) {
    const std::string_view start =
        std::string_view(candidate->pattern).substr(0, candidate->pattern.size() - 1);
    if (!path.starts_with(start)) continue;
    request.params_.emplace_back("*", path.substr(start.size()));
    return candidate;
  }
  return nullptr;
}

const RouteHandler* Router::find(const Route& route, std::string_view method) noexcept {
  const RouteHandler* other = nullptr;
  for (const RouteHandler& handler : route.handlers) {
    if (handler.method == method) return &handler;
    if (handler.method == "*" || (handler.method == "GET" && method == "HEAD")) other = &handler;
  }
  return other;
}

std::string_view method_label(std::string_view method) noexcept {
  for (const std::string_view known :
       {"GET", "POST", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS"}) {
    if (method == known) return known;
  }
  return "other";
}

}  // namespace tailrace
