#include "store/push_request.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>
#include <utility>

#include "base/clock.h"
#include "base/text.h"
#include "base/varint.h"
#include "store/log_level.h"
#include "wire/push_decoder.h"
#include "wire/snappy_gather.h"

namespace tailrace {
namespace {

constexpr std::string_view kLevelName = "detected_level";
// int64 nanoseconds reach from 1677 to 2262; a day of room at both ends.
constexpr std::int64_t kSecondsMax = 9'223'200'000;

std::uint64_t read_varint(std::string_view& rest) {
  std::uint64_t value = 0;
  for (unsigned shift = 0; !rest.empty() && shift < 64; shift += 7) {
    const auto byte = static_cast<unsigned char>(rest.front());
    rest.remove_prefix(1);
    value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) break;
  }
  return value;
}

std::string_view read_text(std::string_view& rest) {
  const std::uint64_t bytes = std::min<std::uint64_t>(read_varint(rest), rest.size());
  const std::string_view out = rest.substr(0, bytes);
  rest.remove_prefix(bytes);
  return out;
}

}  // namespace

void append_metadata_pair(std::string& out, std::string_view name, std::string_view value) {
  char length[kVarintBytesMax];
  out.append(length, put_varint(length, name.size()));
  out.append(name);
  out.append(length, put_varint(length, value.size()));
  out.append(value);
}

void decode_metadata(EncodedMetadata metadata,
                     std::vector<std::pair<std::string_view, std::string_view>>& out) {
  out.clear();
  while (!metadata.empty()) {
    const std::string_view name = read_text(metadata);
    out.emplace_back(name, read_text(metadata));
  }
}

std::string rfc3339_seconds(std::int64_t timestamp_ns) {
  std::time_t seconds = timestamp_ns / kNsPerSecond;
  if (timestamp_ns % kNsPerSecond < 0) --seconds;
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  char out[64];
  const std::size_t bytes = std::strftime(out, sizeof out, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return {out, bytes};
}

// One decoding: the state between its steps.
class PushDecoding {
 public:
  PushDecoding(PushRequest& request, std::int64_t now_ns, const StoreOptions& options,
               StreamCatalog& catalog)
      : request_(request), options_(options), catalog_(catalog) {
    oldest_ns_ = options.retention_ns == 0 ? INT64_MIN : now_ns - options.retention_ns;
    newest_ns_ = now_ns + options.creation_grace_ns;
  }

  Result<void> run() {
    PushReader reader(*request_.bytes_);
    while (reader.next_stream()) {
      request_.saw_streams_ = true;
      TAILRACE_CHECK(stream(reader));
    }
    if (reader.failed()) return Error{ErrorCode::kInvalid, "the body is no push request"};
    return {};
  }

 private:
  Result<void> stream(PushReader& reader) {
    RefusedStream refused;
    NewStream out;
    out.stream = catalog_.of_push(reader.labels(), refused);
    std::size_t lines = 0;
    while (reader.next_entry()) {
      ++lines;
      if (out.stream) entry(reader.entry(), out);
    }
    if (!out.stream) request_.refuse(refused.reason, std::move(refused.message), lines);
    if (!out.entries.empty()) request_.streams_.push_back(std::move(out));
    return {};
  }

  void entry(const PushedEntry& pushed, NewStream& out) {
    const StreamInfo& stream = *out.stream;
    if (pushed.seconds > kSecondsMax || pushed.seconds < -kSecondsMax || pushed.nanos < 0 ||
        pushed.nanos >= kNsPerSecond) {
      return request_.refuse(
          "invalid_timestamp",
          "entry for stream '" + stream.text + "' has a timestamp that is no time", 1);
    }
    NewEntry entry;
    entry.timestamp_ns = pushed.seconds * kNsPerSecond + pushed.nanos;
    if (entry.timestamp_ns < oldest_ns_) {
      return request_.refuse("greater_than_max_sample_age",
                             "entry for stream '" + stream.text +
                                 "' has timestamp too old: " + rfc3339_seconds(entry.timestamp_ns) +
                                 ", oldest acceptable timestamp is: " + rfc3339_seconds(oldest_ns_),
                             1);
    }
    if (entry.timestamp_ns > newest_ns_) {
      return request_.refuse("too_far_in_future",
                             "entry for stream '" + stream.text +
                                 "' has timestamp too new: " + rfc3339_seconds(entry.timestamp_ns),
                             1);
    }
    entry.line = pushed.line.substr(0, options_.line_bytes_max);
    if (entry.line.size() < pushed.line.size()) {
      // Not in the middle of a character.
      while (!entry.line.empty() &&
             (static_cast<unsigned char>(pushed.line[entry.line.size()]) & 0xc0) == 0x80)
        entry.line.remove_suffix(1);
    }
    if (!metadata(pushed, stream, entry)) return;
    ++request_.entries_;
    request_.line_bytes_ += entry.line.size();
    out.entries.push_back(entry);
  }

  // False: refused.
  bool metadata(const PushedEntry& pushed, const StreamInfo& stream, NewEntry& entry) {
    if (pushed.metadata.empty() && !options_.discover_log_levels) return true;
    if (pushed.metadata.size() > options_.metadata_pairs_max) {
      request_.refuse("structured_metadata_too_many",
                      "stream '" + stream.text + "' has too many structured metadata labels: '" +
                          std::to_string(pushed.metadata.size()) + "', limit: '" +
                          std::to_string(options_.metadata_pairs_max) + "'",
                      1);
      return false;
    }
    std::size_t bytes = 0;
    for (const auto& [name, value] : pushed.metadata) bytes += name.size() + value.size();
    if (bytes > options_.metadata_bytes_max) {
      request_.refuse("structured_metadata_too_large",
                      "stream '" + stream.text + "' has structured metadata too large: '" +
                          std::to_string(bytes) + "' bytes, limit: '" +
                          std::to_string(options_.metadata_bytes_max) + "' bytes",
                      1);
      return false;
    }
    pairs_.assign(pushed.metadata.begin(), pushed.metadata.end());
    std::erase_if(pairs_,
                  [](const auto& pair) { return pair.first.empty() || pair.second.empty(); });
    if (options_.discover_log_levels) add_level(entry.line, stream);
    std::stable_sort(pairs_.begin(), pairs_.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    // Of a name that is there twice the last one counts.
    encoded_.clear();
    for (std::size_t i = 0; i < pairs_.size(); ++i) {
      if (i + 1 < pairs_.size() && pairs_[i + 1].first == pairs_[i].first) continue;
      append_metadata_pair(encoded_, pairs_[i].first, pairs_[i].second);
    }
    // Most lines have what the one before had.
    if (encoded_ != last_) last_ = request_.arena_->copy(encoded_);
    entry.metadata = last_;
    return true;
  }

  void add_level(std::string_view line, const StreamInfo& stream) {
    std::string_view level;
    for (auto& [name, value] : pairs_) {
      if (name == kLevelName) {
        value = normal_level(value);
        return;
      }
    }
    if (!stream.level.empty()) {
      level = stream.level;
    } else {
      for (const std::string_view name : level_label_names()) {
        const auto found = std::find_if(pairs_.begin(), pairs_.end(),
                                        [&](const auto& pair) { return pair.first == name; });
        if (found != pairs_.end()) {
          level = normal_level(found->second);
          break;
        }
      }
    }
    if (level.empty()) level = level_of_line(line);
    pairs_.emplace_back(kLevelName, level);
  }

  PushRequest& request_;
  const StoreOptions& options_;
  StreamCatalog& catalog_;
  std::int64_t oldest_ns_;
  std::int64_t newest_ns_;
  std::vector<std::pair<std::string_view, std::string_view>> pairs_;
  std::string encoded_;
  std::string_view last_;
};

void PushRequest::refuse(const std::string& reason, std::string message, std::size_t lines) {
  refused_[reason] += lines;
  if (refusal_.empty()) refusal_ = std::move(message);
}

Result<PushRequest> PushRequest::decode(std::string_view payload, std::int64_t now_ns,
                                        const StoreOptions& options, StreamCatalog& catalog) {
  PushRequest out;
  TAILRACE_TRY(std::string bytes, snappy_uncompress(payload, options.push_bytes_max));
  out.bytes_ = std::make_unique<std::string>(std::move(bytes));
  out.arena_ = std::make_unique<Arena>();
  TAILRACE_CHECK(PushDecoding(out, now_ns, options, catalog).run());
  return out;
}

}  // namespace tailrace
