// What the demo app answers.
//
//   GET /                    a greeting, after work_time_min..work_time_max
//   GET /unstable            fails with 500 at failure_rate
//   GET /delay/{milliseconds}  waits so long
#include "app/routes.h"

#include <charconv>
#include <string>

namespace tailrace {
namespace {

constexpr std::int64_t kDelayMsMax = 60'000;

// What the handlers share; it lives in them.
struct Demo {
  App& app;
  Counter requests;
};

void greet(Response& response) { response.body = "Hello, world!\n"; }

awaitable<Response> greet_after_work(Demo demo, Request&) {
  const AppOptions& options = demo.app.options();
  const auto range = static_cast<double>(options.work_time_ns_max - options.work_time_ns_min);
  const std::int64_t work_ns =
      options.work_time_ns_min + static_cast<std::int64_t>(demo.app.random() * range);
  co_await sleep_ns(work_ns);
  demo.requests.add();
  Response response;
  greet(response);
  co_return response;
}

void answer_or_fail(Demo demo, Response& response) {
  if (demo.app.random() >= demo.app.options().failure_rate) {
    response.body = "It went well.\n";
    return;
  }
  demo.app.log().error(
      "the unstable part failed\njava.lang.IllegalStateException: no luck\n\tat "
      "demo.Unstable.call(Unstable.java:7)");
  response.status = 500;
  response.body = "It failed.\n";
}

awaitable<Response> wait_as_told(Request& request) {
  const std::string_view text = request.param("milliseconds");
  std::int64_t ms = -1;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), ms);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size() || ms < 0 ||
      ms > kDelayMsMax) {
    co_return text_response(400, "the delay must be 0 to 60000 milliseconds\n");
  }
  co_await sleep_ns(ms * 1'000'000);
  co_return text_response(200, "waited " + std::to_string(ms) + " ms\n");
}

}  // namespace

void register_routes(App& app) {
  Demo demo{app, app.metrics().counter("my_app_requests_total", "Greetings served.")};
  if (app.options().work_time_ns_max > 0) {
    app.router().add_async("GET", "/",
                           [demo](Request& request) { return greet_after_work(demo, request); });
  } else {
    app.router().get("/", [demo](Request&, Response& response) mutable {
      demo.requests.add();
      greet(response);
    });
  }
  app.router().get("/unstable",
                   [demo](Request&, Response& response) { answer_or_fail(demo, response); });
  app.router().add_async("GET", "/delay/{milliseconds}", wait_as_told);
}

}  // namespace tailrace
