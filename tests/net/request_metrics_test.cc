#include "net/request_metrics.h"

#include <thread>

#include "net_fixture.h"

namespace tailrace {
namespace {

std::size_t lines_with(const std::string& page, const std::string& start) {
  std::size_t count = 0;
  for (std::size_t at = 0; (at = page.find("\n" + start, at)) != page.npos; ++at) ++count;
  return count;
}

TEST(RequestMetrics, CountEveryRequestByRoute) {
  Metrics metrics;
  std::unique_ptr<RequestMetrics> counted;
  TestServer server([&](Router& router) {
    router.get("/item/{id}", [](Request&, Response& response) { response.body = "x"; });
    router.get("/fail", [](Request&, Response& response) { response.status = 503; });
    counted = std::make_unique<RequestMetrics>(metrics, router);
  });
  const auto ask = [&](const std::string& method, const std::string& path) {
    (void)server.talk(method + " " + path + " HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  };
  for (int i = 0; i < 5; ++i) ask("GET", "/item/" + std::to_string(i));
  (void)metrics.scrape(Metrics::Format::kPrometheusText);
  ask("GET", "/item/9");
  ask("HEAD", "/item/9");
  ask("GET", "/fail");
  ask("GET", "/random/" + std::string(50, 'x'));
  ask("WEIRD", "/other");
  ask("POST", "/fail");
  server.thread().run_and_wait([] {});
  const std::string page = metrics.scrape(Metrics::Format::kPrometheusText);
  for (const char* line :
       {"http_requests_total{endpoint=\"/item/{id}\",method=\"GET\",status=\"200\"} 6\n",
        "http_requests_total{endpoint=\"/item/{id}\",method=\"HEAD\",status=\"200\"} 1\n",
        "http_requests_total{endpoint=\"/fail\",method=\"GET\",status=\"503\"} 1\n",
        "http_requests_total{endpoint=\"/fail\",method=\"POST\",status=\"405\"} 1\n",
        "http_requests_total{endpoint=\"unmatched\",method=\"GET\",status=\"404\"} 1\n",
        "http_requests_total{endpoint=\"unmatched\",method=\"other\",status=\"404\"} 1\n",
        "http_request_latency_seconds_count{endpoint=\"/item/{id}\",method=\"GET\"} 6\n",
        "http_request_latency_seconds_bucket{endpoint=\"/item/{id}\",method=\"GET\",le=\"+Inf\"} "
        "6\n"}) {
    EXPECT_NE(page.find(line), page.npos) << line << page;
  }
  EXPECT_EQ(lines_with(page, "http_requests_total{"), 6u);
}

TEST(RequestMetrics, BucketsAndConcurrentScrapes) {
  Metrics metrics;
  Router router;
  router.get("/", [](Request&, Response&) {});
  RequestMetricsOptions options;
  options.buckets = {0.001, 0.01};
  {
    RequestMetrics counted(metrics, router, options);
    RequestRecord record;
    record.route = &router.routes()[0];
    record.method = "GET";
    record.status = 200;
    std::thread scraper([&] {
      for (int i = 0; i < 200; ++i) (void)metrics.scrape(Metrics::Format::kPrometheusText);
    });
    for (int i = 0; i < 30'000; ++i) {
      record.duration_ns = i % 3 == 0 ? 1'000'000 : i % 3 == 1 ? 1'000'001 : 10'000'001;
      router.report(record);
    }
    scraper.join();
  }
  const std::string page = metrics.scrape(Metrics::Format::kPrometheusText);
  for (const char* line :
       {"le=\"0.001\"} 10000\n", "le=\"0.01\"} 20000\n", "le=\"+Inf\"} 30000\n",
        "status=\"200\"} 30000\n", "_sum{endpoint=\"/\",method=\"GET\"} 120.0"}) {
    EXPECT_NE(page.find(line), page.npos) << line << "\n" << page;
  }
}

}  // namespace
}  // namespace tailrace
