// The agent's own pages, at Promtail's addresses: /ready, /metrics, /targets, /service-discovery,
// /config, /reload.
//
// The pages know nothing of the agent; what they show they ask through AgentView.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "model/labels.h"
#include "net/async.h"
#include "net/router.h"
#include "telemetry/metrics.h"

namespace tailrace {

struct PageFile {
  std::string path;
  std::uint64_t delivered = 0;  // bytes, as the rest
  std::uint64_t read = 0;
  std::uint64_t size = 0;
  std::uint64_t lag = 0;
};
struct PageTarget {
  std::string type;
  bool ready = false;
  Labels labels;
  Labels discovered;
  std::vector<std::pair<std::string, std::string>> details;
  std::vector<PageFile> files{};
};
struct PageDroppedTarget {
  std::string reason;
  Labels discovered;
};
struct PageJob {
  std::string name;
  std::vector<PageTarget> targets;
  std::vector<PageDroppedTarget> dropped;
};

// Of one tenant of a client; times since the Unix epoch, 0: never.
struct PageSender {
  std::string tenant;
  double sent_entries = 0;
  double sent_bytes = 0;
  double retries = 0;
  double dropped_entries = 0;
  std::uint64_t waiting_payloads = 0;
  std::string last_error;
  std::int64_t last_error_ns = 0;
  std::int64_t last_sent_ns = 0;
};
struct PageClient {
  std::string name;
  std::string url;                  // password masked
  bool embedded = false;            // the store in this process, without a socket
  std::vector<PageSender> senders;  // none before the first entry
};

// All must be callable for as long as the server runs.
struct AgentView {
  std::function<awaitable<bool>()> ready;
  std::function<awaitable<std::vector<PageJob>>()> jobs;
  std::function<awaitable<std::vector<PageClient>>()> clients;
  std::function<std::string()> config_yaml;  // secrets masked
  // Reads the configuration again; an error leaves everything as it was.
  std::function<awaitable<Result<void>>()> reload;
};

struct AgentPageOptions {
  bool metrics = true;          // register_instrumentation
  bool check_targets = true;    // health_check_target: false makes /ready always 200
  bool reload = false;          // enable_runtime_reload: else /reload does not exist
  bool explorer = true;         // /ui is there, and the pages link to it
  std::string redirect_prefix;  // path of external_url, in front of /targets
};

void add_agent_pages(Router& router, AgentView view, AgentPageOptions options, Metrics& metrics);

// GET /metrics: Prometheus text or OpenMetrics by Accept; compressed if asked. Also for other
// listeners.
void add_metrics_route(Router& router, Metrics& metrics);

}  // namespace tailrace
