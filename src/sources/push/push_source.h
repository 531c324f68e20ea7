// PushSource: takes what other agents push, on an HTTP server of its own.
//
// A push is answered 204 when its lines have been delivered to Loki (or dropped for good); until
// then the sender keeps them, so none is lost whatever happens to us. While the pipeline has no
// room, or earlier pushes wait for long, new ones get 503 after a short wait.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "net/http_server.h"
#include "net/spawn.h"
#include "sources/entry_relabeler.h"
#include "sources/pending_requests.h"
#include "sources/push/push_body.h"
#include "sources/push/push_options.h"
#include "sources/room_gate.h"
#include "sources/source.h"
#include "telemetry/log.h"

namespace tailrace {

class PushSource final : public Source {
 public:
  // How long a request waits for room before it gets 503.
  static constexpr std::int64_t kRoomWaitNs = 5 * kNsPerSecond;
  // While a request has been waiting for its delivery for so long, new ones get 503 at once.
  static constexpr std::int64_t kStalledNs = 10 * kNsPerSecond;

  PushSource(SourceContext& context, RelabelConfigs rules, PushOptions options);
  ~PushSource() override;

  Result<void> start() override;
  void stop() override;
  bool settled() override { return tasks_.size() == 0 && pending_.empty(); }
  bool ready() const override { return true; }
  std::vector<SourceStatus> status() const override;

  std::uint16_t port() const;
  // For tests.
  void set_patience(std::int64_t room_wait_ns, std::int64_t stalled_ns);

 private:
  awaitable<Response> push(Request& request);
  awaitable<Response> raw(Request& request);
  // Nothing if the request may be taken.
  awaitable<std::optional<Response>> refusal();
  // Both return false if we are stopping before all was handed on. `error`: of a stream that was
  // left out.
  awaitable<bool> hand_on(const PushBody& body, std::shared_ptr<PendingRequest> pending);
  awaitable<bool> hand_on_lines(std::string_view text, std::shared_ptr<PendingRequest> pending);
  void accept(const PushBodyEntry& entry, std::int64_t timestamp_ns, const LabelSet* stream,
              PendingRequest& pending);
  std::int64_t next_timestamp();
  // A request is handed on in slices, each of which needs room.
  bool slice_is_full() const noexcept { return slice_bytes_ >= ReadBuffer::kUsualBytes; }
  void end_slice();
  awaitable<Response> answer(std::shared_ptr<PendingRequest> pending, bool whole);
  awaitable<void> close_server();

  SourceContext& context_;
  const PushOptions options_;
  RoomGate gate_;
  EntryRelabeler relabeler_;
  LabelSetRef raw_stream_;
  PendingRequests pending_;
  Counter entries_;
  Counter refused_;
  std::size_t slice_bytes_ = 0;
  std::int64_t room_wait_ns_ = kRoomWaitNs;
  std::int64_t stalled_ns_ = kStalledNs;
  log::Every complain_;
  std::unique_ptr<HttpServer> server_;
  bool stopping_ = false;
  TaskGroup tasks_;
};

}  // namespace tailrace
