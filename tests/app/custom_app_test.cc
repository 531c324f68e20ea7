// The example of docs/custom-app.md: somebody else's routes on the same app. It is compiled and run
// here, so that the page stays true.
#include <memory>
#include <string>
#include <vector>

#include "app/app.h"
#include "net/net_fixture.h"

namespace {

// [example: begin]
using tailrace::App;
using tailrace::awaitable;
using tailrace::Request;
using tailrace::Response;

// Your state. The handlers own it; all of them run on one thread, so it needs no lock.
struct Orders {
  App& app;
  tailrace::Counter placed;
  std::vector<std::string> items{};
};
using OrdersPtr = std::shared_ptr<Orders>;  // shared by the handlers below

// Answers at once.
void list_orders(const OrdersPtr& orders, Response& response) {
  response.content_type = "application/json";
  response.compressible = true;
  response.body = "{\"orders\":" + std::to_string(orders->items.size()) + "}\n";
}

// Waits for something (here a timer; elsewhere a database) without holding up anybody else.
awaitable<Response> place_order(OrdersPtr orders, Request& request) {
  if (request.body().empty()) co_return tailrace::text_response(400, "an order needs a body\n");
  co_await tailrace::sleep_ns(2'000'000);
  orders->items.emplace_back(request.body());
  orders->placed.add();
  orders->app.log().info("order placed item=" + orders->items.back());
  co_return tailrace::text_response(201, "thank you\n");
}

void register_orders(App& app) {
  const auto orders = std::make_shared<Orders>(
      Orders{app, app.metrics().counter("shop_orders_total", "Orders placed.")});
  app.router().get("/orders",
                   [orders](Request&, Response& response) { list_orders(orders, response); });
  app.router().add_async("POST", "/orders",
                         [orders](Request& request) { return place_order(orders, request); });
}
// [example: end]

awaitable<bool> stop_task(App& app) {
  co_await app.stop(tailrace::kNsPerSecond);
  co_return true;
}

TEST(CustomApp, KeepsMetricsAndLog) {
  tailrace::Metrics metrics;
  tailrace::IoThread thread("app");
  tailrace::AppOptions options;
  options.listen.address = "127.0.0.1";
  options.listen.port = 0;
  options.log.file.path = "";
  options.log.to_stdout = false;
  std::unique_ptr<App> app;
  thread.run_and_wait([&] {
    app = std::make_unique<App>(thread.executor(), metrics, options, register_orders);
    EXPECT_TRUE(app->start());
  });
  const auto ask = [&](const std::string& text) {
    tailrace::RawClient client(app->port());
    client.send(text);
    const std::string answer = client.read_all();
    return answer.substr(9, 3) + " " + answer.substr(answer.find("\r\n\r\n") + 4);
  };
  const std::string rest = " HTTP/1.1\r\nHost: h\r\nConnection: close\r\n";
  EXPECT_EQ(ask("POST /orders" + rest + "Content-Length: 3\r\n\r\ntea"), "201 thank you\n");
  EXPECT_EQ(ask("POST /orders" + rest + "\r\n"), "400 an order needs a body\n");
  EXPECT_EQ(ask("GET /orders" + rest + "\r\n"), "200 {\"orders\":1}\n");
  const std::string page = ask("GET /metrics" + rest + "\r\n");
  EXPECT_NE(page.find("\nshop_orders_total 1\n"), page.npos);
  EXPECT_NE(
      page.find("http_requests_total{endpoint=\"/orders\",method=\"POST\",status=\"201\"} 1\n"),
      page.npos);
  tailrace::run_on(thread, stop_task(*app));
  thread.run_and_wait([&] { app.reset(); });
}

}  // namespace
