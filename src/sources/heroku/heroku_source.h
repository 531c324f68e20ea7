// HerokuSource: takes log drains of Heroku on an HTTP server of its own. A request is answered when
// its lines are delivered, as pushes are.
//
//   POST /heroku/api/v1/drain?name=value
//   LEN SP <PRI>VERSION TIME HOST APP PROC ID TEXT   (octet counted, one after the other)
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "net/http_server.h"
#include "net/server_config.h"
#include "net/spawn.h"
#include "sources/entry_relabeler.h"
#include "sources/pending_requests.h"
#include "sources/room_gate.h"
#include "sources/source.h"
#include "telemetry/log.h"

namespace tailrace {

// The `heroku_drain` block of a scrape config.
struct HerokuOptions {
  ServerConfig server;
  Labels labels;
  bool use_incoming_timestamp = false;
};
// Problems are recorded at the node.
HerokuOptions read_heroku_options(const ConfigNode& node);

// One message of a drain, as views of its text.
struct HerokuMessage {
  std::int64_t timestamp_ns = 0;
  std::string_view host, app, proc, log_id, text;
};
// Nothing if the text is no such message.
std::optional<HerokuMessage> parse_heroku_message(std::string_view text);
// Takes the next message off the front of `body`; false if that is no octet-counted frame.
bool take_heroku_frame(std::string_view& body, std::string_view& message);

class HerokuSource final : public Source {
 public:
  static constexpr std::size_t kBodyBytesMax = std::size_t{16} << 20;
  static constexpr std::int64_t kRoomWaitNs = 5 * kNsPerSecond;

  HerokuSource(SourceContext& context, RelabelConfigs rules, HerokuOptions options);
  ~HerokuSource() override;

  Result<void> start() override;
  void stop() override;
  bool settled() override { return tasks_.size() == 0 && pending_.empty(); }
  bool ready() const override { return true; }
  std::vector<SourceStatus> status() const override;

  std::uint16_t port() const { return server_ ? server_->port() : std::uint16_t{0}; }

 private:
  awaitable<Response> drain(Request& request);
  // False if something in the body is no message; what stands in front of it is handed on.
  bool hand_on(Request& request, PendingRequest& pending);
  awaitable<void> close_server();

  SourceContext& context_;
  const HerokuOptions options_;
  RoomGate gate_;
  EntryRelabeler relabeler_;
  PendingRequests pending_;
  Counter entries_;
  Counter errors_;
  log::Every complain_;
  std::unique_ptr<HttpServer> server_;
  bool stopping_ = false;
  TaskGroup tasks_;
};

}  // namespace tailrace
