#include "net/tls.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "net/http_client.h"
#include "net_fixture.h"

namespace tailrace {
namespace {

// Certificates made by the openssl program: a CA, a server for localhost and 127.0.0.1, a client,
// and a stranger's.
class Certificates {
 public:
  Certificates() : folder_(testing::TempDir() + "tls_" + std::to_string(::getpid())) {
    std::filesystem::create_directories(folder_);
    std::ofstream(folder_ + "/san") << "subjectAltName=DNS:localhost,IP:127.0.0.1\n";
    ok_ = make_ca("ca") && make_ca("other_ca") && make("server", "ca", "localhost") &&
          make("client", "ca", "client") && make("stranger", "other_ca", "stranger");
  }
  ~Certificates() { std::filesystem::remove_all(folder_); }
  bool ok() const { return ok_; }
  std::string file(const std::string& name) const { return folder_ + "/" + name; }
  bool make(const std::string& name, const std::string& ca, const std::string& subject) const {
    return run("req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout " + name +
               ".key -out " + name + ".csr -subj /CN=" + subject) &&
           run("x509 -req -in " + name + ".csr -CA " + ca + ".crt -CAkey " + ca +
               ".key -CAcreateserial -days 2 -extfile san -out " + name + ".crt");
  }

 private:
  bool make_ca(const std::string& name) const {
    return run("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout " + name +
               ".key -out " + name + ".crt -days 2 -subj /CN=" + name);
  }
  bool run(const std::string& arguments) const {
    return std::system(
               ("cd '" + folder_ + "' && openssl " + arguments + " >/dev/null 2>&1").c_str()) == 0;
  }
  std::string folder_;
  bool ok_ = false;
};

class Tls : public testing::Test {
 protected:
  static void SetUpTestSuite() { certificates_ = std::make_unique<Certificates>(); }
  static void TearDownTestSuite() { certificates_.reset(); }
  void SetUp() override {
    if (!certificates_->ok()) GTEST_SKIP() << "no openssl program";
  }

  static std::string file(const std::string& name) { return certificates_->file(name); }
  static HttpServerOptions server_options(TlsClientAuth auth = TlsClientAuth::kNone) {
    HttpServerOptions options;
    options.listeners.resize(1);
    TlsServerOptions& tls = options.listeners[0].tls;
    tls.cert_file = file("server.crt");
    tls.key_file = file("server.key");
    tls.client_auth = auth;
    if (auth == TlsClientAuth::kVerifyIfGiven || auth == TlsClientAuth::kRequireAndVerify)
      tls.client_ca_file = file("ca.crt");
    return options;
  }
  static TlsClientOptions trusting() {
    TlsClientOptions options;
    options.ca_file = file("ca.crt");
    return options;
  }
  static TlsClientOptions with_certificate(const std::string& name) {
    TlsClientOptions options = trusting();
    options.cert_file = file(name + ".crt");
    options.key_file = file(name + ".key");
    return options;
  }
  static void routes(Router& router) {
    router.get("/", [](Request&, Response& response) { response.body = "secret hello"; });
    router.get("/big", [](Request&, Response& response) { response.body.assign(2'000'000, 'b'); });
    router.post("/echo",
                [](Request& request, Response& response) { response.body = request.body(); });
  }
  // "200 body", or the error's text.
  static std::string get(const TlsClientOptions& tls, const std::string& url,
                         const ProxyOptions& proxy = {}) {
    IoThread thread("client");
    std::string out;
    {
      HttpClientOptions options;
      options.tls = tls;
      options.proxy = proxy;
      HttpClient client(thread.executor(), options);
      const Result<HttpResponse> response =
          run_on(thread, client.get(parse_url(url).value(), 10 * kNsPerSecond));
      out = response ? std::to_string(response->status) + " " + response->body
                     : response.error().text();
      EXPECT_TRUE(response || response.error().code() == ErrorCode::kUnavailable) << out;
      thread.run_and_wait([&] { client.close(); });
    }
    return out;
  }
  static std::string url(TestServer& server, const std::string& host = "localhost") {
    return "https://" + host + ":" + std::to_string(server.port()) + "/";
  }
  static std::unique_ptr<Certificates> certificates_;
};
std::unique_ptr<Certificates> Tls::certificates_;

TEST_F(Tls, ClientsCheckTheServer) {
  TestServer server(routes, server_options());
  const std::string port = std::to_string(server.port());
  EXPECT_EQ(get(trusting(), url(server)), "200 secret hello");
  EXPECT_EQ(get(trusting(), url(server, "127.0.0.1")), "200 secret hello");
  EXPECT_EQ(get(TlsClientOptions{}, url(server)),
            "TLS with localhost:" + port +
                ": certificate not accepted: unable to get local issuer certificate");
  TlsClientOptions stranger;
  stranger.ca_file = file("other_ca.crt");
  EXPECT_EQ(get(stranger, url(server)),
            "TLS with localhost:" + port +
                ": certificate not accepted: unable to get local issuer certificate");
  TlsClientOptions named = trusting();
  named.server_name = "elsewhere.example";
  EXPECT_EQ(get(named, url(server)),
            "TLS with localhost:" + port + ": certificate not accepted: hostname mismatch");
  named.server_name = "localhost";
  EXPECT_EQ(get(named, url(server, "127.0.0.1")), "200 secret hello");
  TlsClientOptions careless;
  careless.insecure_skip_verify = true;
  EXPECT_EQ(get(careless, url(server)), "200 secret hello");
  TlsClientOptions inline_ca;
  std::ifstream in(file("ca.crt"));
  inline_ca.ca.assign(std::istreambuf_iterator<char>(in), {});
  EXPECT_EQ(get(inline_ca, url(server)), "200 secret hello");
}

TEST_F(Tls, SystemCertificatesComeFromTheEnvironment) {
  TestServer server(routes, server_options());
  ::setenv("SSL_CERT_FILE", file("ca.crt").c_str(), 1);
  EXPECT_EQ(get(TlsClientOptions{}, url(server)), "200 secret hello");
  ::unsetenv("SSL_CERT_FILE");
}

TEST_F(Tls, ServersCheckClients) {
  auto f = [&](TlsClientAuth auth, const TlsClientOptions& client, bool accepted) {
    SCOPED_TRACE(static_cast<int>(auth));
    TestServer server(routes, server_options(auth));
    const std::string got = get(client, url(server));
    EXPECT_EQ(got == "200 secret hello", accepted) << got;
  };
  const TlsClientOptions none = trusting();
  const TlsClientOptions good = with_certificate("client");
  const TlsClientOptions bad = with_certificate("stranger");
  f(TlsClientAuth::kNone, none, true);
  f(TlsClientAuth::kNone, bad, true);
  f(TlsClientAuth::kRequest, none, true);
  f(TlsClientAuth::kRequest, bad, true);
  f(TlsClientAuth::kRequireAny, none, false);
  f(TlsClientAuth::kRequireAny, bad, true);
  f(TlsClientAuth::kVerifyIfGiven, none, true);
  f(TlsClientAuth::kVerifyIfGiven, good, true);
  f(TlsClientAuth::kVerifyIfGiven, bad, false);
  f(TlsClientAuth::kRequireAndVerify, none, false);
  f(TlsClientAuth::kRequireAndVerify, good, true);
  f(TlsClientAuth::kRequireAndVerify, bad, false);
}

TEST_F(Tls, VersionsMeetOrNot) {
  HttpServerOptions options = server_options();
  options.listeners[0].tls.min_version = TlsVersion::k13;
  TestServer server(routes, options);
  TlsClientOptions client = trusting();
  EXPECT_EQ(get(client, url(server)), "200 secret hello");
  client.max_version = TlsVersion::k12;
  EXPECT_NE(get(client, url(server)), "200 secret hello");
  HttpServerOptions suites = server_options();
  suites.listeners[0].tls.cipher_suites =
      "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, TLS_AES_128_GCM_SHA256";
  TestServer narrow(routes, suites);
  EXPECT_EQ(get(client, url(narrow)), "200 secret hello");
  suites.listeners[0].tls.cipher_suites = "TLS_NO_SUCH_WITH_SUITE";
  EXPECT_EQ(TlsServer(suites.listeners[0].tls).current().error().text(),
            "unknown TLS cipher suite \"TLS_NO_SUCH_WITH_SUITE\"");
}

TEST_F(Tls, LargeBodiesBothWays) {
  TestServer server(routes, server_options());
  IoThread thread("client");
  HttpClientOptions options;
  options.tls = trusting();
  HttpClient client(thread.executor(), options);
  const std::string body(3'000'000, 'e');
  for (int i = 0; i < 3; ++i) {
    HttpRequest request{.method = "POST",
                        .url = parse_url(url(server)).value().with_target("/echo"),
                        .headers = {},
                        .body = body};
    const Result<HttpResponse> echo = run_on(thread, client.send(request, 10 * kNsPerSecond));
    ASSERT_TRUE(echo) << echo.error().text();
    EXPECT_EQ(echo->body, body);
    const Result<HttpResponse> big = run_on(
        thread, client.get(parse_url(url(server)).value().with_target("/big"), 10 * kNsPerSecond));
    ASSERT_TRUE(big);
    EXPECT_EQ(big->body, std::string(2'000'000, 'b'));
  }
  EXPECT_EQ(server.connections(), 1u) << "one handshake for all";
  thread.run_and_wait([&] { client.close(); });
}

TEST_F(Tls, PlainBytesToATlsPort) {
  HttpServerOptions options = server_options();
  options.header_timeout_ns = 100 * kNsPerMs;
  TestServer server(routes, options);
  (void)server.talk("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(server.talk(""), "") << "a silent client is cut by the header's deadline";
  EXPECT_EQ(get(trusting(), url(server)), "200 secret hello");
}

TEST_F(Tls, ThroughAProxysTunnel) {
  TestServer server(routes, server_options());
  // A proxy for one connection.
  Fd listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t bytes = sizeof address;
  ASSERT_EQ(::bind(listener.get(), reinterpret_cast<sockaddr*>(&address), bytes), 0);
  ::listen(listener.get(), 1);
  ::getsockname(listener.get(), reinterpret_cast<sockaddr*>(&address), &bytes);
  std::string asked;
  std::thread proxy([&] {
    RawClient client(Fd(::accept(listener.get(), nullptr, nullptr)));
    asked = client.read_until("\r\n\r\n");
    RawClient upstream(server.port());
    client.send("HTTP/1.1 200 Connection established\r\n\r\n");
    pollfd both[] = {{client.fd(), POLLIN, 0}, {upstream.fd(), POLLIN, 0}};
    char part[16384];
    while (::poll(both, 2, 10'000) > 0) {
      for (int i = 0; i < 2; ++i) {
        if (both[i].revents == 0) continue;
        const ssize_t count = ::recv(both[i].fd, part, sizeof part, 0);
        if (count <= 0) return;
        (i == 0 ? upstream : client).send({part, static_cast<std::size_t>(count)});
      }
    }
  });
  ProxyOptions through;
  through.url = parse_url("http://127.0.0.1:" + std::to_string(ntohs(address.sin_port))).value();
  EXPECT_EQ(get(trusting(), url(server), through), "200 secret hello");
  proxy.join();
  EXPECT_TRUE(
      asked.starts_with("CONNECT localhost:" + std::to_string(server.port()) + " HTTP/1.1\r\n"));
}

TEST_F(Tls, RenewedCertificatesArePickedUp) {
  std::filesystem::copy_file(file("server.crt"), file("live.crt"));
  std::filesystem::copy_file(file("server.key"), file("live.key"));
  TlsServerOptions options;
  options.cert_file = file("live.crt");
  options.key_file = file("live.key");
  TlsServer server(options);
  const TlsContextPtr first = server.current().value();
  EXPECT_EQ(server.current().value(), first) << "unchanged files, same context";
  std::ofstream(file("live.crt")) << "broken";
  EXPECT_EQ(server.current().value(), first) << "the last good one goes on";
  ASSERT_TRUE(certificates_->make("live", "ca", "localhost"));
  EXPECT_NE(server.current().value(), first);
}

TEST_F(Tls, SaysWhichFileIsBad) {
  auto f = [](const TlsServerOptions& options, const std::string& want) {
    SCOPED_TRACE(want);
    TlsServer server(options);
    const Result<TlsContextPtr> made = server.current();
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().text(), want);
  };
  std::ofstream(file("empty")) << "";
  f({.cert_file = "/nonexistent.crt", .key_file = file("server.key")},
    "open /nonexistent.crt: No such file or directory");
  f({.cert_file = file("empty"), .key_file = file("server.key")},
    "certificate " + file("empty") + ": no start line");
  f({.cert_file = file("server.crt"), .key_file = file("client.key")},
    "key " + file("client.key") + ": key values mismatch");
  f({.cert_file = file("server.crt"),
     .key_file = file("server.key"),
     .client_ca_file = file("empty"),
     .client_auth = TlsClientAuth::kRequireAndVerify},
    "client CA " + file("empty") + ": no certificate in it");
}

}  // namespace
}  // namespace tailrace
