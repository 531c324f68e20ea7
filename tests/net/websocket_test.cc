#include "net/websocket.h"

#include <atomic>

#include "net_fixture.h"

namespace tailrace {
namespace {

std::string get_text(std::string_view path, std::string_view more = "") {
  return "GET " + std::string(path) + " HTTP/1.1\r\nHost: h\r\n" + std::string(more) +
         "Connection: close\r\n\r\n";
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

// A masked frame, as clients send.
std::string client_frame(unsigned opcode, std::string_view payload, bool final = true) {
  std::string out;
  out += static_cast<char>((final ? 0x80U : 0U) | opcode);
  if (payload.size() < 126) {
    out += static_cast<char>(0x80U | payload.size());
  } else {
    out += static_cast<char>(0x80U | 126U);
    out += static_cast<char>(payload.size() >> 8);
    out += static_cast<char>(payload.size() & 0xff);
  }
  out += "mask";
  for (std::size_t i = 0; i < payload.size(); ++i)
    out += static_cast<char>(payload[i] ^ "mask"[i % 4]);
  return out;
}

awaitable<void> echo_socket(WebSocket& socket) {
  while (true) {
    Result<std::string> message = co_await socket.receive();
    if (!message) co_return;
    if (*message == "bye") co_return;
    socket.send("echo " + *message);
  }
}

constexpr std::string_view kUpgrade =
    "GET /ws HTTP/1.1\r\nHost: h\r\nConnection: keep-alive, Upgrade\r\nUpgrade: "
    "websocket\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

void add_socket(Router& router) {
  router.get("/ws", [](Request&, Response& response) { response.websocket = echo_socket; });
}

TEST(WebSocket, Talks) {
  TestServer server(add_socket);
  RawClient client(server.port());
  client.send(std::string(kUpgrade) + client_frame(1, "early"));
  const std::string head = client.read_until("\r\n\r\n");
  EXPECT_TRUE(head.starts_with("HTTP/1.1 101 "));
  EXPECT_NE(head.find("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"), head.npos)
      << "the RFC's own example";
  EXPECT_EQ(client.read_bytes(12),
            "\x81\x0A"
            "echo early");
  client.send(client_frame(1, "he", false) + client_frame(9, "p") + client_frame(0, "llo"));
  EXPECT_EQ(client.read_bytes(3), "\x8A\x01p");
  EXPECT_EQ(client.read_bytes(12),
            "\x81\x0A"
            "echo hello");
  const std::string large(1000, 'x');
  for (const char c : client_frame(1, large)) client.send({&c, 1});
  EXPECT_EQ(client.read_bytes(1009), std::string("\x81\x7E\x03\xED", 4) + "echo " + large);
  client.send(client_frame(1, "bye"));
  EXPECT_EQ(client.read_bytes(4), std::string("\x88\x02\x03\xE8", 4));
  client.send(client_frame(8, "\x03\xE8"));
  client.close();
  EXPECT_TRUE(eventually([&] { return server.connections() == 0; }));
}

TEST(WebSocket, RefusesNonsense) {
  TestServer server(add_socket);
  EXPECT_TRUE(server.talk(get_text("/ws")).starts_with("HTTP/1.1 426 "));
  std::string bad(kUpgrade);
  bad.replace(bad.find("13"), 2, "12");
  RawClient old(server.port());
  old.send(bad);
  EXPECT_TRUE(old.read_until("\r\n\r\n").starts_with("HTTP/1.1 400 "));
  auto f = [&](const std::string& bytes, unsigned code) {
    SCOPED_TRACE(code);
    RawClient client(server.port());
    client.send(kUpgrade);
    client.read_until("\r\n\r\n");
    client.send(bytes);
    client.half_close();
    const std::string answer = client.read_all();
    ASSERT_GE(answer.size(), 4u);
    EXPECT_EQ(static_cast<unsigned char>(answer[0]), 0x88);
    EXPECT_EQ((static_cast<unsigned char>(answer[2]) << 8 | static_cast<unsigned char>(answer[3])),
              code);
  };
  f("\x81\x01x", 1002);                  // not masked
  f(client_frame(3, "x"), 1002);         // unknown
  f(client_frame(0, "x"), 1002);         // continuation of nothing
  f(client_frame(9, "x", false), 1002);  // cut ping
  f(client_frame(1, "\xff"), 1007);      // no UTF-8
  f(std::string("\x81\xFF\x00\x00\x00\x10\x00\x00\x00\x00", 10) + "mask", 1009);  // 64 GiB
  f(client_frame(8, "\x03\xE8"), 1000);
}

awaitable<void> wait_socket(Seen& seen, WebSocket& socket) {
  SeenGuard guard{seen};
  ++seen.started;
  Result<std::string> message = co_await socket.receive();
  guard.done = true;
}

TEST(WebSocket, IsClosedWhenTheServerStops) {
  Seen seen;
  TestServer server([&](Router& router) {
    router.get("/ws", [&](Request&, Response& response) {
      response.websocket = [&seen](WebSocket& socket) { return wait_socket(seen, socket); };
    });
  });
  RawClient client(server.port());
  client.send(kUpgrade);
  client.read_until("\r\n\r\n");
  EXPECT_TRUE(eventually([&] { return seen.started == 1; }));
  server.stop(50 * kNsPerMs);
  EXPECT_EQ(seen.finished + seen.cancelled, 1);
  EXPECT_EQ(client.read_all().substr(0, 4), std::string("\x88\x12\x03\xE9", 4))
      << "1001: going away";
}

}  // namespace
}  // namespace tailrace
