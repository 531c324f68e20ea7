#include "net/request_metrics.h"

#include <array>
#include <atomic>
#include <cmath>

namespace tailrace {
namespace {

constexpr std::array<std::string_view, 8> kMethods = {"GET",    "POST",  "HEAD",    "PUT",
                                                      "DELETE", "PATCH", "OPTIONS", "other"};
constexpr std::size_t kStatuses = 600;

// Written by one thread, read by others: an ordinary add that the compiler may not tear.
class Tally {
 public:
  void add(std::uint64_t by) noexcept {
    value_.store(value_.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
  }
  // What was added since the last call. For the scraping thread.
  std::uint64_t take() noexcept {
    const std::uint64_t now = value_.load(std::memory_order_relaxed);
    return now - std::exchange(taken_, now);
  }

 private:
  std::atomic<std::uint64_t> value_{0};
  std::uint64_t taken_ = 0;
};

// One method of one route.
struct Cell {
  explicit Cell(std::size_t buckets) : bucket_counts(buckets) {}
  std::array<Tally, kStatuses> statuses;
  std::vector<Tally> bucket_counts;  // the last is +Inf
  Tally sum_ns;
};

std::size_t method_index(std::string_view method) noexcept {
  for (std::size_t i = 0; i + 1 < kMethods.size(); ++i) {
    if (method == kMethods[i]) return i;
  }
  return kMethods.size() - 1;
}

}  // namespace

struct RequestMetrics::Impl {
  Impl(Metrics& to, const Router& router, RequestMetricsOptions given)
      : metrics(to),
        options(std::move(given)),
        cells((router.routes().size() + 1) * kMethods.size()) {
    for (const Route& route : router.routes()) endpoints.push_back(route.pattern);
    endpoints.emplace_back("unmatched");
    for (const double bound : options.buckets) bounds_ns.push_back(std::llround(bound * 1e9));
  }
  ~Impl() {
    for (std::atomic<Cell*>& cell : cells) delete cell.load();
  }

  void record(const RequestRecord& request) {
    const std::size_t route =
        request.route != nullptr ? request.route->index : endpoints.size() - 1;
    if (route >= endpoints.size()) return;
    std::atomic<Cell*>& slot = cells[route * kMethods.size() + method_index(request.method)];
    Cell* cell = slot.load(std::memory_order_relaxed);
    if (cell == nullptr) {
      cell = new Cell(bounds_ns.size() + 1);
      slot.store(cell, std::memory_order_release);
    }
    const auto status = static_cast<std::size_t>(request.status);
    cell->statuses[status < kStatuses ? status : 0].add(1);
    std::size_t bucket = 0;
    while (bucket < bounds_ns.size() && request.duration_ns > bounds_ns[bucket]) ++bucket;
    cell->bucket_counts[bucket].add(1);
    cell->sum_ns.add(static_cast<std::uint64_t>(request.duration_ns > 0 ? request.duration_ns : 0));
  }

  void publish() {
    for (std::size_t i = 0; i < cells.size(); ++i) {
      Cell* const cell = cells[i].load(std::memory_order_acquire);
      if (cell != nullptr)
        publish(*cell, endpoints[i / kMethods.size()], kMethods[i % kMethods.size()]);
    }
  }

  void publish(Cell& cell, const std::string& endpoint, std::string_view method) {
    for (std::size_t status = 0; status < kStatuses; ++status) {
      const std::uint64_t fresh = cell.statuses[status].take();
      if (fresh == 0) continue;
      metrics
          .counter(options.requests_name, "HTTP requests served.",
                   {{"method", std::string(method)},
                    {"endpoint", endpoint},
                    {"status", std::to_string(status)}})
          .add(static_cast<double>(fresh));
    }
    std::vector<std::uint64_t> fresh;
    std::uint64_t any = 0;
    for (Tally& tally : cell.bucket_counts) any += fresh.emplace_back(tally.take());
    if (any == 0) return;
    metrics
        .histogram(options.latency_name,
                   "Time from a request's last byte to its answer, in seconds.",
                   {{"method", std::string(method)}, {"endpoint", endpoint}}, options.buckets)
        .add(fresh, static_cast<double>(cell.sum_ns.take()) / 1e9);
  }

  Metrics& metrics;
  const RequestMetricsOptions options;
  std::vector<std::string> endpoints;  // by route; the last is for none
  std::vector<std::int64_t> bounds_ns;
  std::vector<std::atomic<Cell*>> cells;  // route * methods + method; made at first use
  std::uint64_t collector = 0;
};

RequestMetrics::RequestMetrics(Metrics& metrics, Router& router, RequestMetricsOptions options)
    : impl_(std::make_unique<Impl>(metrics, router, std::move(options))) {
  impl_->collector = metrics.add_collector([impl = impl_.get()] { impl->publish(); });
  router.observe([impl = impl_.get()](const RequestRecord& record) { impl->record(record); });
}

RequestMetrics::~RequestMetrics() {
  impl_->metrics.remove_collector(impl_->collector);
  impl_->publish();  // what came after the last scrape is not forgotten
}

}  // namespace tailrace
