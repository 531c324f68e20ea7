#include "sources/decompress/decompressor.h"

#include <bzlib.h>
#include <zlib.h>

#include <algorithm>
#include <limits>
#include <string>

namespace tailrace {
namespace {

constexpr std::size_t kPieceMax = std::numeric_limits<unsigned>::max();

class ZlibDecompressor final : public Decompressor {
 public:
  explicit ZlibDecompressor(bool gzip) : gzip_(gzip) {
    ok_ = ::inflateInit2(&stream_, gzip ? 16 + MAX_WBITS : MAX_WBITS) == Z_OK;
  }
  ~ZlibDecompressor() override {
    if (ok_) ::inflateEnd(&stream_);
  }

  Result<Progress> run(std::string_view input, std::span<char> out) override {
    if (!ok_) return Error{ErrorCode::kInvalid, "zlib does not start"};
    if (at_end_) {
      if (input.empty()) return Progress{};
      // What stands behind a gzip member is another one, or padding of zeros.
      if (!gzip_ || input[0] == '\0') return Progress{input.size(), 0};
      ::inflateReset(&stream_);
      at_end_ = false;
    }
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(input.data()));
    stream_.avail_in = static_cast<uInt>(std::min(input.size(), kPieceMax));
    stream_.next_out = reinterpret_cast<Bytef*>(out.data());
    stream_.avail_out = static_cast<uInt>(std::min(out.size(), kPieceMax));
    const uInt room = stream_.avail_out;
    const uInt given = stream_.avail_in;
    const int result = ::inflate(&stream_, Z_NO_FLUSH);
    if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR) {
      return Error{ErrorCode::kInvalid, stream_.msg != nullptr ? stream_.msg : "damaged data"};
    }
    at_end_ = result == Z_STREAM_END;
    return Progress{given - stream_.avail_in, room - stream_.avail_out};
  }
  bool at_end() const override { return at_end_; }

 private:
  z_stream stream_{};
  bool gzip_;
  bool ok_ = false;
  bool at_end_ = false;
};

class Bzip2Decompressor final : public Decompressor {
 public:
  Bzip2Decompressor() { begin(); }
  ~Bzip2Decompressor() override { ::BZ2_bzDecompressEnd(&stream_); }

  Result<Progress> run(std::string_view input, std::span<char> out) override {
    if (!ok_) return Error{ErrorCode::kInvalid, "bzip2 does not start"};
    if (at_end_) {
      if (input.empty()) return Progress{};
      ::BZ2_bzDecompressEnd(&stream_);
      begin();
    }
    stream_.next_in = const_cast<char*>(input.data());
    stream_.avail_in = static_cast<unsigned>(std::min(input.size(), kPieceMax));
    stream_.next_out = out.data();
    stream_.avail_out = static_cast<unsigned>(std::min(out.size(), kPieceMax));
    const unsigned room = stream_.avail_out;
    const unsigned given = stream_.avail_in;
    const int result = ::BZ2_bzDecompress(&stream_);
    if (result != BZ_OK && result != BZ_STREAM_END) {
      return Error{ErrorCode::kInvalid,
                   result == BZ_DATA_ERROR_MAGIC ? "not a bzip2 stream" : "damaged bzip2 data"};
    }
    at_end_ = result == BZ_STREAM_END;
    return Progress{given - stream_.avail_in, room - stream_.avail_out};
  }
  bool at_end() const override { return at_end_; }

 private:
  void begin() {
    stream_ = {};
    ok_ = ::BZ2_bzDecompressInit(&stream_, 0, 0) == BZ_OK;
    at_end_ = false;
  }

  bz_stream stream_{};
  bool ok_ = false;
  bool at_end_ = false;
};

}  // namespace

std::unique_ptr<Decompressor> Decompressor::make(CompressionFormat format) {
  switch (format) {
    case CompressionFormat::kGzip:
      return std::make_unique<ZlibDecompressor>(true);
    case CompressionFormat::kZlib:
      return std::make_unique<ZlibDecompressor>(false);
    case CompressionFormat::kBzip2:
      break;
  }
  return std::make_unique<Bzip2Decompressor>();
}

}  // namespace tailrace
