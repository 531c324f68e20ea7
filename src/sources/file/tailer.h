// Tailer: follows one path and hands its lines to a pipeline, losing none.
//
// Reading is in generation_reader.h; here is which file is read, and what became of it.
//
// Rotation. The path may come to mean another inode (rename, symlink swap) at any time. Each one
// that was seen is a Generation in a chain, read in order to its end; the saved position is that of
// the oldest unfinished one. A rotated one is kept open for kLingerNs after its end, for writers
// that have not noticed yet.
//
//   chain:  [app.log.2: acknowledged, dropped]  [app.log.1: reading]  [app.log: waits its turn]
//
// Few descriptors. A generation that is idle may be closed, see OpenFiles, and is found again where
// it was or, by its inode number and last bytes, under another name. The watch on it stays.
//
// Not done: following a file that was compressed before it was read.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_events.h"
#include "model/label_set.h"
#include "positions/position_book.h"
#include "sources/file/file_metrics.h"
#include "sources/file/generation.h"
#include "sources/file/generation_reader.h"
#include "sources/file/tail_context.h"
#include "sources/file/watcher.h"
#include "sources/read_scheduler.h"

namespace tailrace {

// For the agent's pages and the explorer.
struct TailedFile {
  std::string path;
  std::uint64_t offset = 0;  // where reading is
  std::uint64_t size = 0;
  std::uint64_t delivered = 0;  // what is in front of this offset was acknowledged
  std::uint64_t lag = 0;        // bytes not acknowledged, those of rotated files too
};

class Tailer final : public Reader, private WatchListener {
 public:
  static constexpr std::int64_t kLingerNs = 10 * kNsPerSecond;
  // A file that grew and had no event for so long is written to in a way that tells none: by
  // libaio, or by splice() before Linux 6.5. Events are not believed for it from then on.
  static constexpr std::int64_t kEventLateNs = kNsPerSecond;

  // `labels` are those of the target plus `filename`.
  Tailer(TailContext& context, std::string path, const Labels& labels);
  ~Tailer() override;

  // Opens the path and goes to its saved position. Files that were rotated since are looked for
  // beside it; `is_target` says, as long as we read, which paths are tailed on their own and thus
  // not taken for rotated ones. `read_elsewhere`: the file was read up to there under another name,
  // before it was renamed to this one.
  Result<void> start(std::function<bool(const std::string&)> is_target,
                     const std::optional<GenerationRecord>& read_elsewhere);

  Step step() override;

  // Looks at the path and all generations, without reading: rotation, growth, deletion. False: what
  // stood at the path went, and nobody can say where to (deleted, or a hard link under another
  // name).
  void look(bool told_of_renames = true);
  // A file that stood at the path was renamed to `now_at`, perhaps before we ever opened it.
  void on_renamed_to(const std::string& now_at);

  const std::string& path() const noexcept { return path_; }
  // Nothing stands at the path.
  bool missing() const noexcept { return missing_; }
  // Whether this file is one of those read here.
  bool holds(FileId id) const;
  // No events, or not of everybody's changes: look() often.
  bool needs_polling() const noexcept { return events_ == FileEvents::kOnlyOwn; }
  // Read to its end, all of it told to the book, and unchanged for kLingerNs unless events tell
  // all: a look now and then is enough.
  bool resting(std::int64_t now_ns) const;
  // Nothing happens to its file without an event.
  bool events_tell_all() const noexcept { return events_ == FileEvents::kAll; }
  // Everything that was ever seen here is read and acknowledged.
  bool finished();
  // Everything that was read is acknowledged.
  bool settled();
  // A rotated file that was read to its end here lately.
  std::optional<GenerationRecord> finished_generation(FileId id) const;

  // Tells the book where we are, and the metrics how far behind.
  void publish();
  // The same, if something was read since, or is still on its way.
  void publish_if_changed();
  void stop_reading() noexcept { stopped_ = true; }
  // No further reading; the position stays unless `forget`.
  void leave(bool forget);
  TailedFile status() const;

 private:
  void on_modified() override;
  void note_change();
  void note_growth(bool grew);
  bool open_again(Generation& generation);
  void add(std::unique_ptr<Generation> generation);
  void drop_finished();
  bool hand_on_last_line(Generation& generation);
  void resume(Generation& at_path);
  void add_those_between(const Generation& at_path);
  bool events_tell_of_renames() const;

  TailContext& context_;
  const std::string path_;
  LabelSetRef stream_;
  std::function<bool(const std::string&)> is_target_;
  std::shared_ptr<FileMetrics> metrics_;  // owners: all tailers of this path
  GenerationReader reader_;
  std::vector<std::unique_ptr<Generation>>
      chain_;  // oldest first; the last one is, or was, at the path
  bool missing_ = false;
  bool changed_ = false;                  // since publish()
  FileEvents events_ = FileEvents::kAll;  // what can be said of all files of the chain
  std::int64_t grew_untold_ns_ = 0;       // when a look found more, and no event came since; 0: no
  bool stopped_ = false;
  bool left_ = false;
  std::vector<GenerationRecord> finished_;  // the last few, see finished_generation()
};

}  // namespace tailrace
