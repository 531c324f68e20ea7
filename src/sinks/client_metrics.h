// Promtail's metrics of a client, under Promtail's names, and ours beside them.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>

#include "telemetry/metrics.h"

namespace tailrace {

// Why entries do not arrive, or not whole; the `reason` label.
enum class LossReason : std::uint8_t { kIngesterError, kRateLimited, kStreamLimited, kLineTooLong };
inline constexpr std::size_t kLossReasons = 4;

// Counters that carry a tenant. All reasons exist with 0 from the tenant's first batch on.
struct TenantMetrics {
  TenantMetrics(Metrics& metrics, const std::string& host, const std::string& tenant);

  void dropped(LossReason reason, double entries, double bytes);
  void mutated(LossReason reason, double entries, double bytes);
  Counter batch_retries;

 private:
  std::array<Counter, kLossReasons> dropped_entries_;
  std::array<Counter, kLossReasons> dropped_bytes_;
  std::array<Counter, kLossReasons> mutated_entries_;
  std::array<Counter, kLossReasons> mutated_bytes_;
};

// Counters of one client; `host` is host:port of its URL.
struct ClientMetrics {
  ClientMetrics(Metrics& metrics, std::string host_label, const std::string& client_name);

  // One finished attempt. `status` -1: no answer came.
  void observe_request(int status, double seconds);

  Metrics& metrics;
  const std::string host;
  Counter encoded_bytes;  // compressed bytes made
  Counter sent_bytes;     // compressed bytes acknowledged
  Counter sent_entries;
  Counter blocked_seconds;  // time in which a sender had no room, so that reading rested

 private:
  std::map<int, Histogram> request_seconds_;  // by status
};

}  // namespace tailrace
