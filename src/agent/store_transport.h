// StoreTransport: pushes into the embedded store without a socket, in place of a Loki.
#pragma once

#include <memory>

#include "net/async.h"
#include "sinks/transport.h"
#include "store/store.h"

namespace tailrace {

// `store` outlives the transport; answers come on `executor`, the shard's.
std::unique_ptr<Transport> make_store_transport(Executor executor, Store& store);

}  // namespace tailrace
