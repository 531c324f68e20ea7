// TLS settings for both ends, over OpenSSL, whose types stay out of here.
//
// A context is built once and shared by connections. Certificates that are renewed on disk are
// picked up: see TlsClient and TlsServer.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

struct ssl_ctx_st;
struct ssl_st;

namespace tailrace {

enum class TlsVersion : std::uint8_t { kDefault, k10, k11, k12, k13 };
// "TLS10".."TLS13"; "" is kDefault.
Result<TlsVersion> parse_tls_version(std::string_view text);

// Go's names: NoClientCert, RequestClientCert, RequireAnyClientCert, VerifyClientCertIfGiven,
// RequireAndVerifyClientCert.
enum class TlsClientAuth : std::uint8_t {
  kNone,
  kRequest,
  kRequireAny,
  kVerifyIfGiven,
  kRequireAndVerify
};
Result<TlsClientAuth> parse_client_auth(std::string_view text);

// Text in `ca`, `cert`, `key` is PEM; the *_file names are read when a context is built.
struct TlsClientOptions {
  std::string ca, ca_file;
  std::string cert, cert_file;
  std::string key, key_file;
  // Instead of the URL's host, for SNI and for the check of the certificate.
  std::string server_name;
  bool insecure_skip_verify = false;
  TlsVersion min_version = TlsVersion::kDefault;  // TLS 1.2
  TlsVersion max_version = TlsVersion::kDefault;
};

struct TlsServerOptions {
  std::string cert{}, cert_file{};
  std::string key{}, key_file{};
  std::string client_ca{}, client_ca_file{};
  TlsClientAuth client_auth = TlsClientAuth::kNone;
  TlsVersion min_version = TlsVersion::kDefault;
  // Go's names, separated by commas; empty: OpenSSL's choice. TLS 1.2 only.
  std::string cipher_suites{};

  bool enabled() const { return !cert.empty() || !cert_file.empty(); }
};

using TlsContextPtr = std::shared_ptr<ssl_ctx_st>;

// Builds contexts from options again when one of the files has changed on disk. Thread-safe.
template <class Options>
class TlsContexts {
 public:
  explicit TlsContexts(Options options) : options_(std::move(options)) {}
  const Options& options() const noexcept { return options_; }
  // The context for the next connection. If changed files cannot be used, the last good context
  // goes on and the trouble is logged; only the first failure is an error. kNotFound, kIo or
  // kInvalid.
  Result<TlsContextPtr> current();

 private:
  const Options options_;
  std::mutex mutex_;
  TlsContextPtr context_;
  std::string stamps_;  // of the files: device, inode, size, time
};

using TlsClient = TlsContexts<TlsClientOptions>;
using TlsServer = TlsContexts<TlsServerOptions>;

// What OpenSSL's error queue says, for people.
std::string tls_error_text();
// Sets SNI and the name or address to verify on a client's connection.
Result<void> prepare_tls_client(ssl_st* connection, const TlsClientOptions& options,
                                const std::string& host);
// Why a handshake failed: the certificate check if that was it, else the error queue.
std::string handshake_error_text(ssl_st* connection);

}  // namespace tailrace
