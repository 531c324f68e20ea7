#include "net/http_server.h"

#include <zlib.h>

#include <atomic>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstring>
#include <random>
#include <regex>

#include "base/base_n.h"
#include "net_fixture.h"
#include "telemetry/log.h"

namespace tailrace {
namespace {

using namespace std::chrono_literals;

awaitable<void> wait_for(std::chrono::nanoseconds time) {
  const auto executor = co_await asio::this_coro::executor;
  asio::steady_timer timer(executor, time);
  co_await timer.async_wait(asio::use_awaitable);
}

awaitable<Response> slow_hello(Request& request) {
  co_await wait_for(5ms);
  co_return text_response(
      200, "slow " + std::string(request.path()) + " " + std::string(request.body()));
}

awaitable<Response> failing(Request&) {
  co_await wait_for(1ms);
  throw std::runtime_error("broken inside");
}

awaitable<void> count_to_three(ResponseStream& stream) {
  for (const std::string_view piece : {"one,", "two,", "three"}) {
    const bool open = co_await stream.write(piece);
    if (!open) co_return;
  }
}

void add_routes(Router& router) {
  router.get("/", [](Request&, Response& response) { response.body = "Hello\n"; });
  router.get("/who", [](Request& request, Response& response) {
    response.body = request.remote_address();
  });
  router.get("/big", [](Request&, Response& response) { response.body.assign(3'000'000, 'b'); });
  router.get("/text", [](Request&, Response& response) {
    response.compressible = true;
    for (int i = 0; i < 1000; ++i) response.body += "line of text\n";
  });
  router.get("/shared", [](Request&, Response& response) {
    static const auto bytes = std::make_shared<const std::string>(200'000, 's');
    response.shared_body = bytes;
  });
  router.get("/none", [](Request&, Response& response) { response.status = 204; });
  router.get("/throw", [](Request&, Response&) { throw std::runtime_error("broken"); });
  router.get("/forge", [](Request&, Response& response) {
    response.headers = {{"X-Good", "yes"}, {"X-Bad", "a\r\nSet-Cookie: evil"}, {"Bad Name", "x"}};
  });
  router.get("/stream", [](Request&, Response& response) { response.stream = count_to_three; });
  router.get("/item/{id}/part/{part}", [](Request& request, Response& response) {
    response.body = std::string(request.param("id")) + "|" + std::string(request.param("part"));
  });
  router.get("/query", [](Request& request, Response& response) {
    response.body = request.query_value("q").value_or("none");
  });
  router.get("/files/*",
             [](Request& request, Response& response) { response.body = request.param("*"); });
  router.post("/echo",
              [](Request& request, Response& response) { response.body = request.body(); });
  router.add("*", "/any", [](Request& request, Response& response) {
    response.body = std::string(request.method());
  });
  router.get("/any", [](Request&, Response& response) { response.body = "got"; });
  router.add_async("GET", "/slow", slow_hello);
  router.add_async("POST", "/slow", slow_hello);
  router.add_async("GET", "/fail", failing);
}

std::string get_text(std::string_view path, std::string_view more = "") {
  return "GET " + std::string(path) + " HTTP/1.1\r\nHost: h\r\n" + std::string(more) +
         "Connection: close\r\n\r\n";
}

std::string body_of(const std::string& answer) {
  const std::size_t at = answer.find("\r\n\r\n");
  return at == answer.npos ? "" : answer.substr(at + 4);
}

std::string without_date(const std::string& answer) {
  return std::regex_replace(
      answer, std::regex("Date: \\w{3}, \\d\\d \\w{3} \\d{4} \\d\\d:\\d\\d:\\d\\d GMT\r\n"), "");
}

TEST(HttpServer, AnswersAreExact) {
  TestServer server(add_routes);
  auto f = [&](const std::string& request, const std::string& want) {
    SCOPED_TRACE(request);
    EXPECT_EQ(without_date(server.talk(request)), want);
  };
  const std::string text = "Content-Type: text/plain; charset=utf-8\r\n";
  f(get_text("/"),
    "HTTP/1.1 200 OK\r\n" + text + "Content-Length: 6\r\nConnection: close\r\n\r\nHello\n");
  f("GET / HTTP/1.0\r\n\r\n",
    "HTTP/1.1 200 OK\r\n" + text + "Content-Length: 6\r\nConnection: close\r\n\r\nHello\n");
  f("HEAD / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
    "HTTP/1.1 200 OK\r\n" + text + "Content-Length: 6\r\nConnection: close\r\n\r\n");
  f(get_text("/none"), "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
  f(get_text("/nowhere"),
    "HTTP/1.1 404 Not Found\r\n" + text +
        "Content-Length: 19\r\nConnection: close\r\n\r\n404 page not found\n");
  f("DELETE / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
    "HTTP/1.1 405 Method Not Allowed\r\n" + text +
        "Content-Length: 19\r\nAllow: GET, HEAD\r\nConnection: close\r\n\r\nMethod Not Allowed\n");
  f("OPTIONS /slow HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
    "HTTP/1.1 204 No Content\r\nAllow: GET, HEAD, POST\r\nConnection: close\r\n\r\n");
  for (const auto& [method, body] : {std::pair("GET", "got"), {"POST", "POST"}, {"BREW", "BREW"}})
    f(std::string(method) + " /any HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
      "HTTP/1.1 200 OK\r\n" + text + "Content-Length: " + std::to_string(std::strlen(body)) +
          "\r\nConnection: close\r\n\r\n" + body);
  f(get_text("/throw"),
    "HTTP/1.1 500 Internal Server Error\r\n" + text +
        "Content-Length: 22\r\nConnection: close\r\n\r\nInternal Server Error\n");
  f(get_text("/forge"),
    "HTTP/1.1 200 OK\r\n" + text + "Content-Length: 0\r\nX-Good: yes\r\nConnection: close\r\n\r\n");
  f(get_text("/stream"), "HTTP/1.1 200 OK\r\n" + text +
                             "Transfer-Encoding: chunked\r\nConnection: "
                             "close\r\n\r\n4\r\none,\r\n4\r\ntwo,\r\n5\r\nthree\r\n0\r\n\r\n");
  f("GET /stream HTTP/1.0\r\n\r\n",
    "HTTP/1.1 200 OK\r\n" + text + "Connection: close\r\n\r\none,two,three");
  f("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET / HTTP/1.0\r\n\r\n",
    "HTTP/1.1 200 OK\r\n" + text + "Content-Length: 6\r\nConnection: keep-alive\r\n\r\nHello\n" +
        "HTTP/1.1 200 OK\r\n" + text + "Content-Length: 6\r\nConnection: close\r\n\r\nHello\n");
}

TEST(HttpServer, BodiesAndParameters) {
  TestServer server(add_routes);
  auto f = [&](const std::string& request, const std::string& want) {
    SCOPED_TRACE(request.substr(0, 200));
    EXPECT_EQ(body_of(server.talk(request)), want);
  };
  f(get_text("/item/7/part/a%2Fb"), "404 page not found\n");
  f(get_text("/item/7/part/a%20b"), "7|a b");
  f(get_text("/item//part/x"), "404 page not found\n");
  f(get_text("/files/a/b.txt?x=1"), "a/b.txt");
  f(get_text("/files/"), "");
  f(get_text("/query?a=1&q=x+y%26z"), "x y&z");
  f(get_text("/query?q"), "");
  f(get_text("/query?q=%zz"), "none");
  f(get_text("http://h/query?q=abs"), "abs");
  f(get_text("/big"), std::string(3'000'000, 'b'));
  f(get_text("/shared"), std::string(200'000, 's'));
  f(get_text("/slow"), "slow /slow ");
  f(get_text("/fail"), "Internal Server Error\n");
  const std::string close = "Host: h\r\nConnection: close\r\n";
  f("POST /echo HTTP/1.1\r\n" + close + "Content-Length: 5\r\n\r\nabcde", "abcde");
  f("POST /echo HTTP/1.1\r\n" + close +
        "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nT: 1\r\n\r\n",
    "abcde");
  f("POST /slow HTTP/1.1\r\n" + close + "Transfer-Encoding: Chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    "slow /slow abc");
  const std::string large(1'000'000, 'x');
  f("POST /echo HTTP/1.1\r\n" + close + "Content-Length: 1000000\r\n\r\n" + large, large);
  f("POST /slow HTTP/1.1\r\n" + close + "Content-Length: 1000000\r\n\r\n" + large,
    "slow /slow " + large);
}

TEST(HttpServer, RefusesBadRequestsAndCloses) {
  log::set_level(log::Level::kError);
  HttpServerOptions options;
  options.header_bytes_max = 2000;
  options.target_bytes_max = 1000;
  options.body_bytes_max = 10'000;
  TestServer server(add_routes, options);
  auto f = [&](const std::string& request, const std::string& status) {
    SCOPED_TRACE(request.substr(0, 200));
    const std::string answer = server.talk(request);
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 " + status + " ")) << answer;
    EXPECT_NE(answer.find("Connection: close\r\n"), answer.npos) << answer;
    EXPECT_EQ(answer.find("HTTP/1.1", 8), answer.npos) << "only one answer";
  };
  const std::string host = "Host: h\r\n";
  f("NONSENSE\r\n\r\n", "400");
  f("GET  / HTTP/1.1\r\n" + host + "\r\n", "400");
  f("GET /\r\n\r\n", "400");
  f("GET / HTTP/2.0\r\n" + host + "\r\n", "505");
  f("GET / HTTP/1.1 \r\n" + host + "\r\n", "400");
  f("G\x01T / HTTP/1.1\r\n" + host + "\r\n", "400");
  f(std::string("GET /\0 HTTP/1.1\r\n", 17) + host + "\r\n", "400");
  f("GET /%00 HTTP/1.1\r\n" + host + "\r\n", "400");
  f("GET /%4 HTTP/1.1\r\n" + host + "\r\n", "400");
  f("GET / HTTP/1.1\n" + host + "\n", "400");
  f("GET / HTTP/1.1\r\n\r\n", "400");
  f("GET / HTTP/1.1\r\n" + host + host + "\r\n", "400");
  f("GET / HTTP/1.1\r\n" + host + "Bad Header: x\r\n\r\n", "400");
  f("GET / HTTP/1.1\r\n" + host + "Bad : x\r\n\r\n", "400");
  f("GET / HTTP/1.1\r\n" + host + ": x\r\n\r\n", "400");
  f("GET / HTTP/1.1\r\n" + host + " folded\r\n\r\n", "400");
  f("GET / HTTP/1.1\r\n" + host + std::string("X: a\0b\r\n\r\n", 10), "400");
  f("POST /echo HTTP/1.1\r\n" + host +
        "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET / HTTP/1.1\r\n\r\n",
    "400");
  f("POST /echo HTTP/1.1\r\n" + host + "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", "400");
  f("POST /echo HTTP/1.1\r\n" + host + "Content-Length: -1\r\n\r\n", "400");
  f("POST /echo HTTP/1.1\r\n" + host + "Content-Length: +5\r\n\r\nabcde", "400");
  f("POST /echo HTTP/1.1\r\n" + host + "Content-Length: 99999999999999999999\r\n\r\n", "400");
  f("POST /echo HTTP/1.1\r\n" + host + "Content-Length: 10001\r\n\r\n", "413");
  f("POST /echo HTTP/1.1\r\n" + host + "Transfer-Encoding: gzip, chunked\r\n\r\n", "501");
  f("POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400");
  f("POST /echo HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\nzz\r\n", "400");
  f("POST /echo HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n",
    "400");
  f("POST /echo HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n", "400");
  f("POST /echo HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n" + "2711\r\n" +
        std::string(10'001, 'x') + "\r\n0\r\n\r\n",
    "413");
  f("POST /echo HTTP/1.1\r\n" + host + "Expect: 200-maybe\r\nContent-Length: 3\r\n\r\nabc", "417");
  f("GET /" + std::string(1000, 'a') + " HTTP/1.1\r\n" + host + "\r\n", "414");
  f("GET / HTTP/1.1\r\n" + host + "X: " + std::string(3000, 'a'), "431");
  f("GET / HTTP/1.1\r\n" + host + "X: " + std::string(1990, 'a') + "\r\n\r\n", "431");
  log::set_level(log::Level::kInfo);
}

TEST(HttpServer, SurvivesRandomBytes) {
  TestServer server(add_routes);
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  const std::string base =
      "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: "
      "chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n" +
      get_text("/slow");
  for (int i = 0; i < 300; ++i) {
    std::string bytes = base;
    for (int k = 0; k < 1 + i % 7; ++k)
      bytes[random() % bytes.size()] = static_cast<char>(random() % 256);
    RawClient client(server.port());
    const std::size_t cut = random() % bytes.size();
    client.send(std::string_view(bytes).substr(0, cut));
    client.send(std::string_view(bytes).substr(cut));
    client.half_close();
    (void)client.read_all();
  }
  EXPECT_EQ(body_of(server.talk(get_text("/"))), "Hello\n");
}

TEST(HttpServer, AnyCutOfTheInputGivesTheSameAnswers) {
  TestServer server(add_routes);
  const std::string requests =
      "GET / HTTP/1.1\r\nHost: h\r\n\r\n"
      "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc"
      "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: "
      "chunked\r\n\r\n2\r\nde\r\n1\r\nf\r\n0\r\n\r\n"
      "POST /slow HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi"
      "GET /stream HTTP/1.1\r\nHost: h\r\n\r\n"
      "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
  const std::string whole = without_date(server.talk(requests));
  for (const std::string_view part :
       {"Hello\n", "\r\n\r\nabc", "\r\n\r\ndef", "slow /slow hi", "5\r\nthree\r\n0\r\n\r\n"}) {
    EXPECT_NE(whole.find(part), whole.npos) << part;
  }
  for (std::size_t cut = 1; cut < requests.size(); ++cut) {
    RawClient client(server.port());
    client.send(std::string_view(requests).substr(0, cut));
    // Let the first part arrive alone, most times.
    server.thread().run_and_wait([] {});
    client.send(std::string_view(requests).substr(cut));
    EXPECT_EQ(without_date(client.read_all()), whole) << "cut at " << cut;
  }
}

TEST(HttpServer, KeepsConnectionsAndAnswersPipelinesInOrder) {
  TestServer server(add_routes);
  RawClient client(server.port());
  std::string requests;
  std::string want;
  for (int i = 0; i < 500; ++i) {
    const std::string number = std::to_string(i);
    requests += "GET /item/" + number + "/part/" + (i % 50 == 7 ? "s" : "f") +
                " HTTP/1.1\r\nHost: h\r\n\r\n";
    if (i % 50 == 7) requests += "GET /slow HTTP/1.1\r\nHost: h\r\n\r\n";
  }
  client.send(requests);
  for (int i = 0; i < 500; ++i) {
    const std::string text = std::to_string(i) + "|" + (i % 50 == 7 ? "s" : "f");
    ASSERT_NE(client.read_until("\r\n\r\n").find("Content-Length: " + std::to_string(text.size())),
              std::string::npos);
    ASSERT_EQ(client.read_bytes(text.size()), text);
    if (i % 50 == 7) {
      client.read_until("\r\n\r\n");
      ASSERT_EQ(client.read_bytes(11), "slow /slow ");
    }
  }
  EXPECT_EQ(server.connections(), 1u);
}

TEST(HttpServer, ClientThatReadsLateGetsEverything) {
  TestServer server(add_routes);
  RawClient client(server.port());
  std::string requests;
  for (int i = 0; i < 20; ++i) requests += "GET /big HTTP/1.1\r\nHost: h\r\n\r\n";
  client.send(requests + get_text("/"));
  const std::string all = client.read_all();
  EXPECT_EQ(static_cast<std::size_t>(std::count(all.begin(), all.end(), 'b')) / 3'000'000, 20u);
  EXPECT_TRUE(all.ends_with("Hello\n"));
}

TEST(HttpServer, SaysContinueOnceAndOnlyWhenAsked) {
  TestServer server(add_routes);
  RawClient client(server.port());
  client.send(
      "POST /echo HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
  EXPECT_EQ(client.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("abc");
  EXPECT_TRUE(client.read_until("\r\n\r\n").starts_with("HTTP/1.1 200 OK\r\n"));
  EXPECT_EQ(client.read_bytes(3), "abc");
  client.send(
      "POST /echo HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: "
      "999999999\r\n\r\n");
  EXPECT_TRUE(client.read_all().starts_with("HTTP/1.1 413 "));
}

std::string gunzip(const std::string& bytes) {
  z_stream stream{};
  EXPECT_EQ(inflateInit2(&stream, 15 + 16), Z_OK);
  std::string out(1 << 20, '\0');
  std::string input = bytes;
  stream.next_in = reinterpret_cast<Bytef*>(input.data());
  stream.avail_in = static_cast<uInt>(input.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  inflateEnd(&stream);
  return out;
}

TEST(HttpServer, PacksWhatTheClientTakesPacked) {
  TestServer server(add_routes);
  auto f = [&](const std::string& accept, bool packed) {
    SCOPED_TRACE(accept);
    const std::string answer = server.talk(get_text("/text", accept));
    EXPECT_EQ(answer.find("Content-Encoding: gzip\r\n") != answer.npos, packed);
    EXPECT_NE(answer.find("Vary: Accept-Encoding\r\n"), answer.npos);
    const std::string body = packed ? gunzip(body_of(answer)) : body_of(answer);
    EXPECT_EQ(body.size(), 13'000u);
  };
  f("", false);
  f("Accept-Encoding: gzip\r\n", true);
  f("Accept-Encoding: br, GZIP;q=0.5\r\n", true);
  f("Accept-Encoding: gzip;q=0\r\n", false);
  f("Accept-Encoding: identity\r\n", false);
  EXPECT_EQ(server.talk(get_text("/", "Accept-Encoding: gzip\r\n")).find("gzip"), std::string::npos)
      << "not marked";
}

TEST(HttpServer, TellsWhoAsks) {
  TestServer server(add_routes);
  EXPECT_TRUE(
      std::regex_match(body_of(server.talk(get_text("/who"))), std::regex("127\\.0\\.0\\.1:\\d+")));
  HttpServerOptions options;
  options.listeners.resize(1);
  options.listeners[0].address = "::";
  TestServer both(add_routes, options);
  EXPECT_TRUE(
      std::regex_match(body_of(both.talk(get_text("/who"))), std::regex("127\\.0\\.0\\.1:\\d+")));
}

TEST(HttpServer, AsksForThePasswordWhereOneIsSet) {
  HttpServerOptions options;
  options.listeners.resize(2);
  options.listeners[0].users = {{"eve", "s3cret"}, {"bob", "other"}};
  const auto routes = [](Router& router) {
    router.get("/", [](Request& request, Response& response) {
      response.body = "hello " + std::string(request.user());
    });
    router.get("/healthz", [](Request&, Response& response) { response.body = "ok"; },
               {.open = true});
  };
  TestServer server(routes, options);
  auto f = [&](std::size_t listener, const std::string& path, const std::string& user,
               const std::string& want) {
    SCOPED_TRACE(user);
    RawClient client(server.port(listener));
    client.send(
        get_text(path, user.empty() ? "" : "Authorization: Basic " + encode_base64(user) + "\r\n"));
    const std::string answer = client.read_all();
    EXPECT_EQ(answer.starts_with("HTTP/1.1 401 ") ? "401" : body_of(answer), want);
    EXPECT_EQ(answer.find("WWW-Authenticate: Basic ") != answer.npos, want == "401");
  };
  f(0, "/", "", "401");
  f(0, "/", "eve:wrong", "401");
  f(0, "/", "eve:s3cret", "hello eve");
  f(0, "/", "bob:other", "hello bob");
  f(0, "/", "bob:s3cret", "401");
  f(0, "/nowhere", "", "401");
  f(0, "/healthz", "", "ok");
  f(1, "/", "", "hello ");
}

TEST(HttpServer, EndsSlowClients) {
  HttpServerOptions options;
  options.idle_timeout_ns = 100 * kNsPerMs;
  options.header_timeout_ns = 100 * kNsPerMs;
  options.body_timeout_ns = 100 * kNsPerMs;
  options.write_timeout_ns = 100 * kNsPerMs;
  TestServer server(add_routes, options);
  EXPECT_EQ(server.talk(""), "");
  EXPECT_TRUE(server.talk("GET / HT").starts_with("HTTP/1.1 408 "));
  EXPECT_TRUE(server.talk("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nab")
                  .starts_with("HTTP/1.1 408 "));
  RawClient idle(server.port());
  idle.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_TRUE(idle.read_all().ends_with("Hello\n"));
  // Never reads: the socket's buffers are full long before 20 * 3 MB.
  RawClient deaf(server.port());
  std::string requests;
  for (int i = 0; i < 20; ++i) requests += "GET /big HTTP/1.1\r\nHost: h\r\n\r\n";
  deaf.send(requests);
  EXPECT_TRUE(eventually([&] { return server.connections() == 0; }));
}

TEST(HttpServer, ConnectionsBeyondTheLimitWait) {
  HttpServerOptions options;
  options.connections_max = 2;
  TestServer server(add_routes, options);
  RawClient first(server.port());
  RawClient second(server.port());
  RawClient third(server.port());
  for (RawClient* client : {&first, &second}) {
    client->send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_TRUE(client->read_until("Hello\n").starts_with("HTTP/1.1 200"));
  }
  third.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(server.connections(), 2u);
  first.close();
  EXPECT_TRUE(third.read_until("Hello\n").starts_with("HTTP/1.1 200"));
}

TEST(HttpServer, SaysWhatIsWrongWithAListener) {
  TestServer taken(add_routes);
  IoThread thread("listen");
  auto f = [&](const ListenOptions& listen, const std::string& want) {
    SCOPED_TRACE(want);
    thread.run_and_wait([&] {
      HttpServerOptions options;
      options.listeners = {listen};
      HttpServer server(thread.executor(), Router(), options);
      const Result<void> done = server.listen();
      ASSERT_FALSE(done);
      EXPECT_EQ(done.error().text(), want);
    });
  };
  const std::string port = std::to_string(taken.port());
  f({.address = "127.0.0.1", .port = taken.port()},
    "listen 127.0.0.1:" + port + ": Address already in use");
  f({.address = "192.0.2.1", .port = 1}, "listen 192.0.2.1:1: Cannot assign requested address");
  ListenOptions tls{.address = "127.0.0.1"};
  tls.tls.cert_file = "/nonexistent/cert.pem";
  f(tls, "listen 127.0.0.1:0: open /nonexistent/cert.pem: No such file or directory");
}

TEST(HttpServer, ObserverSeesEveryRequest) {
  std::vector<std::string> seen;
  const auto routes = [&](Router& router) {
    add_routes(router);
    router.observe([&](const RequestRecord& record) {
      EXPECT_GE(record.duration_ns, 0);
      if (record.route != nullptr && record.route->pattern == "/slow") {
        EXPECT_GE(record.duration_ns, 5 * kNsPerMs);
      }
      seen.push_back(
          std::string(record.method) + " " +
          (record.route != nullptr ? record.route->pattern : "?") + " " +
          std::to_string(record.status) + " " + std::to_string(record.response_bytes) +
          (record.request != nullptr ? " " + std::string(record.request->target()) : ""));
    });
  };
  TestServer server(routes);
  for (const char* path :
       {"/", "/nowhere?x", "/item/1/part/2", "/slow", "/fail", "/throw", "/stream"})
    (void)server.talk(get_text(path));
  (void)server.talk("BREW / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  (void)server.talk("nonsense\r\n\r\n");
  server.thread().run_and_wait([] {});
  EXPECT_EQ(seen, (std::vector<std::string>{
                      "GET / 200 6 /", "GET ? 404 19 /nowhere?x",
                      "GET /item/{id}/part/{part} 200 3 /item/1/part/2", "GET /slow 200 11 /slow",
                      "GET /fail 500 22 /fail", "GET /throw 500 22 /throw",
                      "GET /stream 200 13 /stream", "other / 405 19 /", "other ? 400 30"}));
}

// What a handler saw of its end.
struct Seen {
  std::atomic<int> started{0};
  std::atomic<int> finished{0};
  std::atomic<int> cancelled{0};
};

struct SeenGuard {
  Seen& seen;
  bool done = false;
  ~SeenGuard() { ++(done ? seen.finished : seen.cancelled); }
};

awaitable<Response> wait_watched(Seen& seen, std::chrono::nanoseconds time) {
  SeenGuard guard{seen};
  ++seen.started;
  co_await wait_for(time);
  guard.done = true;
  co_return text_response(200, "waited");
}

awaitable<void> stream_for_ever(Seen& seen, ResponseStream& stream) {
  SeenGuard guard{seen};
  ++seen.started;
  const std::string piece(10'000, 's');
  while (true) {
    const bool open = co_await stream.write(piece);
    if (!open) break;
  }
  guard.done = true;
}

TEST(HttpServer, HangUpCancelsWhereAskedTo) {
  Seen query;
  Seen work;
  Seen stream;
  const auto routes = [&](Router& router) {
    router.add_async("GET", "/query", [&](Request&) { return wait_watched(query, 1h); },
                     {.cancel_on_hangup = true});
    router.add_async("GET", "/work", [&](Request&) { return wait_watched(work, 50ms); });
    router.get("/stream", [&](Request&, Response& response) {
      response.stream = [&stream](ResponseStream& to) { return stream_for_ever(stream, to); };
    });
  };
  TestServer server(routes);
  RawClient first(server.port());
  first.send(get_text("/query"));
  EXPECT_TRUE(eventually([&] { return query.started == 1; }));
  first.close();
  EXPECT_TRUE(eventually([&] { return query.cancelled == 1; }));

  // The end may come together with the request.
  for (int i = 0; i < 50; ++i) {
    RawClient hasty(server.port());
    hasty.send(get_text("/query"));
    hasty.close();
  }
  EXPECT_TRUE(eventually([&] { return server.connections() == 0; }));
  EXPECT_EQ(query.started, query.cancelled);

  RawClient second(server.port());
  second.send(get_text("/work"));
  second.half_close();
  EXPECT_TRUE(second.read_all().ends_with("waited")) << "a client may close its sending side early";

  RawClient third(server.port());
  third.send(get_text("/stream"));
  (void)third.read_bytes(100'000);
  EXPECT_EQ(stream.finished, 0);
  third.close();
  EXPECT_TRUE(eventually([&] { return stream.finished + stream.cancelled == 1; }));
  EXPECT_TRUE(eventually([&] { return server.connections() == 0; }));
}

TEST(HttpServer, StopLetsRunningRequestsFinish) {
  Seen seen;
  TestServer server([&](Router& router) {
    router.add_async("GET", "/work", [&](Request&) { return wait_watched(seen, 100ms); });
  });
  RawClient idle(server.port());
  RawClient busy(server.port());
  busy.send("GET /work HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_TRUE(eventually([&] { return seen.started == 1; }));
  server.stop(10 * kNsPerSecond);
  EXPECT_EQ(seen.finished, 1);
  const std::string answer = busy.read_all();
  EXPECT_TRUE(answer.ends_with("waited"));
  EXPECT_NE(answer.find("Connection: close\r\n"), answer.npos);
  EXPECT_EQ(idle.read_all(), "");
  EXPECT_FALSE(RawClient(server.port()).connected());
}

TEST(HttpServer, StopCutsWhatDoesNotFinish) {
  Seen seen;
  TestServer server([&](Router& router) {
    router.add_async("GET", "/work", [&](Request&) { return wait_watched(seen, 1h); });
  });
  RawClient busy(server.port());
  busy.send("GET /work HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_TRUE(eventually([&] { return seen.started == 1; }));
  server.stop(20 * kNsPerMs);
  EXPECT_EQ(seen.cancelled, 1) << "stop() returns when handlers have ended";
  EXPECT_EQ(busy.read_all(), "");
}

TEST(HttpServer, ThousandsWaitTogether) {
  Seen seen;
  TestServer server([&](Router& router) {
    router.add_async("GET", "/work", [&](Request&) { return wait_watched(seen, 300ms); });
  });
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 400; ++i) {
    clients.push_back(std::make_unique<RawClient>(server.port()));
    ASSERT_TRUE(clients.back()->connected());
    clients.back()->send(get_text("/work"));
  }
  for (auto& client : clients) EXPECT_TRUE(client->read_all().ends_with("waited"));
  EXPECT_EQ(seen.finished, 400);
}

}  // namespace
}  // namespace tailrace
