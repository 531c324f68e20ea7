// The subcommand `healthcheck`: for images that hold nothing but the binary, so no curl.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace tailrace {

inline constexpr std::string_view kDefaultHealthUrl = "http://127.0.0.1:9080/ready";

// Asks the URL once; an error unless it answers 200 within three seconds.
Result<void> check_health(std::string_view url);

}  // namespace tailrace
