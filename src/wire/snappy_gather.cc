#include "wire/snappy_gather.h"

#include <snappy-sinksource.h>
#include <snappy.h>

#include <algorithm>

namespace tailrace {
namespace {

// Hands snappy one piece after another. It takes up to 64 KiB at a time and copies only where such a window
// crosses from one piece to the next.
class PieceSource final : public snappy::Source {
 public:
  explicit PieceSource(std::span<const std::string_view> pieces) : pieces_(pieces) {
    for (std::string_view piece : pieces) available_ += piece.size();
    skip_empty();
  }
  std::size_t Available() const override { return available_; }
  const char* Peek(std::size_t* bytes) override {
    if (pieces_.empty()) {
      *bytes = 0;
      return nullptr;
    }
    *bytes = pieces_.front().size() - offset_;
    return pieces_.front().data() + offset_;
  }
  void Skip(std::size_t bytes) override {
    available_ -= bytes;
    while (bytes > 0) {
      const std::size_t here = std::min(bytes, pieces_.front().size() - offset_);
      offset_ += here;
      bytes -= here;
      skip_empty();
    }
  }

 private:
  void skip_empty() {
    while (!pieces_.empty() && offset_ == pieces_.front().size()) {
      pieces_ = pieces_.subspan(1);
      offset_ = 0;
    }
  }
  std::span<const std::string_view> pieces_;
  std::size_t offset_ = 0;  // in the first piece
  std::size_t available_ = 0;
};

}  // namespace

void snappy_compress(std::span<const std::string_view> pieces, ByteBuffer& out) {
  PieceSource source(pieces);
  snappy::UncheckedByteArraySink sink(out.reserve(snappy::MaxCompressedLength(source.Available())));
  out.set_size(snappy::Compress(&source, &sink));
}

Result<std::string> snappy_uncompress(std::string_view block, std::size_t bytes_max) {
  std::size_t bytes = 0;
  if (!snappy::GetUncompressedLength(block.data(), block.size(), &bytes)) {
    return Error{ErrorCode::kInvalid, "not a snappy block"};
  }
  if (bytes > bytes_max) {
    return Error{ErrorCode::kInvalid, "uncompressed size " + std::to_string(bytes) + " is over the limit of " +
                                          std::to_string(bytes_max) + " bytes"};
  }
  std::string out(bytes, '\0');
  if (!snappy::RawUncompress(block.data(), block.size(), out.data())) {
    return Error{ErrorCode::kInvalid, "corrupt snappy block"};
  }
  return out;
}

}  // namespace tailrace
