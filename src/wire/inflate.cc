#include "wire/inflate.h"

#include <zlib.h>

#include <algorithm>
#include <limits>

namespace tailrace {
namespace {

constexpr std::size_t kPieceBytes = 64 * 1024;
constexpr int kBareDeflate = -MAX_WBITS;
constexpr int kGzip = 16 + MAX_WBITS;

class Inflater {
 public:
  explicit Inflater(int window_bits) { ok_ = ::inflateInit2(&stream_, window_bits) == Z_OK; }
  ~Inflater() {
    if (ok_) ::inflateEnd(&stream_);
  }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  bool ok() const { return ok_; }
  z_stream& stream() { return stream_; }

 private:
  z_stream stream_{};
  bool ok_ = false;
};

bool has_zlib_header(std::string_view bytes) {
  if (bytes.size() < 2) return false;
  const auto first = static_cast<unsigned char>(bytes[0]);
  const auto second = static_cast<unsigned char>(bytes[1]);
  return (first & 0x0f) == 8 && (first * 256U + second) % 31 == 0;
}

}  // namespace

Result<std::string> inflate_all(std::string_view bytes, DeflateFormat format,
                                std::size_t bytes_max) {
  int window_bits = format == DeflateFormat::kGzip ? kGzip : MAX_WBITS;
  if (format == DeflateFormat::kDeflate && !has_zlib_header(bytes)) window_bits = kBareDeflate;
  Inflater inflater(window_bits);
  if (!inflater.ok()) return Error{ErrorCode::kInvalid, "zlib does not start"};
  z_stream& stream = inflater.stream();
  std::string out;
  while (true) {
    // zlib counts in 32 bits.
    const std::size_t input = std::min<std::size_t>(bytes.size(), std::numeric_limits<uInt>::max());
    const std::size_t before = out.size();
    out.resize(std::min(before + std::max(kPieceBytes, before), bytes_max + 1));
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream.avail_in = static_cast<uInt>(input);
    const std::size_t room =
        std::min<std::size_t>(out.size() - before, std::numeric_limits<uInt>::max());
    stream.next_out = reinterpret_cast<Bytef*>(out.data() + before);
    stream.avail_out = static_cast<uInt>(room);
    const int result = ::inflate(&stream, Z_NO_FLUSH);
    bytes.remove_prefix(input - stream.avail_in);
    out.resize(before + room - stream.avail_out);
    if (out.size() > bytes_max) {
      return Error{ErrorCode::kRejected,
                   "the body grows over " + std::to_string(bytes_max) + " bytes"};
    }
    if (result == Z_STREAM_END) {
      if (format != DeflateFormat::kGzip || bytes.empty()) return out;
      ::inflateReset(&stream);
      continue;
    }
    if (result != Z_OK && result != Z_BUF_ERROR) {
      const char* const what = stream.msg != nullptr ? stream.msg : "bad data";
      return Error{ErrorCode::kInvalid, std::string("compressed body: ") + what};
    }
    if (bytes.empty() && stream.avail_out != 0) {
      return Error{ErrorCode::kInvalid, "compressed body: it is cut off"};
    }
  }
}

}  // namespace tailrace
