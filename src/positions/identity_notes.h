// Identity notes: the text of our own file beside Promtail's, `<positions file>.tailrace`.
//
// For each path it holds the generations (inodes) that are not finished, oldest first, so that a
// file rotated while we were down is found again; and their reads that are on the way, with their
// times, so that after a crash they are sent as they were and Loki sees that it has them. Between
// two writes of the whole, notes are appended: a read before it is pushed, a position when it has
// moved. A process that is killed thus repeats only what was not acknowledged, with the same times.
// Promtail ignores the file; without it only these are lost.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

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

struct Identities {
  // What the positions file holds for a path, and what it held before that: it is written after our
  // own, and the process may end in between.
  struct Base {
    std::optional<std::uint64_t> saved;
    std::optional<std::uint64_t> before;
  };
  std::map<std::string, Base> bases;                                 // by path
  std::map<std::string, std::vector<GenerationRecord>> generations;  // by path
};

// `<positions file>.tailrace`
std::string identities_path(const std::string& positions_file);

// Takes the lines in order. Those that do not parse, and a last one that was cut off, are left out:
// the file is only a help.
Identities parse_identities(std::string_view text);

// Everything known of one path; what stood before it about that path does not count any more.
void append_path_note(std::string& out, const std::string& path, const Identities::Base& base,
                      const std::vector<GenerationRecord>& generations);
// The read is about to go on its way.
void append_read_note(std::string& out, const std::string& path, FileId id, const ReadRecord& read);
// Delivered up to `offset`, the end of a read that was noted.
void append_delivered_note(std::string& out, const std::string& path, FileId id,
                           std::uint64_t offset);
// The file was cut or rewritten: from the beginning.
void append_rewritten_note(std::string& out, const std::string& path, FileId id);

}  // namespace tailrace
