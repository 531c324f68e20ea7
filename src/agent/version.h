// Version: what -version prints, and what tailrace calls itself when it pushes.
#pragma once

#include <string>
#include <string_view>

namespace tailrace {

// "0.1.0"
std::string_view version();
// "promtail/<version>" would hide us from Loki's operators; "tailrace/<version>" does not.
std::string user_agent();
std::string version_text();

}  // namespace tailrace
