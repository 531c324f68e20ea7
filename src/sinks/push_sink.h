// PushSink: the end of a pipeline; every entry goes to every client.
//
// It also remembers which senders this pipeline has used. Room is asked of those only, so that a
// tenant or client that is stuck rests the pipelines that feed it and no others.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/token_bucket.h"
#include "model/entry_sink.h"
#include "sinks/client.h"
#include "telemetry/metrics.h"

namespace tailrace {

// `limits_config.readline_*`: one for the whole process, despite its name after the pipelines.
struct ReadRateLimit {
  ReadRateLimit(double rate, double burst, bool drop_over, const Clock& clock, Metrics& metrics);

  const TokenBucket::Limit limit;
  TokenBucket bucket;
  bool drop;  // else reading rests until there are tokens
  const Clock& clock;
  Counter dropped;
};

class PushSink final : public EntrySink {
 public:
  // `clients` and `limit` outlive this; `limit` may be null.
  PushSink(std::vector<Client*> clients, ReadRateLimit* limit)
      : clients_(std::move(clients)), limit_(limit) {}

  void accept(Entry& entry) override;
  bool has_room() const override;
  std::int64_t rest_until_ns() const override;

 private:
  void remember(Sender* sender);

  std::vector<Client*> clients_;
  ReadRateLimit* limit_;
  std::vector<Sender*> used_;  // few: one per client and tenant
  Sender* last_used_ = nullptr;
};

}  // namespace tailrace
