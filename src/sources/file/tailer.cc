#include "sources/file/tailer.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/path.h"
#include "sources/file/rotated_files.h"
#include "telemetry/log.h"

namespace tailrace {
namespace {

constexpr std::size_t kFinishedKept = 32;
// After a failure to open a file again, for want of descriptors.
constexpr std::int64_t kOpenAgainNs = 100 * kNsPerMs;
log::Every open_warning{60 * kNsPerSecond};

}  // namespace

Tailer::Tailer(TailContext& context, std::string path, const Labels& labels)
    : context_(context),
      path_(std::move(path)),
      stream_(context.shard.interner.intern(labels)),
      metrics_(context.metrics.of(path_)),
      reader_(context, path_, stream_.get(), *metrics_, this) {}

Tailer::~Tailer() {
  for (const auto& generation : chain_) context_.watcher.unwatch_file(generation->watch, *this);
}

Result<void> Tailer::start(std::function<bool(const std::string&)> is_target,
                           const std::optional<GenerationRecord>& read_elsewhere) {
  is_target_ = std::move(is_target);
  TAILRACE_TRY(std::unique_ptr<Generation> at_path, Generation::open(path_));
  if (read_elsewhere && at_path->matches(read_elsewhere->offset, read_elsewhere->marker)) {
    at_path->start_at(read_elsewhere->offset);
  } else {
    resume(*at_path);
  }
  add(std::move(at_path));
  publish();
  return {};
}

// Finds the place to go on: in the file at the path, or in one that stood there when we last wrote
// it down.
void Tailer::resume(Generation& at_path) {
  const std::vector<GenerationRecord> records = context_.positions.generations(path_);
  if (records.empty()) {
    // Promtail's file, or ours without the identities beside it: size is all there is to go by.
    const std::optional<std::uint64_t> offset = context_.positions.offset(path_);
    if (offset && at_path.size() >= *offset) at_path.start_at(*offset);
    return;
  }
  bool found_at_path = false;
  for (const GenerationRecord& record : records) {
    if (record.id == at_path.id()) {
      found_at_path = at_path.matches(record.offset, record.marker);
      if (found_at_path) at_path.resume(record);
      break;
    }
    std::unique_ptr<Generation> rotated = find_renamed(path_, record);
    if (!rotated) {
      log::warn("a rotated file is gone before it was read to its end",
                {{"path", path_}, {"inode", record.id.inode}, {"offset", record.offset}});
      continue;
    }
    add(std::move(rotated));
  }
  if (!found_at_path && !chain_.empty()) add_those_between(at_path);
}

// Rotated more than once while nobody looked: those between are younger than what we know.
void Tailer::add_those_between(const Generation& at_path) {
  Generation& newest = *chain_.back();
  if (!newest.is_open() && !open_again(newest)) return;
  context_.shard.open_files.used(newest);
  // Its name may be gone while another one, a hard link, is there.
  std::unique_ptr<Generation> linked;
  if (newest.present_file().empty()) linked = find_renamed(path_, newest.reading_record());
  const Generation& older = linked ? *linked : newest;
  for (std::unique_ptr<Generation>& between : younger_siblings(path_, older, is_target_)) {
    if (between->id() != at_path.id() && !holds(between->id())) add(std::move(between));
  }
}

// Whether each rename of a file at the path comes as an event. Not where a link leads elsewhere,
// and not where no watch can be had.
bool Tailer::events_tell_of_renames() const {
  struct stat status {};
  const bool is_link = ::lstat(path_.c_str(), &status) == 0 && S_ISLNK(status.st_mode);
  return !is_link && context_.watcher.watches(std::string(path_directory(path_)));
}

void Tailer::add(std::unique_ptr<Generation> generation) {
  for (const auto& older : chain_) {
    older->rotated = true;
    older->drained = false;  // read once more: lines may have come since
  }
  generation->watch = context_.watcher.watch_file(generation->fd().get(), *this);
  events_ = std::max(events_, generation->watch < 0 ? FileEvents::kOnlyOwn
                                                    : file_events_of(generation->fd().get()));
  generation->on_delivered([this, id = generation->id()](std::uint64_t offset) {
    context_.positions.note_delivered(path_, this, id, offset);
  });
  chain_.push_back(std::move(generation));
  context_.shard.open_files.used(*chain_.back());
  context_.shard.open_files.rests(*chain_.back());
  context_.scheduler.ready(*this);
}

void Tailer::on_modified() {
  // Which generation it was does not matter: looking costs one short read each.
  for (const auto& generation : chain_) generation->drained = false;
  grew_untold_ns_ = 0;
  note_change();
  if (!stopped_) context_.scheduler.ready(*this);
}

Step Tailer::step() {
  if (stopped_) return {Step::Kind::kIdle};
  EntrySink& head = context_.pipeline.head();
  if (!head.has_room()) return {Step::Kind::kRoom};
  const std::int64_t rest_until_ns = head.rest_until_ns();
  if (rest_until_ns > context_.shard.clock.monotonic_ns())
    return {Step::Kind::kRest, rest_until_ns};
  const auto next = std::find_if(chain_.begin(), chain_.end(),
                                 [](const auto& generation) { return !generation->drained; });
  if (next == chain_.end()) return {Step::Kind::kIdle};
  Generation& reading = **next;
  if (!reading.is_open() && !open_again(reading)) {
    return {Step::Kind::kRest, context_.shard.clock.monotonic_ns() + kOpenAgainNs};
  }
  context_.shard.open_files.used(reading);
  const Step step = reader_.read(reading);
  note_change();
  context_.shard.open_files.rests(reading);
  if (step.kind != Step::Kind::kIdle) return step;
  const bool more = std::any_of(chain_.begin(), chain_.end(),
                                [](const auto& generation) { return !generation->drained; });
  return {more ? Step::Kind::kMore : Step::Kind::kIdle};
}

// False: not now. A file that is gone has nothing to read any more.
bool Tailer::open_again(Generation& generation) {
  const Result<void> reopened = generation.reopen();
  if (reopened) return true;
  if (reopened.error().code() != ErrorCode::kNotFound) {
    if (open_warning.due()) {
      log::warn("cannot open a file again, trying again later",
                {{"path", path_}, {"error", reopened.error().text()}});
    }
    return false;
  }
  if (std::unique_ptr<Generation> renamed = find_renamed(path_, generation.reading_record())) {
    generation.reopen_as(std::move(*renamed));
    note_change();
    return true;
  }
  reader_.drained_at(generation, generation.offset());
  return false;
}

// There is something to publish.
void Tailer::note_change() {
  if (!std::exchange(changed_, true) && context_.on_activity) context_.on_activity();
}

bool Tailer::resting(std::int64_t now_ns) const {
  if (changed_ || missing_ || grew_untold_ns_ != 0 || chain_.size() != 1) return false;
  const Generation& only = *chain_.back();
  return only.drained && (events_tell_all() || now_ns - *only.quiet_since_ns > kLingerNs);
}

// Events that are known were taken before this look; that of a growth in between comes soon.
void Tailer::note_growth(bool grew) {
  if (!events_tell_all() || (!grew && grew_untold_ns_ == 0)) return;
  const std::int64_t now_ns = context_.shard.clock.monotonic_ns();
  if (grew_untold_ns_ == 0) {
    grew_untold_ns_ = now_ns;
  } else if (now_ns - grew_untold_ns_ >= kEventLateNs) {
    grew_untold_ns_ = 0;
    events_ = FileEvents::kMost;
    log::debug("a file grows without events, looking at it by itself", {{"path", path_}});
  }
}

void Tailer::look(bool told_of_renames) {
  if (stopped_) return;
  struct stat status {};
  const int failed = ::stat(path_.c_str(), &status) != 0 ? errno : 0;
  const FileId at_path{status.st_dev, status.st_ino};
  bool work = false;
  bool grew = false;
  for (const auto& generation : chain_) {
    const bool is_at_path = failed == 0 && generation->id() == at_path;
    if (generation->drained) {
      const std::uint64_t size =
          is_at_path ? static_cast<std::uint64_t>(status.st_size) : generation->size();
      generation->drained = size == generation->drained_size;
      grew = grew || !generation->drained;
    }
    work = work || !generation->drained;
  }
  if (work) note_change();
  note_growth(grew);
  if (failed != 0) {
    // Other errors (a directory that became unreadable) may pass; only absence is an answer.
    if (failed == ENOENT || failed == ENOTDIR) missing_ = true;
  } else if (at_path == chain_.back()->id()) {
    missing_ = false;
  } else if (Result<std::unique_ptr<Generation>> opened = Generation::open(path_)) {
    missing_ = false;
    if (!holds((*opened)->id())) {
      context_.metrics.rotations.add();
      log::info("file was rotated", {{"path", path_}, {"inode", (*opened)->id().inode}});
      if (!told_of_renames || !events_tell_of_renames()) add_those_between(**opened);
      add(std::move(*opened));
      publish();
    }
  }
  drop_finished();
  if (work) context_.scheduler.ready(*this);
}

void Tailer::on_renamed_to(const std::string& now_at) {
  if (stopped_) return;
  Result<std::unique_ptr<Generation>> opened = Generation::open(now_at);
  if (!opened || holds((*opened)->id())) return;
  // It came and went between two looks. If its successor is here already, it belongs in front of
  // it.
  struct stat status {};
  const bool successor_known = ::stat(path_.c_str(), &status) == 0 &&
                               FileId{status.st_dev, status.st_ino} == chain_.back()->id();
  context_.metrics.rotations.add();
  add(std::move(*opened));
  if (successor_known) {
    std::swap(chain_[chain_.size() - 1], chain_[chain_.size() - 2]);
    chain_.back()->rotated = false;
    chain_[chain_.size() - 2]->rotated = true;
  }
  publish();
}

bool Tailer::holds(FileId id) const {
  return std::any_of(chain_.begin(), chain_.end(),
                     [&](const auto& generation) { return generation->id() == id; });
}

void Tailer::drop_finished() {
  const std::int64_t now_ns = context_.shard.clock.monotonic_ns();
  while (chain_.size() > 1) {
    Generation& oldest = *chain_.front();
    if (!oldest.drained || !oldest.settled() || now_ns - *oldest.quiet_since_ns < kLingerNs) return;
    if (hand_on_last_line(oldest)) return;
    finished_.push_back(oldest.record());
    if (finished_.size() > kFinishedKept) finished_.erase(finished_.begin());
    context_.watcher.unwatch_file(oldest.watch, *this);
    chain_.erase(chain_.begin());
    note_change();
  }
}

// Nobody will write to a rotated file any more, so a last line without newline is whole. True if
// there was one.
bool Tailer::hand_on_last_line(Generation& generation) {
  if (generation.drained_size <= generation.offset() || generation.skipping_line) return false;
  // Later, if it cannot be opened now; never, if it is gone.
  if (!generation.is_open() && !open_again(generation)) {
    return generation.drained_size > generation.offset();
  }
  note_change();
  return reader_.read_last_line(generation);
}

bool Tailer::finished() {
  return settled() && std::all_of(chain_.begin(), chain_.end(),
                                  [](const auto& generation) { return generation->drained; });
}

bool Tailer::settled() {
  return std::all_of(chain_.begin(), chain_.end(),
                     [](const auto& generation) { return generation->settled(); });
}

std::optional<GenerationRecord> Tailer::finished_generation(FileId id) const {
  for (const GenerationRecord& record : finished_) {
    if (record.id == id) return record;
  }
  return std::nullopt;
}

void Tailer::publish_if_changed() {
  if (changed_) publish();
}

void Tailer::publish() {
  if (left_) return;
  changed_ = !settled() || std::any_of(chain_.begin(), chain_.end(),
                                       [](const auto& generation) { return !generation->drained; });
  std::vector<GenerationRecord> records;
  std::uint64_t lag = 0;
  for (const auto& generation : chain_) {
    const bool last = generation == chain_.back();
    const bool done = generation->drained && generation->settled();
    if (!last && done && records.empty()) continue;
    records.push_back(generation->record());
    if (records.back().file == path_) records.back().file.clear();
    const std::uint64_t size = generation->size();
    lag += size > records.back().offset ? size - records.back().offset : 0;
    if (last) metrics_->size(size);
  }
  metrics_->lag(lag);
  context_.positions.publish(path_, this, std::move(records));
}

void Tailer::leave(bool forget) {
  if (left_) return;
  publish();
  left_ = stopped_ = true;
  context_.positions.leave(path_, this, forget);
}

TailedFile Tailer::status() const {
  TailedFile out{path_, chain_.back()->offset(), chain_.back()->size(), 0, 0};
  for (const auto& generation : chain_) {
    const std::uint64_t size = generation->size();
    out.delivered = generation->record().offset;
    out.lag += size > out.delivered ? size - out.delivered : 0;
  }
  return out;
}

}  // namespace tailrace
