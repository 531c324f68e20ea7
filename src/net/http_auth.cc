// HttpAuth: what a configuration's credentials become on a request.
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <optional>

#include "base/clock.h"
#include "net/dial.h"
#include "net/http_client_config.h"

namespace tailrace {
namespace {

// A token is asked for anew this long before its end, so that it does not expire on its way.
constexpr std::int64_t kTokenMarginNs = 10 * kNsPerSecond;
constexpr std::size_t kTokenBytesMax = 1024 * 1024;

struct Token {
  std::string authorization;  // "Bearer abc"
  std::int64_t until_ns = 0;  // monotonic; INT64_MAX: until it is refused
};

Result<Token> parse_token(const HttpResponse& response) {
  if (response.status / 100 != 2) {
    const ErrorCode code = response.status >= 500 || response.status == 429
                               ? ErrorCode::kUnavailable
                               : ErrorCode::kRejected;
    return Error{code, "the token server answers " + std::to_string(response.status) + ": " +
                           response.body.substr(0, 200)};
  }
  boost::system::error_code error;
  const boost::json::value json = boost::json::parse(response.body, error);
  const boost::json::object* const object = error ? nullptr : json.if_object();
  const boost::json::value* const token =
      object != nullptr ? object->if_contains("access_token") : nullptr;
  if (token == nullptr || !token->is_string() ||
      !is_header_value(std::string_view(token->get_string()))) {
    return Error{ErrorCode::kUnavailable, "the token server's answer has no access_token"};
  }
  // Some servers write "bearer"; some receivers are strict.
  std::string type = "Bearer";
  if (const boost::json::value* given = object->if_contains("token_type");
      given != nullptr && given->is_string()) {
    const std::string_view text = given->get_string();
    if (!text.empty() && text != "bearer" && is_token(text)) type = text;
  }
  Token out;
  out.authorization = type + " " + std::string(std::string_view(token->get_string()));
  out.until_ns = INT64_MAX;
  if (const boost::json::value* seconds = object->if_contains("expires_in"); seconds != nullptr) {
    std::int64_t left = 0;
    if (seconds->is_int64()) left = seconds->get_int64();
    if (seconds->is_uint64())
      left = static_cast<std::int64_t>(std::min<std::uint64_t>(seconds->get_uint64(), 1U << 30));
    if (seconds->is_double())
      left = static_cast<std::int64_t>(std::min(seconds->get_double(), 1e9));
    left = std::min<std::int64_t>(left, 1 << 30);
    if (left > 0)
      out.until_ns = Clock::system().monotonic_ns() + left * kNsPerSecond - kTokenMarginNs;
  }
  return out;
}

HttpClientOptions token_client_options(const OAuth2Config& config) {
  HttpClientOptions out;
  out.tls = config.tls;
  out.proxy = config.proxy;
  return out;
}

}  // namespace

struct HttpAuth::Impl {
  Impl(const Executor& executor, HttpClientConfig given) : config(std::move(given)) {
    if (!config.oauth2.token_url.empty())
      client = std::make_unique<HttpClient>(executor, token_client_options(config.oauth2));
  }

  const HttpClientConfig config;
  std::unique_ptr<HttpClient> client;  // asks for tokens
  std::optional<Token> token;

  // Authorization from files or the configuration; "" for none.
  Result<std::string> authorization() const {
    if (config.has_basic_auth) {
      Result<std::string> user = config.username.get();
      if (!user) return std::move(user).error().in("basic_auth");
      Result<std::string> password = config.password.get();
      if (!password) return std::move(password).error().in("basic_auth");
      return basic_authorization(*user, *password);
    }
    if (config.authorization_type.empty()) return std::string();
    Result<std::string> credentials = config.credentials.get();
    if (!credentials) return std::move(credentials).error().in("credentials");
    return config.authorization_type + " " + *credentials;
  }

  Result<void> add_configured(HttpHeaders& headers) const {
    for (const HttpHeaderConfig& header : config.headers) {
      if (has_header(headers, header.name)) continue;
      for (const std::string& value : header.values) headers.emplace_back(header.name, value);
      for (const Secret& secret : header.secrets) headers.emplace_back(header.name, secret.value);
      for (const std::string& file : header.files) {
        Result<std::string> text = SecretSource{{}, file}.get();
        if (!text) return std::move(text).error().in("http_headers");
        headers.emplace_back(header.name, std::move(text).value());
      }
    }
    return {};
  }

  awaitable<Result<void>> fetch_token(std::int64_t timeout_ns) {
    const OAuth2Config& oauth2 = config.oauth2;
    Result<std::string> secret = oauth2.client_secret.get();
    if (!secret) co_return std::move(secret).error().in("oauth2");
    std::string form = "grant_type=client_credentials";
    std::string scopes;
    for (const std::string& scope : oauth2.scopes) scopes += (scopes.empty() ? "" : " ") + scope;
    if (!scopes.empty()) form += "&scope=" + percent_encode(scopes);
    for (const auto& [name, value] : oauth2.endpoint_params)
      form += "&" + percent_encode(name) + "=" + percent_encode(value);
    Result<Url> url = parse_url(oauth2.token_url);
    if (!url) co_return std::move(url).error().in("oauth2");
    HttpRequest request;
    request.method = "POST";
    request.url = std::move(url).value();
    request.headers = {{"Content-Type", "application/x-www-form-urlencoded"},
                       {"Authorization", basic_authorization(percent_encode(oauth2.client_id),
                                                             percent_encode(*secret))}};
    request.body = form;
    request.response_bytes_max = kTokenBytesMax;
    Result<HttpResponse> response = co_await client->send(request, timeout_ns);
    if (!response) co_return std::move(response).error().in("oauth2");
    Result<Token> parsed = parse_token(*response);
    if (!parsed) co_return std::move(parsed).error().in("oauth2");
    token = std::move(parsed).value();
    co_return Result<void>();
  }
};

HttpAuth::HttpAuth(Executor executor, HttpClientConfig config)
    : impl_(std::make_unique<Impl>(executor, std::move(config))) {}
HttpAuth::~HttpAuth() = default;
void HttpAuth::forget_token() { impl_->token.reset(); }
void HttpAuth::close() {
  if (impl_->client) impl_->client->close();
}

awaitable<Result<void>> HttpAuth::add_headers(HttpHeaders& headers, std::int64_t timeout_ns) {
  Impl& self = *impl_;
  if (!has_header(headers, "Authorization")) {
    Result<std::string> authorization = self.authorization();
    if (!authorization) co_return std::move(authorization).error();
    if (authorization->empty() && self.client) {
      if (!self.token || Clock::system().monotonic_ns() > self.token->until_ns) {
        Result<void> fetched = co_await self.fetch_token(timeout_ns);
        if (!fetched) co_return std::move(fetched).error();
      }
      authorization = self.token->authorization;
    }
    if (!authorization->empty()) headers.emplace_back("Authorization", *authorization);
  }
  co_return self.add_configured(headers);
}

}  // namespace tailrace
