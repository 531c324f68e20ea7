// SyslogSource: takes syslog messages over TCP, TLS or UDP.
//
// TCP is read only while the pipeline has room; else senders wait. For UDP see DatagramLoop.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <set>
#include <string>

#include "net/reverse_lookup.h"
#include "net/spawn.h"
#include "net/stream_listener.h"
#include "sources/datagram_loop.h"
#include "sources/room_gate.h"
#include "sources/source.h"
#include "sources/syslog/syslog_messages.h"
#include "sources/syslog/syslog_options.h"

namespace tailrace {

class SyslogSource final : public Source {
 public:
  // Datagrams whose senders' names are being looked up; beyond it they go without.
  static constexpr std::size_t kHeldBytesMax = std::size_t{1} << 20;

  SyslogSource(SourceContext& context, RelabelConfigs rules, SyslogOptions options);
  ~SyslogSource() override;

  Result<void> start() override;
  void stop() override;
  bool settled() override { return tasks_.size() == 0; }
  bool ready() const override { return listening_; }
  std::vector<SourceStatus> status() const override;

  std::uint16_t port() const;

 private:
  struct HeldDatagram {
    std::string ip;
    std::string bytes;
  };
  awaitable<void> accept_connections();
  awaitable<void> serve(StreamListener::Connection connection);
  awaitable<Result<void>> read_messages(StreamListener::Connection& connection);
  void take_datagram(std::string_view bytes, const std::string& ip);
  void hand_on_datagram(std::string_view bytes, const SyslogPeer& peer);
  void hand_on_held();

  SourceContext& context_;
  const SyslogOptions options_;
  RoomGate gate_;
  SyslogMetrics metrics_;
  SyslogMessages messages_;
  TlsServer tls_;
  ReverseLookup lookup_;
  std::unique_ptr<StreamListener> listener_;
  DatagramLoop datagrams_;
  std::set<ByteStream*> open_;  // of connections being served
  std::deque<HeldDatagram> held_;
  std::size_t held_bytes_ = 0;
  log::Every complain_;
  bool listening_ = false;
  bool stopping_ = false;
  TaskGroup tasks_;
};

}  // namespace tailrace
