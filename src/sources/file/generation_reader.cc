#include "sources/file/generation_reader.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "sources/file/newlines.h"
#include "telemetry/log.h"

namespace tailrace {
namespace {

// The time of a read of which nothing was sent: the rest of a line that is too long.
constexpr std::int64_t kSkipped = 0;

NewlineKind newline_of(const LineDecoder* decoder) {
  return decoder == nullptr ? NewlineKind::kByte : decoder->newline();
}

// Newlines of two bytes stand at even offsets, so reading never goes on from an odd one.
std::size_t whole_units(std::size_t bytes, NewlineKind newline) {
  return bytes - bytes % newline_bytes(newline);
}

}  // namespace

GenerationReader::GenerationReader(TailContext& context, const std::string& path,
                                   const LabelSet* stream, FileMetrics& metrics,
                                   PositionBook::Owner owner)
    : context_(context), path_(path), stream_(stream), metrics_(metrics), owner_(owner) {}

Step GenerationReader::read(Generation& generation) {
  ReadBuffer& buffer = context_.shard.buffer;
  // Far into a line without end: look only at what is new.
  if (generation.no_newline_up_to >= generation.offset() + ReadBuffer::kUsualBytes / 2 &&
      !generation.skipping_line) {
    const Step step = find_newline(generation);
    if (step.kind == Step::Kind::kIdle) return step;
  }
  const std::string_view marker = generation.marker().bytes();
  const std::uint64_t from = generation.offset() - marker.size();
  const Result<std::size_t> count =
      read_at(generation.fd().get(), {buffer.data(), buffer.size()}, from);
  if (!count) {
    log::error("cannot read a file, trying again later",
               {{"path", path_}, {"error", count.error().text()}});
    drained_at(generation, generation.offset());
    return {Step::Kind::kIdle};
  }
  if (*count < marker.size() || std::memcmp(buffer.data(), marker.data(), marker.size()) != 0) {
    truncated(generation, from + *count);
    return {Step::Kind::kMore};
  }
  const std::string_view bytes(buffer.data() + marker.size(), *count - marker.size());
  const bool at_end = *count < buffer.size();
  if (generation.read_before() != nullptr && repeat_read(generation, bytes, at_end)) {
    return {Step::Kind::kMore};
  }
  const std::uint64_t end_of_bytes = generation.offset() + bytes.size();
  const NewlineKind newline = newline_of(decoder_of(generation));
  const std::size_t last_newline = find_last_newline(bytes, newline);
  if (last_newline != std::string_view::npos) {
    const std::size_t length = last_newline + newline_bytes(newline);
    hand_on(generation, bytes.substr(0, length), generation.offset() + length);
    if (buffer.size() != ReadBuffer::kUsualBytes && at_end) buffer.shrink();
  } else if (generation.skipping_line) {
    skip_rest_of_line(generation, bytes.substr(0, whole_units(bytes.size(), newline)));
  } else if (bytes.size() >= context_.line_bytes_max) {
    // Longer than a line may be: its beginning goes now, the rest is left out.
    context_.metrics.lines_cut.add();
    const std::string_view beginning =
        bytes.substr(0, whole_units(context_.line_bytes_max, newline));
    hand_on(generation, beginning, generation.offset() + beginning.size());
    generation.skipping_line = true;
    context_.shard.buffer.shrink();
    return {Step::Kind::kMore};
  } else if (!at_end) {
    buffer.grow(std::min(2 * buffer.size(), context_.line_bytes_max + Marker::kBytesMax + 1));
    return {Step::Kind::kMore};
  } else {
    generation.no_newline_up_to = generation.offset() + whole_units(bytes.size(), newline);
  }
  if (!at_end) return {Step::Kind::kMore};
  drained_at(generation, end_of_bytes);
  return {Step::Kind::kIdle};
}

// Which decoder a file needs may depend on how it begins.
const LineDecoder* GenerationReader::decoder_of(Generation& generation) {
  if (context_.decoder == nullptr || generation.decoder != nullptr) return generation.decoder;
  char beginning[2];
  const Result<std::size_t> count = read_at(generation.fd().get(), beginning, 0);
  const std::size_t bytes = count ? *count : 0;
  const LineDecoder& decoder = context_.decoder->for_file({beginning, bytes});
  if (bytes == sizeof beginning) generation.decoder = &decoder;
  return &decoder;
}

// What was on its way when the last process ended goes again as it went then, with the same times:
// Loki sees that it has it. False: it cannot, since the file is not what it was.
bool GenerationReader::repeat_read(Generation& generation, std::string_view bytes, bool at_end) {
  const ReadRecord before = *generation.read_before();
  if (before.timestamp_ns == kSkipped && before.end > generation.offset() &&
      generation.matches(before.end, before.marker)) {
    generation.read_repeated();
    skip_to(generation, before.end, before.marker);
    generation.skipping_line = true;
    return true;
  }
  const std::uint64_t length = before.end - generation.offset();
  if (before.end > generation.offset() && length > bytes.size() && !at_end &&
      length <= context_.line_bytes_max + ReadBuffer::kUsualBytes) {
    context_.shard.buffer.grow(length + Marker::kBytesMax + 1);
    return true;
  }
  const std::string_view again = bytes.substr(0, std::min<std::size_t>(length, bytes.size()));
  const std::string_view end =
      std::string_view(before.marker)
          .substr(before.marker.size() - std::min(before.marker.size(), again.size()));
  if (before.end <= generation.offset() || again.size() != length || !again.ends_with(end) ||
      before.timestamp_ns == kSkipped) {
    generation.forget_reads_before();
    return false;
  }
  generation.read_repeated();
  const NewlineKind newline = newline_of(decoder_of(generation));
  const std::size_t last = find_last_newline(again, newline);
  hand_on(generation, again, before.end, before.timestamp_ns);
  // The beginning of a line that is too long.
  generation.skipping_line =
      last == std::string_view::npos || last + newline_bytes(newline) != again.size();
  return true;
}

// kMore: there is a newline, and the buffer has room for the line. kIdle: none yet.
Step GenerationReader::find_newline(Generation& generation) {
  ReadBuffer& buffer = context_.shard.buffer;
  const Result<std::size_t> count =
      read_at(generation.fd().get(), {buffer.data(), buffer.size()}, generation.no_newline_up_to);
  if (!count || *count == 0) {
    // Nothing new, or shorter than it was; a truncation shows at the next whole read.
    const std::uint64_t size = generation.size();
    if (size < generation.no_newline_up_to) {
      generation.no_newline_up_to = 0;
      return {Step::Kind::kMore};
    }
    drained_at(generation, size);
    return {Step::Kind::kIdle};
  }
  const NewlineKind newline = newline_of(decoder_of(generation));
  const bool found =
      tailrace::find_newline({buffer.data(), *count}, newline) != std::string_view::npos;
  const std::uint64_t line_bytes = generation.no_newline_up_to + *count - generation.offset();
  if (found || line_bytes >= context_.line_bytes_max) {
    generation.no_newline_up_to = 0;
    buffer.grow(std::min<std::size_t>(line_bytes + Marker::kBytesMax, context_.line_bytes_max) +
                Marker::kBytesMax + 1);
    return {Step::Kind::kMore};
  }
  const std::uint64_t size = generation.no_newline_up_to + *count;
  generation.no_newline_up_to += whole_units(*count, newline);
  if (*count == buffer.size()) return {Step::Kind::kMore};
  drained_at(generation, size);
  return {Step::Kind::kIdle};
}

// Hands the lines in `lines` to the pipeline. `end` is the file offset behind them.
void GenerationReader::hand_on(Generation& generation, std::string_view lines, std::uint64_t end) {
  Shard& shard = context_.shard;
  const std::int64_t first_ns = shard.timestamps_from_now();
  const std::uint64_t count = hand_on(generation, lines, end, first_ns);
  shard.timestamps_used_up_to(first_ns + static_cast<std::int64_t>(count) - 1);
}

// The same, with the time of the first line. Returns how many there were.
std::uint64_t GenerationReader::hand_on(Generation& generation, std::string_view lines,
                                        std::uint64_t end, const std::int64_t first_ns) {
  Shard& shard = context_.shard;
  EntrySink& head = context_.pipeline.head();
  Entry& entry = shard.entry;
  const LabelSet* const stream = stream_;
  Ticket* const ticket = generation.ledger().issue(end);
  std::int64_t timestamp_ns = first_ns;
  std::uint64_t count = 0;
  const LineDecoder* const decoder = decoder_of(generation);
  const NewlineKind newline = newline_of(decoder);
  for (std::string_view rest = lines; !rest.empty();) {
    // npos: the beginning of a line that is too long.
    const std::size_t length = std::min(tailrace::find_newline(rest, newline), rest.size());
    std::string_view line = rest.substr(0, length);
    rest.remove_prefix(std::min(length + newline_bytes(newline), rest.size()));
    if (generation.skipping_line) {
      generation.skipping_line = false;  // this was the rest of it
      continue;
    }
    if (decoder != nullptr) line = decoder->decode(line, shard.arena);
    entry.begin(line, timestamp_ns++, stream, ticket);
    head.accept(entry);
    ++count;
  }
  generation.advance_to(end, lines);
  context_.positions.note_read(path_, owner_, generation.id(), generation.sent(first_ns));
  ticket->release();
  generation.no_newline_up_to = 0;
  metrics_.read(count, end);
  context_.pipeline.end_of_read();
  return count;
}

void GenerationReader::skip_rest_of_line(Generation& generation, std::string_view bytes) {
  if (bytes.empty()) return;
  const std::uint64_t end = generation.offset() + bytes.size();
  // No newline stands in a hole, and a sparse file may have terabytes of them.
  const std::uint64_t data =
      whole_units(generation.end_of_hole(end), newline_of(decoder_of(generation)));
  const std::string in_front = data > end ? generation.bytes_in_front_of(data) : std::string();
  if (in_front.empty()) {
    skip_to(generation, end, bytes);
  } else {
    skip_to(generation, data, in_front);
  }
}

void GenerationReader::skip_to(Generation& generation, std::uint64_t end,
                               std::string_view in_front) {
  Ticket* const ticket = generation.ledger().issue(end);
  generation.advance_to(end, in_front);
  context_.positions.note_read(path_, owner_, generation.id(), generation.sent(kSkipped));
  ticket->release();
}

void GenerationReader::truncated(Generation& generation, std::uint64_t size_now) {
  context_.metrics.truncations.add();
  if (size_now < generation.drained_size && generation.drained_size > generation.offset()) {
    context_.metrics.truncated_bytes.add(
        static_cast<double>(generation.drained_size - generation.offset()));
  }
  log::info("file was truncated or rewritten, reading it from the beginning",
            {{"path", path_}, {"offset", generation.offset()}});
  generation.start_over();
  generation.decoder = nullptr;
  context_.positions.note_rewritten(path_, owner_, generation.id());
}

void GenerationReader::drained_at(Generation& generation, std::uint64_t size) {
  // Looked at again without anything new, it has been quiet all the while.
  if (!generation.quiet_since_ns || size != generation.drained_size) {
    generation.quiet_since_ns = context_.shard.clock.monotonic_ns();
  }
  generation.drained = true;
  generation.drained_size = size;
  metrics_.size(size);
}

bool GenerationReader::read_last_line(Generation& generation) {
  ReadBuffer& buffer = context_.shard.buffer;
  const std::size_t bytes =
      std::min<std::size_t>(generation.drained_size - generation.offset(), context_.line_bytes_max);
  buffer.grow(bytes);
  const Result<std::size_t> count =
      read_at(generation.fd().get(), {buffer.data(), bytes}, generation.offset());
  if (!count || *count == 0) return false;
  hand_on(generation, {buffer.data(), *count}, generation.offset() + *count);
  buffer.shrink();
  return true;
}

}  // namespace tailrace
