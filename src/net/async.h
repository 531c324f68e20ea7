// The two Asio types that may stand in our headers: what a coroutine returns, and where it runs.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

namespace tailrace {

namespace asio = boost::asio;
using asio::awaitable;
using Executor = asio::any_io_executor;

}  // namespace tailrace
