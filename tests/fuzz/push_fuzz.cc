// Bodies of pushes. The first byte says what the others are: a snappy block, a PushRequest, JSON,
// or packed JSON.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "store/push_request.h"
#include "store/stream_catalog.h"
#include "web/push_json.h"
#include "wire/inflate.h"
#include "wire/push_decoder.h"
#include "wire/snappy_gather.h"

namespace {

using namespace tailrace;

constexpr std::size_t kBytesMax = 1 << 20;

std::string packed(std::string_view bytes) {
  ByteBuffer out;
  const std::string_view pieces[] = {bytes};
  snappy_compress(pieces, out);
  return std::string(out.view());
}

void decode(std::string_view payload) {
  StoreOptions options;
  options.push_bytes_max = kBytesMax;
  options.retention_ns = 0;
  StreamCatalog catalog(options);
  const auto request = PushRequest::decode(payload, 1'795'132'800'000'000'000, options, catalog);
  if (!request) return;
  std::size_t entries = 0;
  std::vector<std::pair<std::string_view, std::string_view>> pairs;
  for (const NewStream& stream : request->streams()) {
    if (!stream.stream || stream.entries.empty()) __builtin_trap();
    for (const NewEntry& entry : stream.entries) {
      decode_metadata(entry.metadata, pairs);
      for (const auto& [name, value] : pairs) {
        if (name.empty() || value.empty()) __builtin_trap();
      }
      ++entries;
    }
  }
  if (entries != request->entries()) __builtin_trap();
}

void json(std::string_view text) {
  const auto push = push_from_json(text);
  if (!push) return;
  // What it makes is a good PushRequest.
  PushReader reader(*push);
  while (reader.next_stream()) {
    while (reader.next_entry()) {
    }
  }
  if (reader.failed()) __builtin_trap();
  decode(packed(*push));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t bytes) {
  if (bytes == 0) return 0;
  const std::string_view body(reinterpret_cast<const char*>(data) + 1, bytes - 1);
  switch (data[0]) {
    case 's':
      decode(body);
      break;
    case 'p':
      decode(packed(body));
      break;
    case 'j':
      json(body);
      break;
    case 'd':
    case 'g':
      if (const auto text = inflate_all(
              body, data[0] == 'd' ? DeflateFormat::kDeflate : DeflateFormat::kGzip, kBytesMax)) {
        if (text->size() > kBytesMax) __builtin_trap();
        json(*text);
      }
      break;
    default:
      break;
  }
  return 0;
}
