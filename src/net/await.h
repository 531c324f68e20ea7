// For bodies (.cc files) only: how they await. Errors arrive as values.
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <string_view>

#include "base/error.h"
#include "net/async.h"

namespace tailrace {

inline constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);

// Trouble with a connection: every kind of it may pass, so kUnavailable; kCancelled if we ended it.
inline Error connection_error(const boost::system::error_code& error) {
  if (error == asio::error::operation_aborted || error == asio::error::bad_descriptor) {
    return Error{ErrorCode::kCancelled, "cancelled"};
  }
  if (error == asio::error::eof) return Error{ErrorCode::kUnavailable, "connection closed"};
  return Error{ErrorCode::kUnavailable, error.message()};
}

}  // namespace tailrace
