#include "net/http_client.h"

#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <boost/asio/steady_timer.hpp>
#include <mutex>
#include <thread>

#include "base/base_n.h"
#include "net/sleep.h"
#include "net_fixture.h"

namespace tailrace {
namespace {

// A server that does what a script says, byte for byte: each accepted connection is handed to the
// next step.
class ScriptedServer {
 public:
  using Step = std::function<void(RawClient&)>;
  explicit ScriptedServer(std::vector<Step> steps, int family = AF_INET)
      : steps_(std::move(steps)) {
    fd_ = Fd(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (family == AF_INET) {
      sockaddr_in address{};
      address.sin_family = AF_INET;
      address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      socklen_t bytes = sizeof address;
      EXPECT_EQ(::bind(fd_.get(), reinterpret_cast<sockaddr*>(&address), bytes), 0);
      ::getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&address), &bytes);
      port_ = ntohs(address.sin_port);
    } else {
      path_ = testing::TempDir() + "client_" + std::to_string(::getpid()) + ".sock";
      sockaddr_un address{};
      address.sun_family = AF_UNIX;
      path_.copy(address.sun_path, sizeof address.sun_path - 1);
      ::unlink(path_.c_str());
      EXPECT_EQ(::bind(fd_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    }
    ::listen(fd_.get(), 16);
    thread_ = std::thread([this] { run(); });
  }
  ~ScriptedServer() {
    ::shutdown(fd_.get(), SHUT_RDWR);
    thread_.join();
    if (!path_.empty()) ::unlink(path_.c_str());
  }
  std::uint16_t port() const { return port_; }
  const std::string& path() const { return path_; }
  std::string url(std::string_view target = "/") const {
    return "http://127.0.0.1:" + std::to_string(port_) + std::string(target);
  }
  int accepted() const { return accepted_; }

 private:
  void run() {
    for (const Step& step : steps_) {
      Fd socket(::accept4(fd_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (!socket) return;
      ++accepted_;
      RawClient client(std::move(socket));
      step(client);
    }
  }
  std::vector<Step> steps_;
  Fd fd_;
  std::uint16_t port_ = 0;
  std::string path_;
  std::atomic<int> accepted_{0};
  std::thread thread_;
};

ScriptedServer::Step answer(std::string text, std::string* request = nullptr) {
  return [text = std::move(text), request](RawClient& client) {
    const std::string head = client.read_until("\r\n\r\n");
    if (request != nullptr) *request = head;
    client.send(text);
  };
}

// A client on a thread of its own.
class TestClient {
 public:
  explicit TestClient(HttpClientOptions options = {}) : thread_("client") {
    thread_.run_and_wait(
        [&] { client_ = std::make_unique<HttpClient>(thread_.executor(), std::move(options)); });
  }
  ~TestClient() {
    thread_.run_and_wait([&] { client_.reset(); });
  }
  Result<HttpResponse> send(const HttpRequest& request,
                            std::int64_t timeout_ns = 10 * kNsPerSecond) {
    return run_on(thread_, client_->send(request, timeout_ns));
  }
  Result<HttpResponse> get(const std::string& url, std::int64_t timeout_ns = 10 * kNsPerSecond) {
    return send(HttpRequest{.method = "GET", .url = parse_url(url).value(), .headers = {}},
                timeout_ns);
  }
  IoThread& thread() { return thread_; }
  HttpClient& client() { return *client_; }
  std::size_t idle() {
    std::size_t out = 0;
    thread_.run_and_wait([&] { out = client_->idle_connections(); });
    return out;
  }

 private:
  IoThread thread_;
  std::unique_ptr<HttpClient> client_;
};

std::string outcome(const Result<HttpResponse>& response) {
  if (response) return std::to_string(response->status) + " " + response->body;
  switch (response.error().code()) {
    case ErrorCode::kTimeout:
      return "timeout";
    case ErrorCode::kUnavailable:
      return "unavailable";
    case ErrorCode::kCancelled:
      return "cancelled";
    case ErrorCode::kInvalid:
      return "invalid";
    default:
      return "other: " + response.error().text();
  }
}

TEST(HttpClient, ReadsEveryKindOfBody) {
  auto f = [](const std::string& text, const std::string& want) {
    SCOPED_TRACE(text);
    ScriptedServer server({answer(text)});
    TestClient client;
    EXPECT_EQ(outcome(client.get(server.url())), want);
  };
  f("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "200 hello");
  f("HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n", "200 ");
  f("HTTP/1.1 200 OK\r\n\r\nuntil close", "200 until close");
  f("HTTP/1.0 200 OK\r\n\r\nold", "200 old");
  f("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x\r\nde\r\n0\r\nT: "
    "v\r\n\r\n",
    "200 abcde");
  f("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: x\r\n\r\nHTTP/1.1 201 "
    "Made\r\nContent-Length: 1\r\n\r\nx",
    "201 x");
  f("HTTP/1.1 204 No Content\r\n\r\n", "204 ");
  f("HTTP/1.1 304 Not Modified\r\nContent-Length: 10\r\n\r\n", "304 ");
  f("HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nlate", "503 late");
  f("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\ncut", "unavailable");
  f("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", "unavailable");
  f("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", "unavailable");
  f("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;" + std::string(300'000, 'x'),
    "unavailable");
  f("HTTP/1.1 200 OK\r\nContent-Len", "unavailable");
  f("SSH-2.0-OpenSSH\r\n", "unavailable");
  f("", "unavailable");
  f("HTTP/1.1 200 OK\r\nX: " + std::string(300'000, 'x'), "unavailable");
}

TEST(HttpClient, SendsExactlyThis) {
  auto f = [](HttpRequest request, const std::string& want) {
    SCOPED_TRACE(want);
    std::string seen;
    ScriptedServer server({answer("HTTP/1.1 204 N\r\n\r\n", &seen)});
    request.url.port = server.port();
    TestClient client;
    EXPECT_EQ(outcome(client.send(request)), "204 ");
    const std::string port = std::to_string(server.port());
    for (std::size_t at; (at = seen.find(port)) != seen.npos;)
      seen.replace(at, port.size(), "PORT");
    EXPECT_EQ(seen, want);
  };
  f({.method = "GET", .url = parse_url("http://127.0.0.1/a?b=c").value(), .headers = {}},
    "GET /a?b=c HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nUser-Agent: tailrace\r\n\r\n");
  f({.method = "POST",
     .url = parse_url("http://eve:s%3Acret@127.0.0.1/").value(),
     .headers = {{"X-Scope-OrgID", "t1"}}},
    "POST / HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nUser-Agent: tailrace\r\nAuthorization: Basic " +
        encode_base64("eve:s:cret") + "\r\nContent-Length: 0\r\nX-Scope-OrgID: t1\r\n\r\n");
  f({.method = "GET",
     .url = parse_url("http://eve:x@127.0.0.1/").value(),
     .headers = {{"authorization", "Bearer t"}, {"User-Agent", "me"}, {"host", "other"}}},
    "GET / HTTP/1.1\r\nauthorization: Bearer t\r\nUser-Agent: me\r\nhost: other\r\n\r\n");
  TestClient client;
  HttpRequest forged{.method = "GET",
                     .url = parse_url("http://127.0.0.1/").value(),
                     .headers = {{"X", "a\r\nY: b"}}};
  EXPECT_EQ(outcome(client.send(forged)), "invalid");
}

void echo_routes(Router& router) {
  router.post("/echo",
              [](Request& request, Response& response) { response.body = request.body(); });
  router.get("/", [](Request&, Response& response) { response.body = "hello"; });
  router.get("/large", [](Request&, Response& response) { response.body.assign(1'000'000, 'x'); });
  router.add_async("GET", "/never", [](Request&) -> awaitable<Response> {
    co_await sleep_ns(3600 * kNsPerSecond);
    co_return Response();
  });
}

TEST(HttpClient, BodyInPiecesArrivesWhole) {
  TestServer server(echo_routes);
  TestClient client;
  const std::string large(3'000'000, 'p');
  const std::vector<std::string_view> pieces{"one,", "", large, ",three"};
  HttpRequest request{.method = "POST",
                      .url = parse_url(server.url("/echo")).value(),
                      .headers = {},
                      .body = "zero,",
                      .body_pieces = pieces};
  const Result<HttpResponse> response = client.send(request);
  ASSERT_TRUE(response);
  EXPECT_EQ(response->body, "zero,one," + large + ",three");
}

TEST(HttpClient, KeepsConnections) {
  TestServer server(echo_routes);
  TestClient client;
  for (int i = 0; i < 20; ++i) EXPECT_EQ(outcome(client.get(server.url("/"))), "200 hello");
  EXPECT_EQ(server.connections(), 1u);
  EXPECT_EQ(client.idle(), 1u);
  HttpClientOptions none;
  none.idle_connections_max = 0;
  TestClient other(none);
  EXPECT_EQ(outcome(other.get(server.url("/"))), "200 hello");
  EXPECT_EQ(other.idle(), 0u);
}

TEST(HttpClient, BoundsTheAnswer) {
  TestServer server(echo_routes);
  TestClient client;
  HttpRequest request{
      .method = "GET", .url = parse_url(server.url("/large")).value(), .headers = {}};
  auto f = [&](std::size_t most, bool cut, const std::string& want) {
    request.response_bytes_max = most;
    request.cut_response = cut;
    EXPECT_EQ(outcome(client.send(request)), want);
  };
  f(1'000'000, false, "200 " + std::string(1'000'000, 'x'));
  f(999'999, false, "invalid");
  f(100, true, "200 " + std::string(100, 'x'));
}

TEST(HttpClient, RetriesOnAFreshConnectionWhenAKeptOneDied) {
  std::promise<void> died;
  const auto keep_then_die = [&](RawClient& client) {
    client.read_until("\r\n\r\n");
    client.send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1");
    // Dies when the second request has come: too late for the client to see it in time.
    client.read_until("\r\n\r\n");
    client.close();
  };
  ScriptedServer server({keep_then_die, answer("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n2")});
  TestClient client;
  EXPECT_EQ(outcome(client.get(server.url())), "200 1");
  EXPECT_EQ(outcome(client.get(server.url())), "200 2");
  EXPECT_EQ(server.accepted(), 2);
}

TEST(HttpClient, DoesNotRetryWhatWasPartlyAnswered) {
  const auto half = [](RawClient& client) {
    client.read_until("\r\n\r\n");
    client.send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1");
    client.read_until("\r\n\r\n");
    client.send("HTTP/1.1 2");
    client.close();
  };
  ScriptedServer server({half, answer("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n2")});
  TestClient client;
  EXPECT_EQ(outcome(client.get(server.url())), "200 1");
  EXPECT_EQ(outcome(client.get(server.url())), "unavailable");
  EXPECT_EQ(server.accepted(), 1);
  EXPECT_EQ(outcome(client.get(server.url())), "200 2");
}

TEST(HttpClient, DropsKeptConnectionsThatWereClosedMeanwhile) {
  ScriptedServer server({answer("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1"),
                         answer("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n2")});
  TestClient client;
  EXPECT_EQ(outcome(client.get(server.url())), "200 1");
  EXPECT_EQ(outcome(client.get(server.url())), "200 2");
}

TEST(HttpClient, AnswerBeforeTheWholeBodyIsTaken) {
  const auto refuse = [](RawClient& client) {
    client.read_until("\r\n\r\n");
    client.send("HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\nConnection: close\r\n\r\nbig");
    client.half_close();
    client.read_all();
  };
  ScriptedServer server({refuse});
  TestClient client;
  const std::string body(5'000'000, 'x');
  HttpRequest request{
      .method = "POST", .url = parse_url(server.url()).value(), .headers = {}, .body = body};
  EXPECT_EQ(outcome(client.send(request)), "413 big");
}

TEST(HttpClient, OneDeadlineForAll) {
  TestServer server(echo_routes);
  TestClient client;
  EXPECT_EQ(outcome(client.get(server.url("/never"), 50 * kNsPerMs)), "timeout");
  const auto half_body = [](RawClient& peer) {
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
    peer.read_until("never");
  };
  ScriptedServer slow({half_body});
  EXPECT_EQ(outcome(client.get(slow.url(), 50 * kNsPerMs)), "timeout");
  EXPECT_EQ(client.get(server.url("/never"), 50 * kNsPerMs).error().text(),
            "timed out after 0.05 s");
  EXPECT_EQ(client.idle(), 0u) << "a timed out connection is not used again";
}

TEST(HttpClient, NamesWhatCannotBeReached) {
  TestClient client;
  std::uint16_t port = 0;
  {
    ScriptedServer gone({});
    port = gone.port();
  }
  auto f = [&](const std::string& url, const std::string& want) {
    const Result<HttpResponse> response = client.get(url);
    ASSERT_FALSE(response);
    EXPECT_EQ(response.error().code(), ErrorCode::kUnavailable);
    EXPECT_EQ(response.error().text(), want);
  };
  f("http://127.0.0.1:" + std::to_string(port),
    "connect 127.0.0.1:" + std::to_string(port) + ": Connection refused");
  f("unix:///nonexistent/x.sock", "connect /nonexistent/x.sock: No such file or directory");
  const Result<HttpResponse> unknown = client.get("http://no-such-host.invalid/");
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code(), ErrorCode::kUnavailable);
  EXPECT_TRUE(unknown.error().text().starts_with("lookup no-such-host.invalid: "))
      << unknown.error().text();
}

TEST(HttpClient, FindsNames) {
  TestServer server(echo_routes);
  TestClient client;
  EXPECT_EQ(outcome(client.get("http://localhost:" + std::to_string(server.port()) + "/")),
            "200 hello");
}

TEST(HttpClient, UnixSockets) {
  std::string seen;
  ScriptedServer server({answer("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nunix", &seen)},
                        AF_UNIX);
  TestClient client;
  HttpRequest request{
      .method = "GET",
      .url = parse_url("unix://" + server.path()).value().with_target("/containers/json?all=1"),
      .headers = {}};
  EXPECT_EQ(outcome(client.send(request)), "200 unix");
  EXPECT_TRUE(seen.starts_with("GET /containers/json?all=1 HTTP/1.1\r\nHost: localhost\r\n"))
      << seen;
}

std::string redirect(int status, const std::string& to) {
  return "HTTP/1.1 " + std::to_string(status) + " R\r\nLocation: " + to +
         "\r\nContent-Length: 3\r\n\r\nbye";
}

TEST(HttpClient, FollowsRedirects) {
  auto f = [](const std::string& method, int status, const std::string& want, bool follow = true) {
    SCOPED_TRACE(method + " " + std::to_string(status));
    std::string second;
    const auto script = [&](RawClient& client) {
      client.read_until("\r\n\r\n");
      if (method == "POST") client.read_bytes(4);
      client.send(redirect(status, "/new?x=1"));
      second = client.read_until("\r\n\r\n");
      if (second.empty()) return;
      if (method == "POST") second += client.read_bytes(4);
      client.send("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nnew");
    };
    ScriptedServer server({script});
    HttpClientOptions options;
    options.follow_redirects = follow;
    std::string got;
    {
      TestClient client(options);
      HttpRequest request{.method = method,
                          .url = parse_url(server.url("/old")).value(),
                          .headers = {{"Authorization", "Bearer t"}}};
      if (method == "POST") request.body = "body";
      got = outcome(client.send(request));
    }
    EXPECT_EQ(got, want);
    if (want != "200 new") return;
    EXPECT_TRUE(second.starts_with(method + " /new?x=1 HTTP/1.1\r\n")) << second;
    EXPECT_NE(second.find("Authorization: Bearer t\r\n"), second.npos)
        << "the same host may see it";
    EXPECT_EQ(second.ends_with("body"), method == "POST");
  };
  for (const int status : {301, 302, 303, 307, 308}) f("GET", status, "200 new");
  for (const int status : {307, 308}) f("POST", status, "200 new");
  for (const int status : {301, 302, 303}) f("POST", status, std::to_string(status) + " bye");
  f("POST", 307, "307 bye", false);
}

TEST(HttpClient, RedirectToAnotherHostTakesNoCredentials) {
  std::string seen;
  ScriptedServer other({answer("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nother", &seen)});
  ScriptedServer first({answer(redirect(307, other.url("/there")))});
  TestClient client;
  HttpRequest request{.method = "GET",
                      .url = parse_url(first.url()).value(),
                      .headers = {{"Authorization", "Bearer t"}, {"X-Keep", "1"}}};
  request.url.has_user = true;
  request.url.user = "eve";
  EXPECT_EQ(outcome(client.send(request)), "200 other");
  EXPECT_EQ(seen.find("Authorization"), seen.npos);
  EXPECT_NE(seen.find("X-Keep: 1\r\n"), seen.npos);
}

TEST(HttpClient, RedirectLoopsEnd) {
  TestServer server([](Router& router) {
    router.get("/", [](Request&, Response& response) { response = redirect_response(302, "/"); });
  });
  TestClient client;
  EXPECT_EQ(client.get(server.url("/")).error().text(), "stopped after 10 redirects");
}

TEST(HttpClient, PlainRequestsThroughAProxy) {
  std::string seen;
  ScriptedServer proxy({answer("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nproxy", &seen)});
  HttpClientOptions options;
  options.proxy.url = parse_url("http://pu:pp@127.0.0.1:" + std::to_string(proxy.port())).value();
  TestClient client(options);
  EXPECT_EQ(outcome(client.get("http://target.example:8080/x?y")), "200 proxy");
  EXPECT_EQ(seen,
            "GET http://target.example:8080/x?y HTTP/1.1\r\nHost: "
            "target.example:8080\r\nUser-Agent: tailrace\r\nProxy-Authorization: Basic " +
                encode_base64("pu:pp") + "\r\n\r\n");
}

TEST(HttpClient, RefusedTunnelsAreUnavailable) {
  std::string seen;
  ScriptedServer proxy({answer("HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n", &seen)});
  HttpClientOptions options;
  options.proxy.url = parse_url("http://127.0.0.1:" + std::to_string(proxy.port())).value();
  options.proxy.connect_headers = {{"X-Who", "me"}};
  TestClient client(options);
  const Result<HttpResponse> response = client.get("https://target.example/");
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code(), ErrorCode::kUnavailable);
  EXPECT_TRUE(response.error().text().ends_with("the proxy answers 407"))
      << response.error().text();
  EXPECT_EQ(seen,
            "CONNECT target.example:443 HTTP/1.1\r\nHost: target.example:443\r\nX-Who: me\r\n\r\n");
}

awaitable<std::string> read_stream(HttpClient& client, HttpRequest request) {
  Result<std::unique_ptr<HttpStream>> stream = co_await client.open(request, kNsPerSecond);
  if (!stream) co_return "open: " + stream.error().text();
  std::string out = std::to_string((*stream)->status()) + ":";
  while (true) {
    char room[3];
    Result<std::size_t> count = co_await (*stream)->read_some(room, 100 * kNsPerMs);
    if (!count) co_return out + "|" + count.error().text();
    if (*count == 0) co_return out;
    out.append(room, *count);
  }
}

TEST(HttpClient, StreamsBodies) {
  auto f = [](const ScriptedServer::Step& step, const std::string& want) {
    ScriptedServer server({step});
    TestClient client;
    HttpRequest request{.method = "GET", .url = parse_url(server.url()).value(), .headers = {}};
    EXPECT_EQ(run_on(client.thread(), read_stream(client.client(), request)), want);
  };
  f(answer(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7\r\nabcdefg\r\n1\r\nh\r\n0\r\n\r\n"),
    "200:abcdefgh");
  f(answer("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nabcd"), "200:abcd");
  f(answer("HTTP/1.1 200 OK\r\n\r\nabcd"), "200:abcd");
  f(
      [](RawClient& client) {
        client.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
        client.read_until("never");
      },
      "200:abc|timed out after 0.1 s");
}

awaitable<std::string> read_for_ever(HttpClient& client, HttpRequest request,
                                     std::promise<void>& opened) {
  Result<std::unique_ptr<HttpStream>> stream = co_await client.open(request, 0);
  opened.set_value();
  if (!stream) co_return stream.error().text();
  char room[100];
  Result<std::size_t> count = co_await (*stream)->read_some(room, 0);
  co_return count ? "bytes" : count.error().text();
}

TEST(HttpClient, CloseEndsWhatIsUnderWay) {
  TestServer server(echo_routes);
  ScriptedServer follow({[](RawClient& peer) {
    peer.send("HTTP/1.1 200 OK\r\n\r\n");
    peer.read_until("never");
  }});
  IoThread thread("client");
  std::unique_ptr<HttpClient> client;
  thread.run_and_wait(
      [&] { client = std::make_unique<HttpClient>(thread.executor(), HttpClientOptions{}); });
  HttpRequest never{.method = "GET", .url = parse_url(server.url("/never")).value(), .headers = {}};
  HttpRequest stream{.method = "GET", .url = parse_url(follow.url()).value(), .headers = {}};
  std::promise<void> opened;
  auto sent = start_on(thread, client->send(never, 0));
  auto read = start_on(thread, read_for_ever(*client, stream, opened));
  opened.get_future().wait();
  EXPECT_TRUE(eventually([&] { return server.connections() == 1; }));
  // The destructor closes; the requests under way outlive the client.
  thread.run_and_wait([&] { client.reset(); });
  EXPECT_EQ(outcome(sent.get()), "cancelled");
  EXPECT_EQ(read.get(), "cancelled");
}

TEST(HttpClient, ManyAtOnce) {
  TestServer server(echo_routes);
  TestClient client;
  HttpRequest request{.method = "GET", .url = parse_url(server.url("/")).value(), .headers = {}};
  std::vector<std::future<Result<HttpResponse>>> all;
  for (int i = 0; i < 100; ++i) {
    all.push_back(start_on(client.thread(), client.client().send(request, 10 * kNsPerSecond)));
  }
  for (auto& one : all) EXPECT_EQ(outcome(one.get()), "200 hello");
  EXPECT_LE(client.idle(), 16u);
}

}  // namespace
}  // namespace tailrace
