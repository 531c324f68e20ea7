#include "web/store_task.h"

#include <thread>

#include "logql/log_engine.h"

namespace tailrace {
namespace {

// Queries that may wait for a thread beside those that run.
constexpr std::size_t kWaitingMax = 100;

}  // namespace

StoreTasks::StoreTasks(Store& store, Metrics& metrics)
    : store_(store),
      metrics_(metrics),
      running_max_(store.options().queries_max != 0
                       ? store.options().queries_max
                       : std::thread::hardware_concurrency() + kWaitingMax),
      running_gauge_(
          metrics.gauge("tailrace_store_queries", "Queries that run or wait for a thread.")) {}

void StoreTasks::stop_all() {
  stopping_ = true;
  for (const QueryStopPtr& stop : running_) stop->stop(logql::QueryStop::Reason::kCancelled);
}

Error StoreTasks::stopped_error(const logql::QueryStop& stop) {
  return logql::stop_error(stop.reason());
}

QueryStopPtr StoreTasks::begin() {
  auto stop = std::make_shared<logql::QueryStop>();
  const Clock& clock = Clock::system();
  stop->set_deadline(clock, clock.monotonic_ns() + store_.options().query_timeout_ns);
  running_.insert(stop);
  running_gauge_.set(static_cast<double>(running_.size()));
  return stop;
}

void StoreTasks::end(const QueryStopPtr& stop) {
  running_.erase(stop);
  running_gauge_.set(static_cast<double>(running_.size()));
}

}  // namespace tailrace
