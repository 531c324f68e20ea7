// A Docker engine that holds what a test says, on a Unix socket: the API calls that tailrace makes,
// spoken in bytes of its own.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <cstdint>
#include <filesystem>
#include <list>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "net/await.h"
#include "net/url.h"
#include "parse/go_time.h"

namespace tailrace {

class FakeDockerEngine {
 public:
  struct Piece {
    bool is_stderr = false;
    std::string time;  // "2021-01-02T03:04:05.000000001Z"
    std::string text;  // with the newline, unless it is a part
  };
  struct Container {
    std::string name = "/web";
    bool running = true;
    bool terminal = false;
    std::map<std::string, std::string> labels;
    std::vector<Piece> log;
    int log_status = 200;
  };

  FakeDockerEngine(boost::asio::io_context& io, std::string path)
      : io_(io), path_(std::move(path)) {
    up();
  }
  ~FakeDockerEngine() { down(); }

  void up() {
    std::filesystem::remove(path_);
    acceptor_ = std::make_unique<Protocol::acceptor>(io_, Protocol::endpoint(path_));
    boost::asio::co_spawn(io_, accept(*this, acceptor_.get()), boost::asio::detached);
  }
  // Refuses connections and cuts those that are open.
  void down() {
    acceptor_.reset();
    for (const std::weak_ptr<Session>& weak : sessions_) {
      if (const auto session = weak.lock()) session->close();
    }
    sessions_.clear();
  }
  void wake() {
    for (const std::weak_ptr<Session>& weak : sessions_) {
      if (const auto session = weak.lock()) session->bell.cancel();
    }
  }
  void log(const std::string& id, bool is_stderr, std::string time, std::string text) {
    containers[id].log.push_back({is_stderr, std::move(time), std::move(text)});
    wake();
  }
  void event(const std::string& action, const std::string& id) {
    events.push_back(R"({"Type":"container","Action":")" + action + R"(","Actor":{"ID":")" + id +
                     "\"}}\n");
    wake();
  }
  void stop(const std::string& id) {
    containers[id].running = false;
    wake();
  }
  std::size_t asked(const std::string& part) const {
    std::size_t count = 0;
    for (const std::string& target : targets) count += target.find(part) != std::string::npos;
    return count;
  }

  std::map<std::string, Container> containers;
  std::vector<std::string> events;
  std::vector<std::string> targets;    // of all requests, decoded
  std::size_t write_bytes = SIZE_MAX;  // longest piece of one write of a log
  int events_status = 200;
  // Cuts the connection of a log after so many bytes of payload in total, once.
  std::size_t cut_after = SIZE_MAX;

 private:
  using Protocol = boost::asio::local::stream_protocol;
  struct Session {
    explicit Session(Protocol::socket from)
        : socket(std::move(from)), bell(socket.get_executor()) {}
    void close() {
      boost::system::error_code ignored;
      socket.close(ignored);
      closed = true;
      bell.cancel();
    }
    Protocol::socket socket;
    boost::asio::steady_timer bell;
    bool closed = false;
  };
  using SessionPtr = std::shared_ptr<Session>;

  static boost::asio::awaitable<void> accept(FakeDockerEngine& engine,
                                             Protocol::acceptor* acceptor) {
    while (true) {
      auto [error, socket] = co_await acceptor->async_accept(kAwait);
      if (error) co_return;
      const auto session = std::make_shared<Session>(std::move(socket));
      engine.sessions_.push_back(session);
      boost::asio::co_spawn(engine.io_, serve(engine, session), boost::asio::detached);
    }
  }
  static boost::asio::awaitable<void> serve(FakeDockerEngine& engine, SessionPtr session) {
    std::string input;
    while (!session->closed) {
      auto buffer = boost::asio::dynamic_buffer(input);
      auto [error, bytes] =
          co_await boost::asio::async_read_until(session->socket, buffer, "\r\n\r\n", kAwait);
      if (error || session->closed) co_return;
      const std::size_t begin = input.find(' ') + 1;
      const std::string raw = input.substr(begin, input.find(' ', begin) - begin);
      const std::string target = percent_decode(raw, true).value_or("");
      input.erase(0, bytes);
      engine.targets.push_back(target);
      co_await answer(engine, session, target);
    }
  }
  static boost::asio::awaitable<void> send(SessionPtr session, std::string bytes) {
    const boost::asio::const_buffer buffer(bytes.data(), bytes.size());
    [[maybe_unused]] auto [error, count] =
        co_await boost::asio::async_write(session->socket, buffer, kAwait);
  }
  static boost::asio::awaitable<void> whole(SessionPtr session, int status, std::string body) {
    std::string text =
        "HTTP/1.1 " + std::to_string(status) +
        " X\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
        "\r\n\r\n" + body;
    return send(session, std::move(text));
  }
  static boost::asio::awaitable<void> chunk(SessionPtr session, std::string bytes) {
    char size[20];
    std::snprintf(size, sizeof(size), "%zx\r\n", bytes.size());
    return send(session, size + bytes + "\r\n");
  }
  static boost::asio::awaitable<void> answer(FakeDockerEngine& engine, SessionPtr session,
                                             std::string target) {
    constexpr std::string_view kContainer = "/containers/";
    if (target == "/networks") {
      co_await whole(
          session, 200,
          R"([{"Id":"n1","Name":"bridge","Scope":"local","Internal":false,"Ingress":false}])");
    } else if (target.starts_with("/containers/json")) {
      co_await whole(session, 200, engine.list());
    } else if (target.starts_with("/events")) {
      co_await tell_events(engine, session);
    } else if (target.starts_with(kContainer)) {
      const std::size_t slash = target.find('/', kContainer.size());
      const std::string id = target.substr(kContainer.size(), slash - kContainer.size());
      if (!engine.containers.contains(id)) {
        co_await whole(session, 404, R"({"message":"No such container"})");
      } else if (target.substr(slash).starts_with("/json")) {
        const Container& container = engine.containers[id];
        const auto flag = [](bool value) { return std::string(value ? "true" : "false"); };
        co_await whole(session, 200,
                       "{\"Config\":{\"Tty\":" + flag(container.terminal) +
                           "},\"State\":{\"Running\":" + flag(container.running) + "}}");
      } else {
        co_await follow(engine, session, id, target.substr(target.find("since=") + 6));
      }
    } else {
      co_await whole(session, 404, "{}");
    }
  }
  std::string list() const {
    std::string out = "[";
    for (const auto& [id, container] : containers) {
      if (out.size() > 1) out += ",";
      out +=
          R"({"Id":")" + id + R"(","Names":[")" + container.name + R"("],"State":")" +
          (container.running ? "running" : "exited") +
          R"(","HostConfig":{"NetworkMode":"bridge"},"NetworkSettings":{"Networks":{"bridge":{"NetworkID":"n1","IPAddress":"172.17.0.2"}}},"Ports":[],"Labels":{)";
      bool first = true;
      for (const auto& [name, value] : container.labels) {
        out += (first ? "\"" : ",\"") + name + "\":\"" + value + "\"";
        first = false;
      }
      out += "}}";
    }
    return out + "]";
  }
  static boost::asio::awaitable<void> tell_events(FakeDockerEngine& engine, SessionPtr session) {
    if (engine.events_status != 200) {
      co_await whole(session, engine.events_status, R"({"message":"forbidden"})");
      co_return;
    }
    std::size_t told = engine.events.size();
    co_await send(session, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    while (!session->closed) {
      while (told < engine.events.size() && !session->closed) {
        co_await chunk(session, engine.events[told]);
        ++told;
      }
      session->bell.expires_at(boost::asio::steady_timer::time_point::max());
      [[maybe_unused]] auto [error] = co_await session->bell.async_wait(kAwait);
    }
  }
  static std::string frame(const Container& container, const Piece& piece) {
    const std::string payload = piece.time + " " + piece.text;
    if (container.terminal) return payload;
    std::string out(8, '\0');
    out[0] = piece.is_stderr ? 2 : 1;
    for (int i = 0; i < 4; ++i)
      out[static_cast<std::size_t>(4 + i)] = static_cast<char>(payload.size() >> (24 - 8 * i));
    return out + payload;
  }
  static bool is_before(const Piece& piece, const std::string& since) {
    const auto time = parse_rfc3339(piece.time);
    const double second = time ? static_cast<double>(time->seconds) + time->nanos / 1e9 : 0;
    return second < std::stod(since);
  }
  static boost::asio::awaitable<void> follow(FakeDockerEngine& engine, SessionPtr session,
                                             std::string id, std::string since) {
    if (engine.containers[id].log_status != 200) {
      co_await whole(session, engine.containers[id].log_status, R"({"message":"no"})");
      co_return;
    }
    co_await send(session,
                  "HTTP/1.1 200 OK\r\nContent-Type: "
                  "application/vnd.docker.raw-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
    std::size_t sent = 0;
    // The container may go while we write: it is looked up again after each wait.
    while (!session->closed && engine.containers.contains(id)) {
      while (!session->closed && engine.containers.contains(id) &&
             sent < engine.containers[id].log.size()) {
        const Piece piece = engine.containers[id].log[sent++];
        if (is_before(piece, since)) continue;
        std::string bytes = frame(engine.containers[id], piece);
        while (!bytes.empty() && !session->closed) {
          const std::size_t part = std::min(engine.write_bytes, bytes.size());
          if (part > engine.cut_after) {
            engine.cut_after = SIZE_MAX;
            session->close();
            co_return;
          }
          if (engine.cut_after != SIZE_MAX) engine.cut_after -= part;
          co_await chunk(session, bytes.substr(0, part));
          bytes.erase(0, part);
        }
      }
      if (!engine.containers.contains(id) || !engine.containers[id].running) break;
      if (sent < engine.containers[id].log.size()) continue;
      session->bell.expires_at(boost::asio::steady_timer::time_point::max());
      [[maybe_unused]] auto [error] = co_await session->bell.async_wait(kAwait);
    }
    if (!session->closed) co_await send(session, "0\r\n\r\n");
  }

  boost::asio::io_context& io_;
  std::string path_;
  std::unique_ptr<Protocol::acceptor> acceptor_;
  std::list<std::weak_ptr<Session>> sessions_;
};

}  // namespace tailrace
