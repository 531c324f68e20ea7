// TAILRACE_ASSERT: for promises that only our own code can break. It stays on in release builds:
// beside compression it costs nothing, and a wrong position on disk costs a user's lines.
#pragma once

namespace tailrace {

[[noreturn]] void assertion_failed(const char* condition, const char* why, const char* file,
                                   int line);

}  // namespace tailrace

#define TAILRACE_ASSERT(condition, why)                                  \
  do {                                                                   \
    if (!(condition)) [[unlikely]]                                       \
      ::tailrace::assertion_failed(#condition, why, __FILE__, __LINE__); \
  } while (false)
