// CompressedFile: reads one compressed file from its beginning to its end, once.
//
// The position counts lines: a restart reads the file again and skips as many. A file that ends in
// the middle (somebody still writes it) or is damaged is tried again when it has changed; a file
// that was replaced by another begins anew.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "model/ledger.h"
#include "positions/position_book.h"
#include "sources/decompress/decompressor.h"
#include "sources/file/tailer.h"

namespace tailrace {

class CompressedFile final : public Reader {
 public:
  // A longer line is cut there.
  static constexpr std::size_t kLineBytesMax = 2'000'000;

  CompressedFile(TailContext& context, std::string path, const Labels& labels,
                 CompressionFormat format, std::int64_t initial_delay_ns);
  ~CompressedFile() override;

  Step step() override;
  // Looks whether there is something new to read.
  void look();
  // Nothing stands at the path any more.
  bool missing() const noexcept { return missing_; }
  bool settled() const noexcept { return ledger_->idle(); }
  void stop_reading() noexcept { stopped_ = true; }
  void publish();
  void leave(bool forget);
  TailedFile status() const;

 private:
  struct Stamp {
    FileId id;
    std::uint64_t size = 0;
    std::int64_t changed_ns = 0;
    friend bool operator==(const Stamp&, const Stamp&) = default;
  };
  static bool stamp_of(const std::string& path, Stamp& stamp);
  void begin();
  void finish(const char* trouble);
  bool fill();
  std::size_t split(bool at_end);
  void take_line(std::string_view line);
  void hand_on(bool at_end);

  TailContext& context_;
  const std::string path_;
  const CompressionFormat format_;
  LabelSetRef stream_;
  std::shared_ptr<FileMetrics> metrics_;           // owners: all readers of this path
  std::unique_ptr<Ledger<std::uint64_t>> ledger_;  // in lines, of the file of stamp_
  Stamp stamp_;                                    // of the file that is, or was, read
  Fd fd_;
  std::uint64_t offset_ = 0;  // in the compressed file
  std::unique_ptr<Decompressor> decompressor_;
  std::vector<char> input_;
  std::size_t input_begin_ = 0;
  std::size_t input_end_ = 0;
  std::string text_;                      // decompressed, from the beginning of a line
  const LineDecoder* decoder_ = nullptr;  // once the beginning of the text is known
  std::vector<std::string_view> lines_;   // of text_, to be handed on
  std::uint64_t line_ = 0;                // of the file, in front of text_
  std::uint64_t sent_ = 0;                // lines handed on by an earlier try, to be skipped
  std::int64_t not_before_ns_;
  bool reading_ = false;
  bool skipping_line_ = false;
  bool input_ended_ = false;
  bool missing_ = false;
  bool stopped_ = false;
  bool left_ = false;
};

}  // namespace tailrace
