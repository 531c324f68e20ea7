#include "net/listen_config.h"

#include "base/file.h"
#include "base/text.h"

namespace tailrace {
namespace {

constexpr std::size_t kPasswordBytesMax = 64 * 1024;

void read_user(const ConfigNode& node, std::vector<BasicAuthUser>& users) {
  node.strict({"username", "password", "password_file"});
  BasicAuthUser user;
  Secret password;
  std::string file;
  node.read("username", user.name);
  node.read("password", password);
  node.read("password_file", file);
  if (user.name.empty()) return node.error("username", "is missing");
  if (user.name.find(':') != std::string::npos)
    return node.error("username", "must not hold a colon");
  if (password.value.empty() == file.empty())
    return node.error("password", "give either password or password_file");
  user.password = password.value;
  if (!file.empty()) {
    const Result<std::string> text = read_file(file, kPasswordBytesMax);
    if (!text) return node.error("password_file", text.error().text());
    user.password = trim_space(*text);
  }
  users.push_back(std::move(user));
}

}  // namespace

void read_port(const ConfigNode& node, std::string_view key, std::uint16_t& port) {
  std::int64_t value = port;
  if (!node.read(key, value)) return;
  if (value < 0 || value > 65535) return node.error(key, "must be a port from 0 to 65535");
  port = static_cast<std::uint16_t>(value);
}

void read_server_tls(const ConfigNode& node, TlsServerOptions& options) {
  if (node.empty()) return;
  node.strict(
      {"cert_file", "key_file", "client_auth_type", "client_ca_file", "cert", "key", "client_ca"});
  node.read("cert_file", options.cert_file);
  node.read("key_file", options.key_file);
  node.read("client_ca_file", options.client_ca_file);
  node.read("cert", options.cert);
  node.read("client_ca", options.client_ca);
  Secret key;
  node.read("key", key);
  options.key = key.value;
  std::string auth;
  node.read("client_auth_type", auth);
  const Result<TlsClientAuth> parsed = parse_client_auth(auth);
  if (!parsed) return node.error("client_auth_type", parsed.error().text());
  options.client_auth = *parsed;
  const auto both = [&node](const char* name, const std::string& text, const std::string& file) {
    if (!text.empty() && !file.empty())
      node.error(std::string(name) + " and " + name + "_file exclude each other");
  };
  both("cert", options.cert, options.cert_file);
  both("key", options.key, options.key_file);
  both("client_ca", options.client_ca, options.client_ca_file);
  const bool has_key = !options.key.empty() || !options.key_file.empty();
  if (options.enabled() != has_key) node.error("TLS needs both a certificate and a key");
  const bool has_ca = !options.client_ca.empty() || !options.client_ca_file.empty();
  const bool verifies = options.client_auth == TlsClientAuth::kVerifyIfGiven ||
                        options.client_auth == TlsClientAuth::kRequireAndVerify;
  if (verifies && !has_ca) node.error("client_ca_file", "is needed to verify clients");
  if (has_ca && options.client_auth == TlsClientAuth::kNone) {
    node.error("client_auth_type",
               "a client CA is given, but clients are not asked for certificates");
  }
}

void read_users(const ConfigNode& node, std::vector<BasicAuthUser>& users) {
  if (node.empty()) return;
  if (!node.is_list()) return read_user(node, users);
  for (const ConfigNode& item : node.items()) read_user(item, users);
}

}  // namespace tailrace
