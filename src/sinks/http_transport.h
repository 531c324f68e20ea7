// HttpTransport: pushes to a Loki over HTTP. promtail-compat, sections 4.4 and 4.5.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <memory>
#include <string>

#include "sinks/client_options.h"
#include "sinks/transport.h"

namespace tailrace {

std::unique_ptr<Transport> make_http_transport(boost::asio::any_io_executor executor,
                                               const ClientOptions& options,
                                               std::string user_agent);

}  // namespace tailrace
