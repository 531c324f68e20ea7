// A web server that says what the test tells it to, on the test's own io_context.
#pragma once

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "net/await.h"
#include "net/spawn.h"
#include "net/url.h"

namespace tailrace::test {

class CannedServer {
 public:
  struct Answer {
    std::string bytes;
    bool stays_open = false;  // the connection goes to open(), and is not closed
  };
  // Takes the head of a request: "GET /target HTTP/1.1\r\nHost: ..."
  using Handler = std::function<Answer(const std::string& head)>;

  CannedServer(asio::io_context& io, Handler handler)
      : handler_(std::move(handler)),
        acceptor_(io, {asio::ip::address_v4::loopback(), 0}),
        tasks_(io.get_executor()) {
    tasks_.spawn("accept", accept(*this));
  }

  Url url(std::string_view path) const {
    return parse_url("http://127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port()) +
                     std::string(path))
        .value();
  }
  // Connections that stay, oldest first.
  std::vector<std::shared_ptr<asio::ip::tcp::socket>>& open() { return open_; }
  void send(std::size_t connection, std::string_view bytes) {
    asio::write(*open_.at(connection), asio::buffer(bytes.data(), bytes.size()));
  }

  static Answer json(std::string_view body, std::string_view status = "200 OK",
                     std::string_view type = "application/json") {
    return {"HTTP/1.1 " + std::string(status) + "\r\nContent-Type: " + std::string(type) +
            "\r\nConnection: close\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
            std::string(body)};
  }
  // The head of an answer that goes on until the connection is closed.
  static Answer stream(std::string_view first) {
    return {"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n" +
                std::string(first),
            true};
  }

 private:
  static awaitable<void> accept(CannedServer& server) {
    for (;;) {
      auto [error, socket] = co_await server.acceptor_.async_accept(kAwait);
      if (error) co_return;
      auto shared = std::make_shared<asio::ip::tcp::socket>(std::move(socket));
      server.tasks_.spawn("serve", serve(server, shared));
    }
  }
  static awaitable<void> serve(CannedServer& server,
                               std::shared_ptr<asio::ip::tcp::socket> socket) {
    std::string head;
    auto buffer = asio::dynamic_buffer(head);
    const auto [error, size] = co_await asio::async_read_until(*socket, buffer, "\r\n\r\n", kAwait);
    if (error) co_return;
    const Answer answer = server.handler_(head);
    if (answer.stays_open) server.open_.push_back(socket);
    const auto bytes = asio::buffer(answer.bytes);
    co_await asio::async_write(*socket, bytes, kAwait);
  }

  Handler handler_;
  asio::ip::tcp::acceptor acceptor_;
  std::vector<std::shared_ptr<asio::ip::tcp::socket>> open_;
  TaskGroup tasks_;
};

}  // namespace tailrace::test
