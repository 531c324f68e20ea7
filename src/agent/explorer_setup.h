// Which Lokis the explorer may ask through this process.
#pragma once

#include <memory>
#include <vector>

#include "agent/agent_config.h"
#include "net/async.h"
#include "web/loki_source.h"

namespace tailrace {

// Those of the configuration; they stand on every listener that has the explorer.
std::vector<std::shared_ptr<LokiSource>> configured_sources(const Executor& executor,
                                                            const ExplorerOptions& options);

// The Loki of the first client, for the agent's own listener: null if the configuration does not
// allow it (ExplorerOptions::FirstClient), or if its URL is not that of a push.
std::shared_ptr<LokiSource> first_client_source(const Executor& executor,
                                                const AgentConfig& config);

}  // namespace tailrace
