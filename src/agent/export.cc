#include "agent/export.h"

#include <unistd.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <cinttypes>
#include <csignal>
#include <cstdio>
#include <optional>
#include <utility>

#include "agent/agent_config.h"
#include "agent/store_transport.h"
#include "agent/version.h"
#include "base/units.h"
#include "logql/query_parser.h"
#include "model/interner.h"
#include "net/await.h"
#include "net/io_thread.h"
#include "net/spawn.h"
#include "sinks/client.h"
#include "sinks/http_transport.h"
#include "store/export_reader.h"
#include "web/loki_params.h"

namespace tailrace {
namespace {

constexpr std::size_t kReasonBytesMax = 300;  // Loki names every line

Error usage(std::string text) { return Error{ErrorCode::kInvalid, "export: " + std::move(text)}; }

Result<ClientOptions> choose_client(const AgentConfig& config, const CommandLine& flags,
                                    const std::string& target) {
  std::vector<const ClientOptions*> others;
  for (const ClientOptions& client : config.clients) {
    if (is_own_store(client, config.store)) continue;
    if (!target.empty() && (client.name == target || client.url.text() == target)) return client;
    others.push_back(&client);
  }
  if (target.empty()) {
    if (others.size() == 1) return *others.front();
    return usage(others.empty()
                     ? "the configuration has no client but the store; say where to, "
                       "as a push URL"
                     : "the configuration has several clients; say which, by URL or name");
  }
  ClientOptions out;
  Result<Url> url = parse_url(target);
  if (!url) return std::move(url).error().in("export to " + target);
  out.url = std::move(*url);
  if (is_own_store(out, config.store)) return usage(target + " is the store itself");
  if (flags.given("client.tenant-id")) out.tenant_id = flags.text("client.tenant-id");
  name_client(out);
  return out;
}

Result<ExportRange> read_range(const CommandLine& flags) {
  ExportRange out;
  const auto time = [&](std::string_view name, std::int64_t& ns) -> Result<void> {
    const std::string text = flags.text(name);
    if (text.empty()) return {};
    const std::optional<std::int64_t> parsed = parse_loki_time(text);
    if (!parsed) return usage("-" + std::string(name) + ": \"" + text + "\" is no time");
    ns = *parsed;
    return {};
  };
  TAILRACE_CHECK(time("export.from", out.from_ns));
  TAILRACE_CHECK(time("export.to", out.to_ns));
  if (out.from_ns >= out.to_ns) return usage("-export.from is not before -export.to");
  if (const std::string selector = flags.text("export.selector"); !selector.empty()) {
    Result<std::vector<logql::MatcherSyntax>> syntax = logql::parse_selector(selector);
    if (!syntax) return std::move(syntax).error().in("export: -export.selector");
    TAILRACE_TRY(out.matchers, logql::compile_matchers(*syntax));
  }
  return out;
}

// Remembers why something was refused for good.
class WatchedTransport final : public Transport {
 public:
  WatchedTransport(std::unique_ptr<Transport> inner, std::string& first_refusal)
      : inner_(std::move(inner)), first_refusal_(first_refusal) {}
  awaitable<PushAnswer> push(std::string_view tenant, std::string_view body) override {
    awaitable<PushAnswer> pushing = inner_->push(tenant, body);
    PushAnswer answer = co_await std::move(pushing);
    if (!answer.delivered() && !answer.retryable() && first_refusal_.empty())
      first_refusal_ = std::to_string(answer.status) + " " + answer.text.substr(0, kReasonBytesMax);
    co_return answer;
  }
  void cancel() override { inner_->cancel(); }

 private:
  std::unique_ptr<Transport> inner_;
  std::string& first_refusal_;
};

// One export. Lines are read on a thread of their own while those before them are sent.
class Export {
 public:
  Export(Store& store, Metrics& metrics, ExportRange range, ClientOptions client, double rate)
      : metrics_(metrics),
        options_(std::move(client)),
        rate_(rate),
        reader_(store, std::move(range)),
        signals_(io_, SIGINT, SIGTERM),
        changed_(io_),
        tick_(io_) {
    // What may be taken later is tried until it is.
    options_.backoff.attempts_max = 0;
    options_.drop_rate_limited_batches = false;
  }

  Result<void> run() {
    TAILRACE_TRY(total_, reader_.total());
    std::fprintf(stderr, "export: about %.0f lines, %.1f MB, to %s\n", total_.entries,
                 total_.bytes / 1e6, options_.url.authority().c_str());
    signals_.async_wait([this](const boost::system::error_code& error, int) {
      if (error) return;
      interrupted_ = true;
      if (client_) client_->give_up();
      changed_.cancel();
    });
    began_ns_ = Clock::system().monotonic_ns();
    spawn(io_.get_executor(), "export", export_all());
    spawn(io_.get_executor(), "progress", show_progress());
    io_.run();
    return conclude();
  }

 private:
  using Part = std::optional<ExportPart>;
  struct Reading {
    explicit Reading(const Executor& executor) : done(executor) {
      done.expires_at(asio::steady_timer::time_point::max());
    }
    asio::steady_timer done;
    std::optional<Result<Part>> part;
  };

  std::shared_ptr<Reading> start_reading() {
    auto reading = std::make_shared<Reading>(io_.get_executor());
    thread_.post([this, reading] {
      Result<Part> part = reader_.next();
      asio::post(io_, [reading, part = std::move(part)]() mutable {
        reading->part.emplace(std::move(part));
        reading->done.cancel();
      });
    });
    return reading;
  }

  awaitable<void> export_all() {
    std::shared_ptr<Reading> reading = start_reading();
    while (!interrupted_) {
      if (!reading->part) co_await reading->done.async_wait(kAwait);
      if (!*reading->part) {
        error_ = reading->part->error();
        break;
      }
      Part part = std::move(**reading->part);
      if (!part) break;
      reading = start_reading();
      if (client_ && part->day != day_) {
        // So that all of the days before the one shown has arrived.
        awaitable<void> finished = finish_client();
        co_await std::move(finished);
      }
      day_ = part->day;
      damaged_ += part->damaged_blocks;
      awaitable<void> sent = send(*part);
      co_await std::move(sent);
    }
    awaitable<void> finished = finish_client();
    co_await std::move(finished);
    over_ = true;
    thread_.finish();
    signals_.cancel();
    tick_.cancel();
  }

  awaitable<void> send(const ExportPart& part) {
    if (!client_) {
      client_ = std::make_unique<Client>(
          io_.get_executor(), options_, ClientLimits{},
          [this] {
            return std::make_unique<WatchedTransport>(
                make_http_transport(io_.get_executor(), options_, user_agent()), refusal_);
          },
          metrics_, Clock::system(), [this] { changed_.cancel(); });
    }
    std::vector<LabelSetRef> sets;
    for (const StreamPtr& stream : part.streams)
      sets.emplace_back(interner_.intern(stream->labels));
    Entry entry;
    entry.interner = &interner_;
    for (const ExportedLine& line : part.lines) {
      if (interrupted_) co_return;
      const std::string_view text = part.line(line);
      entry.begin(text, line.timestamp_ns, sets[line.stream].get(), nullptr);
      for (const auto& [name, value] : part.metadata[line.metadata])
        entry.metadata.emplace_back(name, value);
      const Sender* const sender = client_->append(entry);
      ++lines_;
      bytes_ += static_cast<double>(text.size());
      while (!interrupted_ && (!sender->has_room() || too_fast())) {
        changed_.expires_after(std::chrono::milliseconds(sender->has_room() ? 20 : 60'000));
        co_await changed_.async_wait(kAwait);
      }
    }
    if (interner_.sweep_due()) interner_.sweep();
  }

  bool too_fast() const { return rate_ > 0 && bytes_ > rate_ * (seconds() + 0.1); }

  awaitable<void> finish_client() {
    if (!client_) co_return;
    interrupted_ ? client_->give_up() : client_->stop();
    while (!client_->finished()) {
      changed_.expires_after(std::chrono::seconds(1));
      co_await changed_.async_wait(kAwait);
    }
    client_.reset();
  }

  double seconds() const {
    return std::max(1e-3, static_cast<double>(Clock::system().monotonic_ns() - began_ns_) / 1e9);
  }

  awaitable<void> show_progress() {
    const bool terminal = ::isatty(STDERR_FILENO) == 1;
    while (!over_) {
      tick_.expires_after(std::chrono::seconds(terminal ? 1 : 10));
      co_await tick_.async_wait(kAwait);
      if (!over_) print_progress(terminal);
    }
    if (terminal) std::fputs("\r\033[K", stderr);
  }

  void print_progress(bool terminal) const {
    const double part =
        total_.entries > 0 ? std::min(1.0, static_cast<double>(lines_) / total_.entries) : 0;
    const auto left_seconds =
        part > 0 ? static_cast<std::int64_t>(seconds() * (1 - part) / part) : 0;
    std::fprintf(stderr,
                 "%sexport: %s  %5.1f%%  %" PRIu64 " lines  %.0f lines/s  %.1f MB/s  %s left%s",
                 terminal ? "\r\033[K" : "", day_text().c_str(), 100 * part, lines_,
                 static_cast<double>(lines_) / seconds(), bytes_ / 1e6 / seconds(),
                 part > 0 ? format_go_duration(left_seconds * kNsPerSecond).c_str() : "?",
                 terminal ? "" : "\n");
  }

  std::string day_text() const { return rfc3339_seconds(day_start_ns(day_)).substr(0, 10); }

  Result<void> conclude() {
    const double arrived =
        metrics_.counter("promtail_sent_entries_total", "", {{"host", options_.url.authority()}})
            .value();
    std::fprintf(
        stderr, "export: %.0f lines sent in %s\n", arrived,
        format_go_duration(static_cast<std::int64_t>(seconds() * 1000) * kNsPerMs).c_str());
    if (error_) return std::move(*error_).in("export");
    if (interrupted_) {
      return Error{ErrorCode::kCancelled, "export: interrupted; to go on: -export.from=" +
                                              (lines_ == 0 ? std::string("as before")
                                                           : rfc3339_seconds(day_start_ns(day_)))};
    }
    if (arrived < static_cast<double>(lines_)) {
      return Error{ErrorCode::kInvalid,
                   "export: pushes with " +
                       std::to_string(lines_ - static_cast<std::uint64_t>(arrived)) +
                       " lines were refused, wholly or in part: " + refusal_};
    }
    if (damaged_ != 0) {
      return Error{ErrorCode::kInvalid, "export: " + std::to_string(damaged_) +
                                            " damaged blocks could not be read; the rest was sent"};
    }
    return {};
  }

  Metrics& metrics_;
  ClientOptions options_;
  const double rate_;
  ExportReader reader_;  // on thread_
  ExportReader::Total total_;
  Interner interner_;
  asio::io_context io_{1};
  asio::signal_set signals_;
  asio::steady_timer changed_;  // cancelled when a sender has room, or has finished
  asio::steady_timer tick_;
  std::unique_ptr<Client> client_;
  bool interrupted_ = false;
  bool over_ = false;
  std::int64_t began_ns_ = 0;
  DayNumber day_ = 0;
  std::uint64_t lines_ = 0;
  double bytes_ = 0;
  std::uint64_t damaged_ = 0;
  std::string refusal_;
  std::optional<Error> error_;
  IoThread thread_{"export-read"};
};

}  // namespace

Result<void> run_export(const CommandLine& flags, const std::string& target) {
  TAILRACE_TRY(const AgentConfig config, load_agent_config(flags));
  if (!config.store.enabled) return usage(config.file_name + " has no section store");
  TAILRACE_TRY(ClientOptions client, choose_client(config, flags, target));
  TAILRACE_TRY(ExportRange range, read_range(flags));
  Metrics metrics;
  TAILRACE_TRY(const std::unique_ptr<Store> store,
               Store::open_read_only(config.store.store, metrics));
  return Export(*store, metrics, std::move(range), std::move(client),
                static_cast<double>(flags.bytes("export.rate")))
      .run();
}

}  // namespace tailrace
