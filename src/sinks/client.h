// Client: one Loki that entries are pushed to; one item of `clients`.
//
// It adds the external labels, applies the line limit, picks the tenant, and hands the entry to the
// sender of that tenant, which it makes when the tenant is first seen. Lives on one shard.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "model/entry.h"
#include "sinks/client_metrics.h"
#include "sinks/client_options.h"
#include "sinks/sender.h"
#include "sinks/transport.h"

namespace tailrace {

class Client {
 public:
  // Makes one transport per sender.
  using TransportFactory = std::function<std::unique_ptr<Transport>()>;

  // `on_change` is called on the shard when a sender has room again or has finished.
  Client(boost::asio::any_io_executor executor, ClientOptions options, ClientLimits limits,
         TransportFactory transports, Metrics& metrics, const Clock& clock,
         std::function<void()> on_change);
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Takes the entry; returns the sender that has it now, or null if it was dropped by a limit.
  Sender* append(Entry& entry);
  // See Sender; to be set before the first entry.
  void before_push(std::function<void()> callback) { before_push_ = std::move(callback); }

  void stop();
  void give_up();
  bool finished() const;
  const std::string& name() const noexcept { return options_.name; }
  // By tenant; none before the first entry.
  std::vector<SenderStatus> status() const;

 private:
  Sender& sender_of(std::string_view tenant);
  const LabelSet* with_external_labels(Entry& entry);

  boost::asio::any_io_executor executor_;
  const ClientOptions options_;
  const ClientLimits limits_;
  TransportFactory transports_;
  ClientMetrics metrics_;
  const Clock& clock_;
  std::function<void()> on_change_;
  std::function<void()> before_push_;
  std::map<std::string, std::shared_ptr<Sender>, std::less<>> senders_;  // by tenant

  // What the last entry had: most lines have the same.
  LabelSetRef last_stream_;
  LabelSetRef last_with_external_;
  Sender* last_sender_ = nullptr;
  std::vector<LabelEdit> edits_;
};

}  // namespace tailrace
