// PositionBook: what is to stand in the positions file, while we run.
//
// Sources publish positions as deliveries are acknowledged; the book is written every sync_period
// and at the end. Two targets that tail the same path share one entry: the lower offset is written.
//
// Beside Promtail's file lies our own (identity_notes.h), so that a file rotated while we were down
// is found again, and what was on its way when we were killed is sent as it was.
//
// Lives on the shard's thread; snapshot() is what goes to another.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "positions/identity_notes.h"

namespace tailrace {

class PositionBook {
 public:
  using Owner = const void*;  // a tailer; distinguishes two on one path

  // Starts from what was loaded. `identities` is the text of our own file ("" if there is none);
  // lines that do not parse are skipped: it is only a help.
  PositionBook(std::map<std::string, std::string> positions, std::string_view identities);

  // A file's offset, if one is known. A value that is no number counts as 0, as Promtail takes it.
  std::optional<std::uint64_t> offset(const std::string& path) const;
  // Any other position, such as "cursor-<job>".
  std::optional<std::string> text(const std::string& key) const;
  // The generations that belong to the saved offset of `path`, oldest first; empty if none are
  // known, or if they did not agree with it when loaded (Promtail may have run in between).
  std::vector<GenerationRecord> generations(const std::string& path) const;

  // `generations`: at least one; the first one's offset is the position of the path.
  void publish(const std::string& path, Owner owner, std::vector<GenerationRecord> generations);
  // Between two publish(): a read that goes on its way, and how far the file is delivered. Not
  // noted for a path with two owners: only publish() knows which of them is behind.
  void note_read(const std::string& path, Owner owner, FileId id, const ReadRecord& read);
  void note_delivered(const std::string& path, Owner owner, FileId id, std::uint64_t offset);
  // The file was cut or rewritten: what is known of its reads is void.
  void note_rewritten(const std::string& path, Owner owner, FileId id);
  // Whoever appends the notes to our file. Without one nothing is noted.
  void on_notes(std::function<void(std::string_view)> callback) { on_notes_ = std::move(callback); }
  // Gives it what was noted since. Before a push, so that the reads in it are known; and after one.
  void flush_notes();

  void publish_text(const std::string& key, std::string value);
  // What the key belongs to is gone for good.
  void forget_text(const std::string& key);
  // The owner is done with the path; its last position stays unless `forget`.
  void leave(const std::string& path, Owner owner, bool forget);
  // Nobody tails anything any more: all positions stay as they were published last, and the next
  // owners are the only ones. (One by one, those in front would take over from those behind.)
  void leave_all() { tailed_.clear(); }
  // Drops entries of files that nobody tails and that do not exist any more.
  void drop_missing_files();

  bool dirty() const noexcept { return dirty_; }
  // A file is new in the book. Writing that down should not wait: a file that nobody knows of
  // cannot be found again once it is rotated.
  bool urgent() const noexcept { return urgent_; }
  // Called when urgent() becomes true.
  void on_urgent(std::function<void()> callback) { on_urgent_ = std::move(callback); }
  // Nothing is being read or on its way any more, for now: a good time to write.
  void note_rest() {
    if (dirty_ && on_rest_) on_rest_();
  }
  void on_rest(std::function<void()> callback) { on_rest_ = std::move(callback); }

  struct Snapshot {
    std::map<std::string, std::string> positions;
    std::string identities;
  };
  // What to write now; the book counts as clean afterwards, and all notes as written.
  Snapshot snapshot();
  // It was written; or it was not, and is to be written again although nothing else changes.
  void written(const Snapshot& snapshot) { written_ = snapshot.positions; }
  void not_written() { dirty_ = true; }

 private:
  struct Tailed {
    Owner owner;
    std::vector<GenerationRecord> generations;
  };
  std::map<std::string, std::string> saved_;           // by path or key
  std::map<std::string, std::vector<Tailed>> tailed_;  // by path
  Identities identities_;
  std::map<std::string, std::string> written_;  // saved_ as it stands in the positions file
  std::string notes_;
  std::function<void(std::string_view)> on_notes_;
  bool dirty_ = false;
  bool urgent_ = false;
  std::function<void()> on_urgent_;
  std::function<void()> on_rest_;

  void refresh(const std::string& path);
  bool noted(const std::string& path, Owner owner) const;
};

}  // namespace tailrace
