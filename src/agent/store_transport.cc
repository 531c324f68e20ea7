#include "agent/store_transport.h"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <optional>
#include <string>
#include <utility>

#include "base/clock.h"
#include "net/await.h"

namespace tailrace {
namespace {

// A push that the store answers on its own thread.
struct Pushing {
  explicit Pushing(const Executor& executor) : done(executor) {
    done.expires_at(asio::steady_timer::time_point::max());
  }
  std::string payload;  // ours: the caller may be gone before the store is done with it
  asio::steady_timer done;
  std::optional<PushResult> result;
};

class StoreTransport final : public Transport {
 public:
  StoreTransport(Executor executor, Store& store) : executor_(std::move(executor)), store_(store) {}

  awaitable<PushAnswer> push(std::string_view /*tenant*/, std::string_view body) override {
    auto pushing = std::make_shared<Pushing>(executor_);
    pushing->payload = body;
    running_ = pushing;
    store_.push(pushing->payload, [pushing, executor = executor_](PushResult result) {
      asio::post(executor, [pushing, result = std::move(result)]() mutable {
        pushing->result = std::move(result);
        pushing->done.cancel();
      });
    });
    [[maybe_unused]] auto [error] = co_await pushing->done.async_wait(kAwait);
    if (running_ == pushing) running_.reset();
    if (!pushing->result) co_return PushAnswer{-1, "cancelled", 0};
    co_return PushAnswer{pushing->result->status, std::move(pushing->result->message), 0};
  }

  void cancel() override {
    if (running_) running_->done.cancel();
  }

 private:
  Executor executor_;
  Store& store_;
  std::shared_ptr<Pushing> running_;
};

}  // namespace

bool is_own_store(const ClientOptions& client, const StoreServiceOptions& store) {
  const bool is_local = client.url.host == "127.0.0.1" || client.url.host == "localhost";
  return store.enabled && is_local && client.url.scheme == "http" &&
         client.url.port_or_default() == store.listen.port &&
         client.url.path == "/loki/api/v1/push" && !store.listen.tls.enabled();
}

std::unique_ptr<Transport> make_store_transport(Executor executor, Store& store) {
  return std::make_unique<StoreTransport>(std::move(executor), store);
}

}  // namespace tailrace
