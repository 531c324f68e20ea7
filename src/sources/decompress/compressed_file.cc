#include "sources/decompress/compressed_file.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include "sources/file/newlines.h"
#include "telemetry/log.h"

namespace tailrace {
namespace {

constexpr std::size_t kInputBytes = 64 * 1024;
constexpr std::size_t kTextBytesPerStep = 128 * 1024;

// The position book knows a file by its identity and an offset: here the number of lines.
std::uint64_t saved_lines(const PositionBook& positions, const std::string& path, FileId id) {
  const std::optional<std::uint64_t> lines = positions.offset(path);
  if (!lines) return 0;
  const std::vector<GenerationRecord> records = positions.generations(path);
  // Without an identity beside it Promtail wrote it, and it has to be taken for this file.
  const bool is_this = records.empty() || records.front().id == id;
  return is_this ? *lines : 0;
}

FileId id_at(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 ? FileId{status.st_dev, status.st_ino} : FileId{};
}

}  // namespace

CompressedFile::CompressedFile(TailContext& context, std::string path, const Labels& labels,
                               CompressionFormat format, std::int64_t initial_delay_ns)
    : context_(context),
      path_(std::move(path)),
      format_(format),
      stream_(context.shard.interner.intern(labels)),
      metrics_(context.metrics.of(path_)),
      ledger_(std::make_unique<Ledger<std::uint64_t>>(
          saved_lines(context.positions, path_, id_at(path_)))),
      sent_(ledger_->committed()),
      not_before_ns_(context.shard.clock.monotonic_ns() + initial_delay_ns) {
  stamp_.id = id_at(path_);
  look();
}

CompressedFile::~CompressedFile() = default;

bool CompressedFile::stamp_of(const std::string& path, Stamp& stamp) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return errno != ENOENT && errno != ENOTDIR;
  stamp.id = {status.st_dev, status.st_ino};
  stamp.size = static_cast<std::uint64_t>(status.st_size);
  stamp.changed_ns = status.st_mtim.tv_sec * kNsPerSecond + status.st_mtim.tv_nsec;
  return true;
}

void CompressedFile::look() {
  if (stopped_) return;
  Stamp now = stamp_;
  missing_ = !stamp_of(path_, now);
  if (missing_ || reading_ || now == stamp_) return;
  // Another file begins at its first line, once nothing of the old one is on its way.
  if (!(now.id == stamp_.id)) {
    if (!ledger_->idle()) return;
    ledger_ = std::make_unique<Ledger<std::uint64_t>>(0);
    sent_ = 0;
  }
  stamp_ = now;
  reading_ = true;
  decompressor_.reset();
  context_.scheduler.ready(*this);
}

void CompressedFile::begin() {
  Result<Fd> opened = open_for_read(path_);
  if (!opened) return finish(opened.error().text().c_str());
  fd_ = std::move(opened).value();
  decompressor_ = Decompressor::make(format_);
  input_.resize(kInputBytes);
  input_begin_ = input_end_ = 0;
  offset_ = line_ = 0;
  text_.clear();
  decoder_ = nullptr;
  skipping_line_ = input_ended_ = false;
}

void CompressedFile::finish(const char* trouble) {
  if (trouble != nullptr) {
    log::warn("cannot read a compressed file to its end, trying again when it changes",
              {{"path", path_}, {"lines", sent_}, {"error", trouble}});
  } else {
    log::info("finished reading a compressed file", {{"path", path_}, {"lines", sent_}});
  }
  reading_ = false;
  fd_.close();
  decompressor_.reset();
  input_ = {};
  text_ = {};
}

Step CompressedFile::step() {
  if (stopped_ || !reading_) return {Step::Kind::kIdle};
  const std::int64_t now_ns = context_.shard.clock.monotonic_ns();
  if (now_ns < not_before_ns_) return {Step::Kind::kRest, not_before_ns_};
  EntrySink& head = context_.pipeline.head();
  if (!head.has_room()) return {Step::Kind::kRoom};
  if (head.rest_until_ns() > now_ns) return {Step::Kind::kRest, head.rest_until_ns()};
  if (!decompressor_) begin();
  if (!reading_) return {Step::Kind::kIdle};
  const bool more = fill();
  if (!reading_) return {Step::Kind::kIdle};
  hand_on(!more);
  if (more) return {Step::Kind::kMore};
  finish(nullptr);
  return {Step::Kind::kIdle};
}

// Decompresses some text; false at the end of the file. On trouble reading_ is false.
bool CompressedFile::fill() {
  const std::size_t before = text_.size();
  const std::size_t wanted = before + kTextBytesPerStep;
  while (text_.size() < wanted) {
    if (input_begin_ == input_end_ && !input_ended_) {
      const Result<std::size_t> count = read_at(fd_.get(), input_, offset_);
      if (!count) return finish(count.error().text().c_str()), false;
      input_begin_ = 0;
      input_end_ = *count;
      offset_ += *count;
      input_ended_ = *count == 0;
    }
    if (input_ended_ && decompressor_->at_end()) return false;
    const std::size_t at = text_.size();
    text_.resize(wanted);
    const std::string_view input(input_.data() + input_begin_, input_end_ - input_begin_);
    const auto progress = decompressor_->run(input, {text_.data() + at, wanted - at});
    text_.resize(at + (progress ? progress->produced : 0));
    if (!progress) {
      hand_on(false);
      return finish(progress.error().text().c_str()), false;
    }
    input_begin_ += progress->consumed;
    const bool stuck = progress->consumed == 0 && progress->produced == 0;
    if (stuck && input_ended_ && !decompressor_->at_end()) {
      hand_on(false);
      return finish("the file ends in the middle"), false;
    }
  }
  return true;
}

// Cuts text_ into lines_; returns how much of it is used up. At the end of the file what is left is
// a line too.
std::size_t CompressedFile::split(bool at_end) {
  lines_.clear();
  if (decoder_ == nullptr && context_.decoder != nullptr) {
    decoder_ = &context_.decoder->for_file(std::string_view(text_).substr(0, 2));
  }
  const NewlineKind newline = decoder_ == nullptr ? NewlineKind::kByte : decoder_->newline();
  const std::size_t unit = newline_bytes(newline);
  std::size_t used = 0;
  while (used < text_.size()) {
    const std::string_view rest = std::string_view(text_).substr(used);
    const std::size_t length = find_newline(rest, newline);
    if (length != std::string_view::npos) {
      if (!skipping_line_) take_line(rest.substr(0, length));
      skipping_line_ = false;
      used += length + unit;
      continue;
    }
    const bool is_cut = rest.size() > kLineBytesMax && !skipping_line_;
    if (!at_end && !is_cut && !skipping_line_) break;
    if (!skipping_line_) take_line(rest.substr(0, std::min(rest.size(), kLineBytesMax)));
    if (is_cut) context_.metrics.lines_cut.add();
    skipping_line_ = true;
    used += at_end ? rest.size() : rest.size() - rest.size() % unit;
    break;
  }
  return used;
}

void CompressedFile::take_line(std::string_view line) {
  if (++line_ > sent_) lines_.push_back(line);
}

void CompressedFile::hand_on(bool at_end) {
  const std::size_t used = split(at_end);
  if (!lines_.empty()) {
    Shard& shard = context_.shard;
    Ticket* const ticket = ledger_->issue(line_);
    std::int64_t timestamp_ns = shard.timestamps_from_now();
    for (std::string_view line : lines_) {
      if (decoder_ != nullptr) line = decoder_->decode(line, shard.arena);
      if (line.ends_with('\r')) line.remove_suffix(1);
      shard.entry.begin(line, timestamp_ns++, stream_.get(), ticket);
      context_.pipeline.head().accept(shard.entry);
    }
    shard.timestamps_used_up_to(timestamp_ns - 1);
    ticket->release();
    metrics_->read(lines_.size(), offset_);
    sent_ = line_;
    lines_.clear();
  }
  text_.erase(0, used);
  context_.pipeline.end_of_read();
}

void CompressedFile::publish() {
  if (left_) return;
  metrics_->size(stamp_.size);
  context_.positions.publish(path_, this,
                             {GenerationRecord{stamp_.id, ledger_->committed(), "", "", {}}});
}

void CompressedFile::leave(bool forget) {
  if (left_) return;
  publish();
  left_ = stopped_ = true;
  context_.positions.leave(path_, this, forget);
}

TailedFile CompressedFile::status() const {
  // Offsets are those of the text, the size is that of the file, so there is no lag to tell.
  return {path_, sent_, stamp_.size, sent_, 0};
}

}  // namespace tailrace
