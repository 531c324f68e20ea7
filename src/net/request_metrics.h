// RequestMetrics: counts and times every request of a router, without the handlers' help.
//
//   http_requests_total{method, endpoint, status}
//   http_request_latency_seconds{method, endpoint}
//
// The endpoint is the route's pattern, never the raw path; requests without a route are
// "unmatched". The server's thread adds to plain integers (one writer, so no locked instruction); a
// scrape moves what is new into the registry, so the values it shows are exact.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "net/router.h"
#include "telemetry/metrics.h"

namespace tailrace {

struct RequestMetricsOptions {
  std::string requests_name = "http_requests_total";
  std::string latency_name = "http_request_latency_seconds";
  std::vector<double> buckets = {.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10};  // seconds
};

class RequestMetrics {
 public:
  // For a router that has all its routes; adds an observer to it. Lives as long as the server.
  RequestMetrics(Metrics& metrics, Router& router, RequestMetricsOptions options = {});
  ~RequestMetrics();
  RequestMetrics(const RequestMetrics&) = delete;
  RequestMetrics& operator=(const RequestMetrics&) = delete;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tailrace
