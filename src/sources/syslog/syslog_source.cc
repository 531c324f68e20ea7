#include "sources/syslog/syslog_source.h"

#include <chrono>
#include <vector>

#include "base/backoff.h"
#include "net/await.h"

namespace tailrace {
namespace {

constexpr std::size_t kReadBytes = 16 * 1024;
constexpr std::int64_t kLookupNs = 2 * kNsPerSecond;

// A connection that stop() can end.
class Open {
 public:
  Open(std::set<ByteStream*>& all, ByteStream& stream, Gauge& count)
      : all_(all), stream_(stream), count_(count) {
    all_.insert(&stream_);
    count_.add(1);
  }
  ~Open() {
    all_.erase(&stream_);
    count_.add(-1);
  }
  Open(const Open&) = delete;
  Open& operator=(const Open&) = delete;

 private:
  std::set<ByteStream*>& all_;
  ByteStream& stream_;
  Gauge& count_;
};

}  // namespace

SyslogSource::SyslogSource(SourceContext& context, RelabelConfigs rules, SyslogOptions options)
    : context_(context),
      options_(std::move(options)),
      gate_(context.shard, context.scheduler, context.pipeline),
      metrics_(context.shard.metrics),
      messages_(context, options_, std::move(rules), metrics_),
      tls_(options_.tls),
      lookup_(context.shard.executor),
      datagrams_(context, gate_, metrics_.datagrams_dropped),
      complain_(10 * kNsPerSecond),
      tasks_(context.shard.executor) {}

SyslogSource::~SyslogSource() { stop(); }

Result<void> SyslogSource::start() {
  const std::string where = "syslog of job " + context_.job_name;
  if (options_.udp) {
    Result<void> opened = datagrams_.open(options_.listen_address);
    if (!opened) return std::move(opened).error().in(where);
    tasks_.spawn("syslog datagrams",
                 datagrams_.run([this](std::string_view bytes, const std::string& ip) {
                   take_datagram(bytes, ip);
                 }));
  } else {
    if (options_.tls.enabled()) {
      Result<TlsContextPtr> context = tls_.current();
      if (!context) return std::move(context).error().in(where);
    }
    auto listener = StreamListener::open(context_.shard.executor, options_.listen_address);
    if (!listener) return std::move(listener).error().in(where);
    listener_ = std::move(listener).value();
    tasks_.spawn("syslog listener", accept_connections());
  }
  listening_ = true;
  log::info("syslog listening on address", {{"job", context_.job_name},
                                            {"address", options_.listen_address},
                                            {"protocol", options_.udp ? "udp" : "tcp"},
                                            {"tls", options_.tls.enabled()}});
  return {};
}

std::uint16_t SyslogSource::port() const {
  return listener_ ? listener_->port() : datagrams_.port();
}

void SyslogSource::stop() {
  stopping_ = true;
  listening_ = false;
  gate_.close();
  if (listener_) listener_->close();
  datagrams_.close();
  for (ByteStream* const stream : open_) stream->close();
  tasks_.cancel();
  // Their senders have no other place to go to.
  while (!held_.empty()) {
    hand_on_datagram(held_.front().bytes, {held_.front().ip, ""});
    held_.pop_front();
  }
  held_bytes_ = 0;
}

awaitable<void> SyslogSource::accept_connections() {
  Backoff backoff(5 * kNsPerMs, kNsPerSecond, 1);
  while (!stopping_) {
    Result<StreamListener::Connection> connection = co_await listener_->accept();
    if (stopping_) co_return;
    if (connection) {
      backoff.reset();
      tasks_.spawn("syslog connection", serve(std::move(connection).value()));
      continue;
    }
    if (complain_.due()) {
      log::warn("failed to accept syslog connection",
                {{"job", context_.job_name}, {"error", connection.error().text()}});
    }
    asio::steady_timer pause(context_.shard.executor);
    pause.expires_after(std::chrono::nanoseconds(backoff.next_ns()));
    [[maybe_unused]] auto [error] = co_await pause.async_wait(kAwait);
  }
}

awaitable<void> SyslogSource::serve(StreamListener::Connection connection) {
  if (options_.tls.enabled()) {
    const Open open(open_, *connection.stream, metrics_.connections);
    IoGuard guard(context_.shard.executor, options_.idle_timeout_ns);
    Result<void> secured = co_await StreamListener::start_tls(connection, tls_, guard);
    if (!secured) {
      if (complain_.due() && !stopping_) {
        log::warn("syslog connection refused",
                  {{"job", context_.job_name}, {"error", secured.error().text()}});
      }
      co_return;
    }
  }
  const Open open(open_, *connection.stream, metrics_.connections);
  Result<void> read = co_await read_messages(connection);
  if (!read && !stopping_) {
    log::debug(
        "syslog connection ended",
        {{"job", context_.job_name}, {"from", connection.ip}, {"error", read.error().text()}});
  }
}

awaitable<Result<void>> SyslogSource::read_messages(StreamListener::Connection& connection) {
  SyslogPeer peer{connection.ip, ""};
  if (messages_.wants_hostnames()) {
    std::string name = co_await lookup_.name_of(connection.ip, kLookupNs);
    peer.hostname = std::move(name);
  }
  SyslogSplitter splitter(options_.message_bytes_max, options_.format);
  // Grows with the messages, to one of the longest kind with its framing, and then some.
  const std::size_t bytes_max =
      std::max(options_.message_bytes_max, SyslogSplitter::kLinesBytesMax) + kReadBytes;
  std::vector<char> buffer(kReadBytes);
  std::size_t filled = 0;
  IoGuard guard(context_.shard.executor, 0);
  bool broken = false;
  bool at_end = false;
  while (!broken && !at_end && !stopping_) {
    const bool may_read = co_await gate_.wait();
    if (!may_read) break;
    guard.restart(options_.idle_timeout_ns);
    guard.set_stop([stream = connection.stream.get()] { stream->close(); });
    const std::span<char> room(buffer.data() + filled, buffer.size() - filled);
    Result<std::size_t> count = co_await connection.stream->read_some(room);
    guard.set_stop(nullptr);
    at_end = !count || *count == 0;
    if (count) filled += *count;
    const std::size_t done =
        messages_.take(splitter, {buffer.data(), filled}, at_end, peer, broken);
    std::copy(buffer.data() + done, buffer.data() + filled, buffer.data());
    filled -= done;
    if (!count) co_return guard.explain(std::move(count).error());
    if (filled == bytes_max) broken = true;  // cannot be: the splitter bounds what it keeps
    if (filled == buffer.size()) buffer.resize(std::min(2 * filled, bytes_max));
  }
  connection.stream->close();
  co_return Result<void>();
}

void SyslogSource::take_datagram(std::string_view bytes, const std::string& ip) {
  if (!messages_.wants_hostnames()) return hand_on_datagram(bytes, {ip, ""});
  if (const std::optional<std::string> name = lookup_.known(ip)) {
    return hand_on_datagram(bytes, {ip, *name});
  }
  // Held until the name is known, so that one sender has one stream.
  const bool fits = held_bytes_ + bytes.size() <= kHeldBytesMax;
  if (!fits || !lookup_.ask(ip, [this] { hand_on_held(); })) {
    return hand_on_datagram(bytes, {ip, ""});
  }
  held_.push_back({ip, std::string(bytes)});
  held_bytes_ += bytes.size();
}

void SyslogSource::hand_on_held() {
  std::deque<HeldDatagram> still;
  std::size_t still_bytes = 0;
  for (HeldDatagram& datagram : held_) {
    if (const std::optional<std::string> name = lookup_.known(datagram.ip)) {
      hand_on_datagram(datagram.bytes, {datagram.ip, *name});
    } else {
      still_bytes += datagram.bytes.size();
      still.push_back(std::move(datagram));
    }
  }
  held_ = std::move(still);
  held_bytes_ = still_bytes;
}

void SyslogSource::hand_on_datagram(std::string_view bytes, const SyslogPeer& peer) {
  SyslogSplitter splitter(options_.message_bytes_max, options_.format);
  bool broken = false;
  // As in Promtail a longer datagram is a message that ends there, not one that is refused.
  messages_.take(splitter, bytes.substr(0, options_.message_bytes_max), true, peer, broken);
}

std::vector<SourceStatus> SyslogSource::status() const {
  SourceStatus status;
  status.type = "Syslog";
  status.ready = listening_;
  status.labels = options_.labels;
  status.details = {{"listen_address", options_.listen_address},
                    {"protocol", options_.udp ? "udp" : "tcp"},
                    {"connections", std::to_string(open_.size())}};
  return {status};
}

}  // namespace tailrace
