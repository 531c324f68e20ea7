// LogGenerator: writes made-up lines into the app's log at a given rate, in batches of a few
// milliseconds, so that a hundred thousand lines a second cost a small part of a core.
#pragma once

#include "app/app_log.h"
#include "app/app_options.h"
#include "app/log_lines.h"
#include "net/async.h"

namespace tailrace {

// Runs until it is cancelled. `log` outlives it.
awaitable<void> generate_log(AppLog& log, LogGeneratorOptions options, std::uint64_t seed);

}  // namespace tailrace
