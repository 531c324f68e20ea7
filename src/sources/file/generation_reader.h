// GenerationReader: turns the bytes of one file into entries for a pipeline.
//
// One pread into the shard's buffer, split at newlines; every line is a view into that buffer. What
// follows the last newline is not kept but read again next time, so a file costs no buffer. Each
// read begins with the last bytes of the one before: if they differ, the file was truncated and
// written anew, even if it is larger than before.
//
// Long lines. The buffer grows up to the longest line there may be; the rest of a longer one is
// left out, and its holes (sparse files) are not even read. While a line has no end yet, only what
// is new is searched.
//
// Part of a tailer: what is not in a Generation is that tailer's.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "model/label_set.h"
#include "sources/file/generation.h"
#include "sources/file/tail_context.h"

namespace tailrace {

class GenerationReader {
 public:
  // Everything outlives the reader. `owner` is the tailer, for the position book.
  GenerationReader(TailContext& context, const std::string& path, const LabelSet* stream,
                   FileMetrics& metrics, PositionBook::Owner owner);

  // One read, and its lines into the pipeline. kMore: there may be more to read. kIdle: that was
  // the end (see Generation::drained), or the file cannot be read now. `generation` is open.
  Step read(Generation& generation);
  // Takes what follows the last newline for a line: nobody will write to this file any more. False
  // if there is nothing.
  bool read_last_line(Generation& generation);
  // There is nothing to read now behind `size`.
  void drained_at(Generation& generation, std::uint64_t size);

 private:
  const LineDecoder* decoder_of(Generation& generation);
  Step find_newline(Generation& generation);
  void hand_on(Generation& generation, std::string_view lines, std::uint64_t end);
  std::uint64_t hand_on(Generation& generation, std::string_view lines, std::uint64_t end,
                        std::int64_t first_ns);
  bool repeat_read(Generation& generation, std::string_view bytes, bool at_end);
  void skip_rest_of_line(Generation& generation, std::string_view bytes);
  void skip_to(Generation& generation, std::uint64_t end, std::string_view in_front);
  void truncated(Generation& generation, std::uint64_t size_now);

  TailContext& context_;
  const std::string& path_;
  const LabelSet* const stream_;
  FileMetrics& metrics_;
  const PositionBook::Owner owner_;
};

}  // namespace tailrace
