// Agent: the whole process, from a loaded configuration to a clean end.
//
//   front (the caller's thread)                    shard
//   signals, HTTP pages, web app, discovery  --->  Runtime: files, pipelines, clients
//             positions are written by the pool
//
// The front never touches what lives on the shard: it posts, or asks and awaits the answer.
#pragma once

#include <memory>

#include "agent/agent_config.h"
#include "agent/command_line.h"
#include "base/result.h"

namespace tailrace {

// Builds everything the configuration asks for and throws it away: what -check-syntax reports.
Result<void> check_agent_config(const AgentConfig& config);

// Runs until SIGTERM, SIGINT, or the end of standard input with -stdin. The error is why it could
// not start.
Result<void> run_agent(AgentConfig config, const CommandLine& command_line);

}  // namespace tailrace
