#include "agent/page_view.h"

#include <algorithm>
#include <string>
#include <utility>

#include "agent/store_transport.h"

namespace tailrace {

std::vector<PageJob> page_jobs(std::vector<Runtime::JobStatus> jobs,
                               const std::vector<std::unique_ptr<JobDiscovery>>& discoveries) {
  std::vector<PageJob> out;
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    PageJob& job = out.emplace_back();
    job.name = std::move(jobs[i].name);
    for (SourceStatus& source : jobs[i].sources) {
      PageTarget& target = job.targets.emplace_back();
      target.type = std::move(source.type);
      target.ready = source.ready;
      target.labels = std::move(source.labels);
      target.discovered = std::move(source.discovered);
      target.details = std::move(source.details);
      for (SourceFile& file : source.files) {
        target.files.push_back(
            {std::move(file.path), file.delivered, file.read, file.size, file.lag});
      }
    }
    if (i >= discoveries.size()) continue;
    for (const DroppedTarget& dropped : discoveries[i]->list().dropped) {
      job.dropped.push_back({std::string(drop_reason_name(dropped.reason)), dropped.discovered});
    }
  }
  return out;
}

std::vector<PageClient> page_clients(std::vector<Runtime::ClientStatus> clients,
                                     const AgentConfig& config, bool has_store) {
  std::vector<PageClient> out;
  for (std::size_t i = 0; i < std::min(clients.size(), config.clients.size()); ++i) {
    PageClient& client = out.emplace_back();
    client.name = std::move(clients[i].name);
    client.url = config.clients[i].url.text();
    client.embedded = has_store && is_own_store(config.clients[i], config.store);
    for (SenderStatus& sender : clients[i].senders) {
      client.senders.push_back({std::move(sender.tenant), sender.sent_entries, sender.sent_bytes,
                                sender.retries, sender.dropped_entries, sender.waiting_payloads,
                                std::move(sender.last_error), sender.last_error_ns,
                                sender.last_sent_ns});
    }
  }
  return out;
}

}  // namespace tailrace
