#include "net/reverse_lookup.h"

#include <boost/asio/ip/tcp.hpp>
#include <map>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "net/await.h"

namespace tailrace {

struct ReverseLookup::Impl : std::enable_shared_from_this<ReverseLookup::Impl> {
  struct Answer {
    std::string name;
    std::int64_t until_ns = 0;
  };

  explicit Impl(Executor on) : executor(on), resolver(on) {}

  std::optional<std::string> known(const std::string& ip) const {
    const auto found = answers.find(ip);
    if (found == answers.end() || found->second.until_ns < Clock::system().monotonic_ns()) {
      return std::nullopt;
    }
    return found->second.name;
  }
  void answer(const std::string& ip, std::string name) {
    if (answers.size() >= kRememberedMax) answers.clear();
    answers[ip] = {std::move(name), Clock::system().monotonic_ns() + kRememberNs};
    std::vector<std::function<void()>> waiting = std::move(pending[ip]);
    pending.erase(ip);
    for (const std::function<void()>& then : waiting) then();
  }
  bool ask(const std::string& ip, std::function<void()> then) {
    const auto asked = pending.find(ip);
    if (asked != pending.end()) {
      asked->second.push_back(std::move(then));
      return true;
    }
    boost::system::error_code no_address;
    const asio::ip::address address = asio::ip::make_address(ip, no_address);
    if (no_address || pending.size() >= kPendingMax) return false;
    pending[ip].push_back(std::move(then));
    resolver.async_resolve(
        asio::ip::tcp::endpoint(address, 0),
        [weak = weak_from_this(), ip](const boost::system::error_code& error, const auto& results) {
          const std::shared_ptr<Impl> self = weak.lock();
          if (!self) return;
          std::string name = error || results.empty() ? "" : results.begin()->host_name();
          // Without a name the resolver gives the address back.
          if (name == ip) name.clear();
          self->answer(ip, std::move(name));
        });
    return true;
  }

  Executor executor;
  asio::ip::tcp::resolver resolver;
  std::map<std::string, Answer> answers;
  std::map<std::string, std::vector<std::function<void()>>> pending;
};

ReverseLookup::ReverseLookup(Executor executor)
    : impl_(std::make_shared<Impl>(std::move(executor))) {}
ReverseLookup::~ReverseLookup() { impl_->pending.clear(); }

std::optional<std::string> ReverseLookup::known(const std::string& ip) const {
  return impl_->known(ip);
}

bool ReverseLookup::ask(const std::string& ip, std::function<void()> then) {
  return impl_->ask(ip, std::move(then));
}

awaitable<std::string> ReverseLookup::name_of(std::string ip, std::int64_t timeout_ns) {
  const std::shared_ptr<Impl> impl = impl_;
  if (const std::optional<std::string> name = impl->known(ip)) co_return *name;
  const auto bell = std::make_shared<asio::steady_timer>(impl->executor);
  bell->expires_after(std::chrono::nanoseconds(timeout_ns));
  if (!impl->ask(ip, [bell] { bell->cancel(); })) co_return std::string();
  [[maybe_unused]] auto [error] = co_await bell->async_wait(kAwait);
  co_return impl->known(ip).value_or("");
}

}  // namespace tailrace
