// PositionBook: what is to stand in the positions file, while we run.
//
// Sources publish positions as deliveries are acknowledged; the book is written every sync_period
// and at the end. Two targets that tail the same path share one entry: the lower offset is written.
//
// Beside Promtail's file lies our own, `<positions file>.tailrace`: for each path the generations
// (inodes) that are not finished, oldest first, so that a file rotated while we were down is found
// again. Promtail ignores it, and without it only that is lost.
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

// One file behind a path, as it was when last written down.
struct GenerationRecord {
  FileId id;
  std::uint64_t offset = 0;  // delivered up to here
  std::string marker;        // the bytes in front of `offset`, see Marker
  std::string file;          // where it was opened, links resolved; "": at the path itself
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
  // The generations that belong to the saved offset of `path`; empty if they do not agree with it
  // (Promtail may have run in between).
  std::vector<GenerationRecord> generations(const std::string& path) const;

  // `generations`: at least one; the first one's offset is the position of the path.
  void publish(const std::string& path, Owner owner, std::vector<GenerationRecord> generations);
  void publish_text(const std::string& key, std::string value);
  // What the key belongs to is gone for good.
  void forget_text(const std::string& key);
  // The owner is done with the path; its last position stays unless `forget`.
  void leave(const std::string& path, Owner owner, bool forget);
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
  // What to write now; the book counts as clean afterwards.
  Snapshot snapshot();

 private:
  struct Tailed {
    Owner owner;
    std::vector<GenerationRecord> generations;
  };
  std::map<std::string, std::string> saved_;           // by path or key
  std::map<std::string, std::vector<Tailed>> tailed_;  // by path
  std::map<std::string, std::vector<GenerationRecord>> identities_;
  bool dirty_ = false;
  bool urgent_ = false;
  std::function<void()> on_urgent_;

  void refresh(const std::string& path);
};

// `<positions file>.tailrace`
std::string identities_path(const std::string& positions_file);

}  // namespace tailrace
