// LokiSource: a Loki that the explorer asks through us.
//
// A browser may not ask another origin unless that one allows it, and Loki allows none; nor should
// a browser know its password. So the page asks us, at a path of its own, and we ask the one Loki
// of the configuration. What passes is small on purpose:
//
//   - GET of the paths that read, written out in loki_source.cc; never push, delete or rules
//   - the query as it came, two request headers that change the answer's form, and nothing else of
//     the browser: no cookies, no credentials, no forwarded addresses
//   - back: the status, the body up to a bound, and "JSON" or "text"; no header of theirs
//
// Where it goes is decided by the configuration alone, so there is no way to point it elsewhere.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "net/async.h"
#include "net/http_client.h"
#include "net/router.h"
#include "web/explorer_options.h"

namespace tailrace {

class LokiSource {
 public:
  LokiSource(const Executor& executor, LokiSourceOptions options, std::string user_agent);

  // Asks for a path ("/loki/api/v1/labels") with the query of `request`. Failures are answers: 502
  // when that Loki cannot be reached or does not take our credentials, 429 when too much is asked
  // at once.
  awaitable<Response> get(std::string path, const Request& request);

  const std::string& name() const noexcept { return options_.name; }
  // For people, with the password masked.
  std::string address() const { return options_.url.text(); }

 private:
  awaitable<Response> ask(std::string path, const Request& request);

  const LokiSourceOptions options_;
  HttpClient client_;
  HttpAuth auth_;
  std::size_t running_ = 0;
};

// Routes GET <prefix>/loki/api/v1/... to `source`; they keep it alive.
void add_loki_source(Router& router, std::string_view prefix,
                     const std::shared_ptr<LokiSource>& source);

}  // namespace tailrace
