#include "base/assert.h"

#include <cstdio>
#include <cstdlib>

namespace tailrace {

void assertion_failed(const char* condition, const char* why, const char* file, int line) {
  std::fprintf(stderr, "tailrace: bug: %s:%d: %s (%s)\n", file, line, why, condition);
  std::fflush(stderr);
  std::abort();
}

}  // namespace tailrace
