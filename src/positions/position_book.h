// PositionBook: what is to stand in the positions file, while we run.
//
// Sources publish positions as deliveries are acknowledged; the book is written every sync_period
// and at the end. Two targets that tail the same path share one entry: the lower offset is written.
//
// Beside Promtail's file lies our own, `<positions file>.tailrace`: for each path the generations
// (inodes) that are not finished, oldest first, so that a file rotated while we were down is found
// again; and their reads that are on the way, with their times, so that after a crash they are sent
// as they were and Loki sees that it has them. Between two writes of the whole, notes are appended:
// a read before it is pushed, a position when it has moved. A process that is killed thus repeats
// only what was not acknowledged, with the same times. Promtail ignores the file; without it only
// these are lost.
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
#include "positions/file_identity.h"

namespace tailrace {

// One read of a file: it begins where the one before it ends.
struct ReadRecord {
  std::uint64_t end = 0;
  std::int64_t timestamp_ns = 0;  // of its first line; each line has one nanosecond more
  std::string marker;             // the bytes in front of `end`, see Marker
  friend bool operator==(const ReadRecord&, const ReadRecord&) = default;
};

// One file behind a path, as it was when last written down.
struct GenerationRecord {
  FileId id;
  std::uint64_t offset = 0;       // delivered up to here
  std::string marker;             // the bytes in front of `offset`, see Marker
  std::string file;               // where it was opened, links resolved; "": at the path itself
  std::vector<ReadRecord> reads;  // from `offset` on: on their way
  friend bool operator==(const GenerationRecord&, const GenerationRecord&) = default;
};

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
  std::map<std::string, std::vector<GenerationRecord>> identities_;
  // What the positions file holds, and what it held before that: it is written after our own, and
  // the process may end in between.
  struct Base {
    std::optional<std::uint64_t> saved;
    std::optional<std::uint64_t> before;
  };
  std::map<std::string, Base> bases_;           // by path
  std::map<std::string, std::string> written_;  // saved_ as it stands in the positions file
  std::string notes_;
  std::function<void(std::string_view)> on_notes_;
  bool dirty_ = false;
  bool urgent_ = false;
  std::function<void()> on_urgent_;

  void refresh(const std::string& path);
  void take_line(std::string_view line);
  bool agrees(const std::string& path) const;
  bool noted(const std::string& path, Owner owner) const;
  void append_path(const std::string& path, std::string& out) const;
};

// `<positions file>.tailrace`
std::string identities_path(const std::string& positions_file);

}  // namespace tailrace
