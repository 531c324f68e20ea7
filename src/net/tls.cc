#include "net/tls.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <initializer_list>
#include <optional>

#include "base/file.h"
#include "base/text.h"
#include "telemetry/log.h"

namespace tailrace {
namespace {

constexpr std::size_t kPemBytesMax = 16 * 1024 * 1024;
// Where distributions keep the certificates they trust: Debian and Alpine, Red Hat, SUSE, others.
constexpr const char* kSystemFiles[] = {"/etc/ssl/certs/ca-certificates.crt",
                                        "/etc/pki/tls/certs/ca-bundle.crt",
                                        "/etc/ssl/ca-bundle.pem",
                                        "/etc/pki/tls/cacert.pem",
                                        "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
                                        "/etc/ssl/cert.pem"};
constexpr const char* kSystemFolders[] = {"/etc/ssl/certs", "/etc/pki/tls/certs"};

struct BioFree {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
struct X509Free {
  void operator()(X509* certificate) const { X509_free(certificate); }
};
struct KeyFree {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using BioPtr = std::unique_ptr<BIO, BioFree>;
using X509Ptr = std::unique_ptr<X509, X509Free>;
using KeyPtr = std::unique_ptr<EVP_PKEY, KeyFree>;

BioPtr memory_bio(std::string_view text) {
  return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// An encrypted key must not make OpenSSL ask at the terminal.
int no_password(char*, int, int, void*) { return 0; }

Error tls_error(const std::string& what) {
  return Error{ErrorCode::kInvalid, what + ": " + tls_error_text()};
}

// The PEM text itself, or the content of the file.
Result<std::string> pem_text(const std::string& text, const std::string& file) {
  if (file.empty()) return text;
  return read_file(file, kPemBytesMax);
}

// Every certificate of the text; how many there were.
int add_trusted(X509_STORE* store, std::string_view pem) {
  const BioPtr bio = memory_bio(pem);
  int count = 0;
  while (
      const X509Ptr certificate{PEM_read_bio_X509_AUX(bio.get(), nullptr, no_password, nullptr)}) {
    count += X509_STORE_add_cert(store, certificate.get()) == 1 ? 1 : 0;
  }
  ERR_clear_error();  // the end of the text is an error to the reader
  return count;
}

void add_trusted_folder(X509_STORE* store, const std::string& folder) {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    const Result<std::string> text = read_file(entry.path(), kPemBytesMax);
    if (text) add_trusted(store, *text);
  }
}

void trust_system(SSL_CTX* context) {
  X509_STORE* const store = SSL_CTX_get_cert_store(context);
  int count = 0;
  const char* const env_file = std::getenv("SSL_CERT_FILE");
  const auto add_file = [&](const char* path) {
    const Result<std::string> text = read_file(path, kPemBytesMax);
    if (text) count += add_trusted(store, *text);
    return static_cast<bool>(text);
  };
  if (env_file != nullptr && *env_file != '\0') {
    add_file(env_file);
  } else {
    for (const char* path : kSystemFiles) {
      if (add_file(path)) break;
    }
  }
  const char* const env_folders = std::getenv("SSL_CERT_DIR");
  if (env_folders != nullptr && *env_folders != '\0') {
    for (const std::string_view folder : split(env_folders, ':'))
      add_trusted_folder(store, std::string(folder));
  } else if (count == 0) {
    for (const char* folder : kSystemFolders) add_trusted_folder(store, folder);
  }
}

Result<void> trust(SSL_CTX* context, const std::string& text, const std::string& file,
                   const char* what) {
  TAILRACE_TRY(const std::string pem, pem_text(text, file));
  if (add_trusted(SSL_CTX_get_cert_store(context), pem) == 0) {
    return Error{ErrorCode::kInvalid,
                 std::string(what) + (file.empty() ? "" : " " + file) + ": no certificate in it"};
  }
  return {};
}

Result<void> use_certificate(SSL_CTX* context, const std::string& cert,
                             const std::string& cert_file, const std::string& key,
                             const std::string& key_file) {
  TAILRACE_TRY(const std::string chain, pem_text(cert, cert_file));
  TAILRACE_TRY(const std::string key_text, pem_text(key, key_file));
  const std::string cert_name = "certificate" + (cert_file.empty() ? "" : " " + cert_file);
  const std::string key_name = "key" + (key_file.empty() ? "" : " " + key_file);
  const BioPtr bio = memory_bio(chain);
  const X509Ptr own(PEM_read_bio_X509_AUX(bio.get(), nullptr, no_password, nullptr));
  if (!own || SSL_CTX_use_certificate(context, own.get()) != 1) return tls_error(cert_name);
  while (X509* const next = PEM_read_bio_X509(bio.get(), nullptr, no_password, nullptr)) {
    if (SSL_CTX_add0_chain_cert(context, next) != 1) {
      X509_free(next);
      return tls_error(cert_name);
    }
  }
  ERR_clear_error();
  const BioPtr key_bio = memory_bio(key_text);
  const KeyPtr secret(PEM_read_bio_PrivateKey(key_bio.get(), nullptr, no_password, nullptr));
  if (!secret || SSL_CTX_use_PrivateKey(context, secret.get()) != 1) return tls_error(key_name);
  if (SSL_CTX_check_private_key(context) != 1) {
    ERR_clear_error();
    return Error{ErrorCode::kInvalid, key_name + " does not belong to " + cert_name};
  }
  return {};
}

int openssl_version(TlsVersion version, int otherwise) {
  switch (version) {
    case TlsVersion::kDefault:
      return otherwise;
    case TlsVersion::k10:
      return TLS1_VERSION;
    case TlsVersion::k11:
      return TLS1_1_VERSION;
    case TlsVersion::k12:
      return TLS1_2_VERSION;
    case TlsVersion::k13:
      return TLS1_3_VERSION;
  }
  return otherwise;
}

TlsContextPtr new_context(const SSL_METHOD* method, TlsVersion min, TlsVersion max) {
  TlsContextPtr context(SSL_CTX_new(method), SSL_CTX_free);
  SSL_CTX_set_min_proto_version(context.get(), openssl_version(min, TLS1_2_VERSION));
  SSL_CTX_set_max_proto_version(context.get(), openssl_version(max, 0));
  if (min == TlsVersion::k10 || min == TlsVersion::k11) {
    // OpenSSL 3 keeps the old versions only for those who say this.
    SSL_CTX_set_cipher_list(context.get(), "DEFAULT@SECLEVEL=0");
  }
  SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE |
                                      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                      SSL_MODE_RELEASE_BUFFERS);
  return context;
}

int accept_any(int, X509_STORE_CTX*) { return 1; }

void ask_for_certificate(SSL_CTX* context, TlsClientAuth auth) {
  switch (auth) {
    case TlsClientAuth::kNone:
      return;
    case TlsClientAuth::kRequest:
      return SSL_CTX_set_verify(context, SSL_VERIFY_PEER, accept_any);
    case TlsClientAuth::kRequireAny:
      return SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
                                accept_any);
    case TlsClientAuth::kVerifyIfGiven:
      return SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
    case TlsClientAuth::kRequireAndVerify:
      return SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
                                nullptr);
  }
}

// We speak HTTP/1.1 only; a client that offers it gets it, others are not told anything.
int choose_protocol(SSL*, const unsigned char** out, unsigned char* out_bytes,
                    const unsigned char* in, unsigned in_bytes, void*) {
  static const unsigned char kHttp11[] = "\x08http/1.1";
  auto* chosen = const_cast<unsigned char*>(*out);
  if (SSL_select_next_proto(&chosen, out_bytes, kHttp11, sizeof kHttp11 - 1, in, in_bytes) !=
      OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_NOACK;
  }
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

// From the names of the TLS registry, which Go uses, to OpenSSL's own.
Result<void> use_cipher_suites(SSL_CTX* context, const std::string& names) {
  std::string list;
  SSL_CTX_set_cipher_list(context, "ALL");
  STACK_OF(SSL_CIPHER)* const known = SSL_CTX_get_ciphers(context);
  for (const std::string_view word : split(names, ',')) {
    const std::string_view name = trim_space(word);
    if (name.empty()) continue;
    const char* found = nullptr;
    for (int i = 0; i < sk_SSL_CIPHER_num(known); ++i) {
      const SSL_CIPHER* const cipher = sk_SSL_CIPHER_value(known, i);
      const char* const standard = SSL_CIPHER_standard_name(cipher);
      if (standard != nullptr && name == standard) found = SSL_CIPHER_get_name(cipher);
    }
    // TLS 1.3's suites are always on, as in Go.
    if (found == nullptr && name.starts_with("TLS_") && name.find("_WITH_") == name.npos) continue;
    if (found == nullptr)
      return Error{ErrorCode::kInvalid, "unknown TLS cipher suite \"" + std::string(name) + "\""};
    if (!list.empty()) list += ':';
    list += found;
  }
  SSL_CTX_set_cipher_list(context, list.empty() ? "DEFAULT" : list.c_str());
  return {};
}

Result<TlsContextPtr> build(const TlsClientOptions& options) {
  TlsContextPtr context =
      new_context(TLS_client_method(), options.min_version, options.max_version);
  if (options.insecure_skip_verify) {
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_NONE, nullptr);
  } else {
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
    if (options.ca.empty() && options.ca_file.empty()) {
      trust_system(context.get());
    } else {
      TAILRACE_CHECK(trust(context.get(), options.ca, options.ca_file, "CA"));
    }
  }
  if (!options.cert.empty() || !options.cert_file.empty()) {
    TAILRACE_CHECK(use_certificate(context.get(), options.cert, options.cert_file, options.key,
                                   options.key_file));
  }
  static const unsigned char kHttp11[] = "\x08http/1.1";
  SSL_CTX_set_alpn_protos(context.get(), kHttp11, sizeof kHttp11 - 1);
  return context;
}

Result<TlsContextPtr> build(const TlsServerOptions& options) {
  TlsContextPtr context =
      new_context(TLS_server_method(), options.min_version, TlsVersion::kDefault);
  if (!options.cipher_suites.empty()) {
    TAILRACE_CHECK(use_cipher_suites(context.get(), options.cipher_suites));
  }
  TAILRACE_CHECK(use_certificate(context.get(), options.cert, options.cert_file, options.key,
                                 options.key_file));
  if (!options.client_ca.empty() || !options.client_ca_file.empty()) {
    TAILRACE_CHECK(trust(context.get(), options.client_ca, options.client_ca_file, "client CA"));
  }
  ask_for_certificate(context.get(), options.client_auth);
  static const unsigned char kSession[] = "tailrace";
  SSL_CTX_set_session_id_context(context.get(), kSession, sizeof kSession - 1);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_alpn_select_cb(context.get(), choose_protocol, nullptr);
  return context;
}

std::string stamps_of(std::initializer_list<const std::string*> files) {
  std::string out;
  for (const std::string* file : files) {
    struct stat status {};
    if (file->empty() || ::stat(file->c_str(), &status) != 0) {
      out += "-;";
      continue;
    }
    out += std::to_string(status.st_dev) + ' ' + std::to_string(status.st_ino) + ' ' +
           std::to_string(status.st_size) + ' ' + std::to_string(status.st_mtim.tv_sec) + '.' +
           std::to_string(status.st_mtim.tv_nsec) + ';';
  }
  return out;
}

std::string stamps_of(const TlsClientOptions& options) {
  return stamps_of({&options.ca_file, &options.cert_file, &options.key_file});
}
std::string stamps_of(const TlsServerOptions& options) {
  return stamps_of({&options.client_ca_file, &options.cert_file, &options.key_file});
}

}  // namespace

Result<TlsVersion> parse_tls_version(std::string_view text) {
  if (text.empty()) return TlsVersion::kDefault;
  if (text == "TLS10") return TlsVersion::k10;
  if (text == "TLS11") return TlsVersion::k11;
  if (text == "TLS12") return TlsVersion::k12;
  if (text == "TLS13") return TlsVersion::k13;
  return Error{ErrorCode::kInvalid, "unknown TLS version \"" + std::string(text) +
                                        "\"; use TLS10, TLS11, TLS12 or TLS13"};
}

Result<TlsClientAuth> parse_client_auth(std::string_view text) {
  if (text.empty() || text == "NoClientCert") return TlsClientAuth::kNone;
  if (text == "RequestClientCert") return TlsClientAuth::kRequest;
  if (text == "RequireAnyClientCert" || text == "RequireClientCert")
    return TlsClientAuth::kRequireAny;
  if (text == "VerifyClientCertIfGiven") return TlsClientAuth::kVerifyIfGiven;
  if (text == "RequireAndVerifyClientCert") return TlsClientAuth::kRequireAndVerify;
  return Error{ErrorCode::kInvalid,
               "unknown client auth type \"" + std::string(text) +
                   "\"; use NoClientCert, RequestClientCert, RequireAnyClientCert, "
                   "VerifyClientCertIfGiven or RequireAndVerifyClientCert"};
}

template <class Options>
Result<TlsContextPtr> TlsContexts<Options>::current() {
  const std::lock_guard lock(mutex_);
  std::string stamps = stamps_of(options_);
  if (context_ && stamps == stamps_) return context_;
  Result<TlsContextPtr> built = build(options_);
  if (!built && !context_) return built;
  stamps_ = std::move(stamps);
  if (built) {
    context_ = std::move(built).value();
  } else {
    log::error("changed TLS files cannot be used; the old ones stay",
               {{"error", built.error().text()}});
  }
  return context_;
}

template class TlsContexts<TlsClientOptions>;
template class TlsContexts<TlsServerOptions>;

std::string tls_error_text() {
  const unsigned long code = ERR_peek_last_error();
  ERR_clear_error();
  if (code == 0) return "no PEM data";
  const char* const reason = ERR_reason_error_string(code);
  return reason != nullptr ? reason : "TLS error " + std::to_string(code);
}

Result<void> prepare_tls_client(ssl_st* connection, const TlsClientOptions& options,
                                const std::string& host) {
  const std::string& name = options.server_name.empty() ? host : options.server_name;
  X509_VERIFY_PARAM* const check = SSL_get0_param(connection);
  // An address is checked as one, and is not sent as SNI.
  if (X509_VERIFY_PARAM_set1_ip_asc(check, name.c_str()) == 1) return {};
  ERR_clear_error();
  X509_VERIFY_PARAM_set_hostflags(check, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  if (SSL_set1_host(connection, name.c_str()) != 1 ||
      SSL_set_tlsext_host_name(connection, name.c_str()) != 1) {
    return tls_error("server name " + name);
  }
  return {};
}

std::string handshake_error_text(ssl_st* connection) {
  const long verified = SSL_get_verify_result(connection);
  if (verified != X509_V_OK && (SSL_get_verify_mode(connection) & SSL_VERIFY_PEER) != 0) {
    ERR_clear_error();
    return std::string("certificate not accepted: ") + X509_verify_cert_error_string(verified);
  }
  return tls_error_text();
}

}  // namespace tailrace
