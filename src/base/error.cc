#include "base/error.h"

#include <cerrno>
#include <system_error>

namespace tailrace {

Error errno_error(std::string_view what, int errno_value) {
  const ErrorCode code = errno_value == ENOENT ? ErrorCode::kNotFound : ErrorCode::kIo;
  return Error{code, std::generic_category().message(errno_value)}.in(what);
}

}  // namespace tailrace
