// GET /api/v1/agent: what the agent does, as JSON, for the explorer and for scripts: targets with
// their files, clients, the last warnings and errors, the running configuration with secrets
// masked.
#pragma once

#include <string>
#include <string_view>

#include "net/router.h"
#include "web/agent_pages.h"

namespace tailrace {

// `view` lives as long as the router.
void add_agent_api(Router& router, AgentView view, std::string version);

}  // namespace tailrace
