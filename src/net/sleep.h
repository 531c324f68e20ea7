// A coroutine that waits.
#pragma once

#include <cstdint>

#include "net/async.h"

namespace tailrace {

// Ends early with an exception (operation_aborted) when the coroutine is cancelled.
awaitable<void> sleep_ns(std::int64_t ns);

}  // namespace tailrace
