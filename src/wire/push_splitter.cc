#include "wire/push_splitter.h"

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "wire/push_decoder.h"
#include "wire/push_encoder.h"
#include "wire/snappy_gather.h"

namespace tailrace {
namespace {

// What comes in was made here; a batch is a few megabytes and one line.
constexpr std::size_t kRequestBytesMax = std::size_t{1} << 30;

EncodedEntry encoded(const PushedEntry& entry) {
  return {entry.seconds * kNsPerSecond + entry.nanos, entry.line, entry.metadata};
}

// How many entries the first half gets.
std::size_t cut_of(std::string_view request, SplitBy by) {
  std::vector<std::size_t> ends;     // bytes of entries up to the end of each
  std::vector<std::size_t> streams;  // entries in front of each
  std::size_t bytes = 0;
  PushReader reader(request);
  while (reader.next_stream()) {
    streams.push_back(ends.size());
    while (reader.next_entry()) ends.push_back(bytes += encoded(reader.entry()).bytes());
  }
  if (reader.failed()) return 0;
  if (by == SplitBy::kStreams) return streams.empty() ? 0 : streams[streams.size() / 2];
  if (ends.size() < 2) return 0;
  std::size_t cut = 1;
  while (cut + 1 < ends.size() && ends[cut] <= bytes / 2) ++cut;
  return cut;
}

void append_stream(std::string& request, std::string_view labels, const std::string& entries) {
  if (entries.empty()) return;
  std::string head(stream_head_bytes(labels, entries.size()), '\0');
  put_stream_head(head.data(), labels, entries.size());
  request += head;
  request += entries;
}

PushHalf packed(const std::string& request, std::size_t entries) {
  PushHalf out;
  const std::array<std::string_view, 1> pieces{request};
  snappy_compress(pieces, out.body);
  out.entries = entries;
  return out;
}

}  // namespace

Result<PushHalves> split_push(std::string_view block, SplitBy by) {
  TAILRACE_TRY(const std::string request, snappy_uncompress(block, kRequestBytesMax));
  const std::size_t cut = cut_of(request, by);
  if (cut == 0) return Error{ErrorCode::kInvalid, "there is nothing to split"};
  std::array<std::string, 2> halves;
  std::array<std::string, 2> entries;  // of the stream
  std::size_t count = 0;
  PushReader reader(request);
  while (reader.next_stream()) {
    while (reader.next_entry()) {
      const EncodedEntry entry = encoded(reader.entry());
      std::string& out = entries[count < cut ? 0 : 1];
      const std::size_t at = out.size();
      out.resize(at + entry.bytes());
      entry.write(out.data() + at);
      ++count;
    }
    for (std::size_t half = 0; half < halves.size(); ++half) {
      append_stream(halves[half], reader.labels(), entries[half]);
      entries[half].clear();
    }
  }
  return PushHalves{packed(halves[0], cut), packed(halves[1], count - cut)};
}

}  // namespace tailrace
