#include "agent/version.h"

namespace tailrace {

std::string_view version() { return TAILRACE_VERSION; }
std::string user_agent() { return "tailrace/" + std::string(version()); }

std::string version_text() {
  return "tailrace, version " + std::string(version()) + "\n  compiler: " + __VERSION__ +
         "\n  configuration: that of promtail 3.6\n";
}

}  // namespace tailrace
