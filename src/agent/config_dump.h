// The running configuration as YAML, defaults filled in and secrets masked: for /config and
// -print-config-stderr.
#pragma once

#include <string>

#include "agent/agent_config.h"

namespace tailrace {

std::string dump_config(const AgentConfig& config);

}  // namespace tailrace
