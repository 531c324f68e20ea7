// HttpEndpoint: how a discovery talks to its server: TLS, proxy, and who it says it is.
#pragma once

#include <functional>

#include "base/result.h"
#include "net/http_client.h"
#include "net/http_message.h"

namespace tailrace {

struct HttpEndpoint {
  HttpClientOptions client;
  // Headers of each request (Authorization, and what the configuration adds); asked every time,
  // because files with secrets are read again. Null: none.
  std::function<Result<HttpHeaders>()> headers;
};

}  // namespace tailrace
