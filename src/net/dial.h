// Dial: from a URL to a connected stream: name lookup, TCP or Unix socket, proxy, TLS.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "net/byte_stream.h"
#include "net/http_message.h"
#include "net/io_guard.h"
#include "net/tls.h"
#include "net/url.h"

namespace tailrace {

struct DialRequest {
  Url url;                    // host and port, or socket path, of the server
  std::optional<Url> proxy;   // connect there; for https ask it for a tunnel
  HttpHeaders proxy_headers;  // sent with CONNECT
  TlsClient* tls = nullptr;   // for https; outlives the call
};

// kTimeout when the guard's deadline passes, kUnavailable for everything the network does, kInvalid
// or kIo for unusable TLS files.
awaitable<Result<std::unique_ptr<ByteStream>>> dial(Executor executor, DialRequest request,
                                                    IoGuard& guard);

// "Basic dXNlcjpwYXNz"
std::string basic_authorization(const std::string& user, const std::string& password);

}  // namespace tailrace
