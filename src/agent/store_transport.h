// StoreTransport: pushes into the embedded store without a socket, in place of a Loki.
#pragma once

#include <memory>

#include "net/async.h"
#include "sinks/client_options.h"
#include "sinks/transport.h"
#include "store/store.h"
#include "web/store_service.h"

namespace tailrace {

// Whether a client's URL is our own store: then there is no need for a socket.
bool is_own_store(const ClientOptions& client, const StoreServiceOptions& store);

// `store` outlives the transport; answers come on `executor`, the shard's.
std::unique_ptr<Transport> make_store_transport(Executor executor, Store& store);

}  // namespace tailrace
