// What the agent's pages and the explorer show, from what the runtime says of itself.
#pragma once

#include <memory>
#include <vector>

#include "agent/agent_config.h"
#include "agent/job_discovery.h"
#include "agent/runtime.h"
#include "web/agent_pages.h"

namespace tailrace {

// `discoveries` are by job, as the jobs are; empty in the middle of a reload.
std::vector<PageJob> page_jobs(std::vector<Runtime::JobStatus> jobs,
                               const std::vector<std::unique_ptr<JobDiscovery>>& discoveries);

// `has_store`: the embedded store runs. There may be fewer clients than configured: none in a dry
// run, nor in the middle of a reload, which may change how many there are.
std::vector<PageClient> page_clients(std::vector<Runtime::ClientStatus> clients,
                                     const AgentConfig& config, bool has_store);

}  // namespace tailrace
