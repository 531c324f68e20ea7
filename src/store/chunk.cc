#include "store/chunk.h"

#include <zstd.h>

#include <algorithm>
#include <unordered_map>

#include "base/byte_buffer.h"
#include "base/hash.h"
#include "base/varint.h"

namespace tailrace {
namespace {

constexpr char kVersion = 1;
constexpr std::size_t kPartBytesMax = std::size_t{512} << 20;  // no chunk of ours is near this

std::uint64_t zigzag(std::int64_t value) {
  return (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
}
std::int64_t unzigzag(std::uint64_t value) {
  return static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1);
}

void put(std::string& out, std::uint64_t value) {
  char bytes[kVarintBytesMax];
  out.append(bytes, put_varint(bytes, value));
}
void put_text(std::string& out, std::string_view text) {
  put(out, text.size());
  out.append(text);
}

// Reads what put() wrote. Past the end everything is 0 and ok() is false.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : at_(bytes.data()), end_(bytes.data() + bytes.size()) {}
  std::uint64_t number() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; at_ != end_ && shift < 64; shift += 7) {
      const auto byte = static_cast<unsigned char>(*at_++);
      value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    ok_ = false;
    return 0;
  }
  std::string_view text() {
    const std::uint64_t bytes = number();
    if (bytes > static_cast<std::size_t>(end_ - at_)) {
      ok_ = false;
      return {};
    }
    const std::string_view out(at_, bytes);
    at_ += bytes;
    return out;
  }
  bool ok() const noexcept { return ok_; }
  std::size_t left() const noexcept { return static_cast<std::size_t>(end_ - at_); }

 private:
  const char* at_;
  const char* end_;
  bool ok_ = true;
};

Error damaged(std::string_view what) {
  return Error{ErrorCode::kInvalid, "damaged chunk: " + std::string(what)};
}

Result<std::string_view> decompress(ZSTD_DCtx* context, std::string_view compressed,
                                    ByteBuffer& into) {
  const unsigned long long bytes = ZSTD_getFrameContentSize(compressed.data(), compressed.size());
  if (bytes == ZSTD_CONTENTSIZE_ERROR || bytes == ZSTD_CONTENTSIZE_UNKNOWN || bytes > kPartBytesMax)
    return damaged("no zstd frame");
  char* const out = into.reserve(bytes + 1);
  const std::size_t got =
      ZSTD_decompressDCtx(context, out, bytes, compressed.data(), compressed.size());
  if (ZSTD_isError(got)) return damaged(ZSTD_getErrorName(got));
  if (got != bytes) return damaged("its size is wrong");
  into.set_size(bytes);
  return into.view();
}

}  // namespace

struct ChunkEncoder::Impl {
  ZSTD_CCtx* context = ZSTD_createCCtx();
  std::string text;
  std::string index;
  ~Impl() { ZSTD_freeCCtx(context); }

  std::string compressed(const std::string& bytes) {
    std::string out(ZSTD_compressBound(bytes.size()), '\0');
    const std::size_t got =
        ZSTD_compress2(context, out.data(), out.size(), bytes.data(), bytes.size());
    TAILRACE_ASSERT(!ZSTD_isError(got), "zstd has all the room it asked for");
    out.resize(got);
    out.shrink_to_fit();
    return out;
  }
};

ChunkEncoder::ChunkEncoder(int level) : impl_(std::make_unique<Impl>()) {
  ZSTD_CCtx_setParameter(impl_->context, ZSTD_c_compressionLevel, level);
  ZSTD_CCtx_setParameter(impl_->context, ZSTD_c_checksumFlag, 1);
}
ChunkEncoder::~ChunkEncoder() = default;

Chunk ChunkEncoder::encode(const StreamInfo& stream, std::vector<StoredEntry>& entries) {
  TAILRACE_ASSERT(!entries.empty(), "a chunk holds something");
  std::stable_sort(entries.begin(), entries.end(), [](const StoredEntry& a, const StoredEntry& b) {
    return a.timestamp_ns < b.timestamp_ns;
  });
  Chunk out;
  std::vector<std::string_view> sets;
  std::vector<std::uint32_t> set_of;
  set_of.reserve(entries.size());
  struct Hash {
    std::size_t operator()(std::string_view text) const noexcept { return hash_bytes(text); }
  };
  std::unordered_map<std::string_view, std::uint32_t, Hash> numbers;
  std::string& text = impl_->text;
  text.clear();
  for (const StoredEntry& entry : entries) {
    // Neighbours often share their set.
    if (sets.empty() || sets[set_of.back()] != entry.metadata) {
      const auto [number, is_new] =
          numbers.try_emplace(entry.metadata, static_cast<std::uint32_t>(sets.size()));
      if (is_new) sets.push_back(entry.metadata);
      set_of.push_back(number->second);
    } else {
      set_of.push_back(set_of.back());
    }
    text.append(entry.line);
    text.push_back('\n');
    out.bytes += entry.line.size() + entry.metadata.size();
  }
  std::string& index = impl_->index;
  index.assign(1, kVersion);
  put_text(index, stream.text);
  put(index, entries.size());
  put(index, sets.size());
  for (const std::string_view set : sets) put_text(index, set);
  std::int64_t last = 0;
  for (const StoredEntry& entry : entries) {
    // Unsigned, so that any two times have a difference.
    put(index, zigzag(static_cast<std::int64_t>(static_cast<std::uint64_t>(entry.timestamp_ns) -
                                                static_cast<std::uint64_t>(last))));
    last = entry.timestamp_ns;
  }
  for (const StoredEntry& entry : entries) put(index, entry.line.size());
  if (sets.size() > 1) {
    for (const std::uint32_t number : set_of) put(index, number);
  }
  out.first_ns = entries.front().timestamp_ns;
  out.last_ns = entries.back().timestamp_ns;
  out.entries = entries.size();
  out.index = impl_->compressed(index);
  out.text = impl_->compressed(text);
  return out;
}

struct ChunkDecoder::Impl {
  ZSTD_DCtx* context = ZSTD_createDCtx();
  ByteBuffer text;
  ByteBuffer index;
  ~Impl() { ZSTD_freeDCtx(context); }
};

ChunkDecoder::ChunkDecoder() : impl_(std::make_unique<Impl>()) {}
ChunkDecoder::~ChunkDecoder() = default;

Result<std::string_view> ChunkDecoder::text(std::string_view compressed) {
  return decompress(impl_->context, compressed, impl_->text);
}

Result<std::string_view> ChunkDecoder::stream_name(std::string_view compressed) {
  TAILRACE_TRY(const std::string_view bytes, decompress(impl_->context, compressed, impl_->index));
  if (bytes.empty() || bytes[0] != kVersion) return damaged("it is of another version");
  Reader reader(bytes.substr(1));
  const std::string_view name = reader.text();
  if (!reader.ok()) return damaged("it ends too early");
  return name;
}

Result<void> ChunkDecoder::index(std::string_view compressed, const StreamInfo& stream,
                                 logql::EntryBlock& block) {
  TAILRACE_TRY(const std::string_view bytes, decompress(impl_->context, compressed, impl_->index));
  if (bytes.empty() || bytes[0] != kVersion) return damaged("it is of another version");
  Reader reader(bytes.substr(1));
  if (reader.text() != stream.text) return damaged("it belongs to another stream");
  const std::uint64_t entries = reader.number();
  const std::uint64_t sets = reader.number();
  // Each of them takes at least a byte.
  if (!reader.ok() || entries > reader.left() || sets > reader.left())
    return damaged("its counts are wrong");
  block.clear();
  block.metadata_sets.resize(sets);
  for (std::vector<logql::MetadataView>& set : block.metadata_sets)
    decode_metadata(reader.text(), set);
  block.timestamps.resize(entries);
  std::uint64_t time = 0;
  for (std::int64_t& timestamp : block.timestamps) {
    time += static_cast<std::uint64_t>(unzigzag(reader.number()));
    timestamp = static_cast<std::int64_t>(time);
  }
  block.line_bytes.resize(entries);
  for (std::uint32_t& length : block.line_bytes)
    length = static_cast<std::uint32_t>(reader.number());
  block.metadata.assign(entries, 0);
  if (sets > 1) {
    for (std::uint32_t& number : block.metadata) {
      number = static_cast<std::uint32_t>(reader.number());
      if (number >= sets) return damaged("its metadata is wrong");
    }
  }
  if (!reader.ok() || (sets == 0 && entries != 0)) return damaged("it ends too early");
  return {};
}

Result<void> ChunkDecoder::lines(std::string_view text, logql::EntryBlock& block) {
  block.lines.clear();
  block.lines.reserve(block.size());
  std::size_t at = 0;
  for (const std::uint32_t length : block.line_bytes) {
    if (at + length + 1 > text.size()) return damaged("its lines are too short");
    block.lines.push_back(text.substr(at, length));
    at += std::size_t{length} + 1;
  }
  if (at != text.size()) return damaged("its lines are too long");
  block.text = text;
  return {};
}

}  // namespace tailrace
