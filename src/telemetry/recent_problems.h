// The last warnings and errors of the log, for the agent's pages: what an operator asks first.
//
// Thread-safe. The log fills it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "telemetry/log.h"

namespace tailrace::log {

struct Problem {
  std::int64_t at_ns = 0;  // since the Unix epoch
  Level level = Level::kWarn;
  std::string text;  // message and fields as logfmt: msg="cannot tail file" path=...
};

inline constexpr std::size_t kProblemsMax = 50;
inline constexpr std::size_t kProblemBytesMax = 2048;  // of one text; the rest is cut off

void remember_problem(Level level, std::string_view text);
// Oldest first.
std::vector<Problem> recent_problems();

}  // namespace tailrace::log
