#include "positions/position_book.h"

#include <gtest/gtest.h>

namespace tailrace {
namespace {

constexpr FileId kFile{1, 100};
constexpr FileId kNewer{1, 101};

GenerationRecord record(FileId id, std::uint64_t offset, std::string marker,
                        std::vector<ReadRecord> reads = {}) {
  return {id, offset, std::move(marker), "", std::move(reads)};
}

// A book with one path, and the text of our file as it grows.
struct Notes {
  Notes() {
    book.on_notes([this](std::string_view notes) { text += notes; });
    book.publish("/a.log", this, {record(kFile, 10, "ten")});
    const PositionBook::Snapshot snapshot = book.snapshot();
    book.written(snapshot);
    positions = snapshot.positions;
    text = snapshot.identities;
  }
  // What a new process makes of it.
  std::vector<GenerationRecord> loaded() const {
    return PositionBook(positions, text).generations("/a.log");
  }
  void read(FileId id, std::uint64_t end, std::int64_t timestamp_ns, const std::string& marker) {
    book.note_read("/a.log", this, id, {end, timestamp_ns, marker});
  }
  void delivered(FileId id, std::uint64_t offset) {
    book.note_delivered("/a.log", this, id, offset);
  }

  PositionBook book{{}, ""};
  std::map<std::string, std::string> positions;
  std::string text;
};

using Records = std::vector<GenerationRecord>;

TEST(PositionNotes, CountOnceTheyAreFlushed) {
  Notes notes;
  notes.read(kFile, 20, 5, "twenty");
  EXPECT_EQ(notes.loaded(), (Records{record(kFile, 10, "ten")}));
  notes.book.flush_notes();
  EXPECT_EQ(notes.loaded(), (Records{record(kFile, 10, "ten", {{20, 5, "twenty"}})}));
}

TEST(PositionNotes, DeliveryMovesTheOffset) {
  Notes notes;
  notes.read(kFile, 20, 5, "twenty");
  notes.read(kFile, 30, 6, "thirty");
  notes.delivered(kFile, 20);
  notes.book.flush_notes();
  EXPECT_EQ(notes.loaded(), (Records{record(kFile, 20, "twenty", {{30, 6, "thirty"}})}));
  EXPECT_EQ(PositionBook(notes.positions, notes.text).offset("/a.log"), 20U);
  notes.delivered(kFile, 30);
  notes.book.flush_notes();
  EXPECT_EQ(notes.loaded(), (Records{record(kFile, 30, "thirty")}));
}

TEST(PositionNotes, SpecialCases) {
  auto f = [](const char* what, const std::function<void(Notes&)>& happens, const Records& want) {
    SCOPED_TRACE(what);
    Notes notes;
    happens(notes);
    notes.book.flush_notes();
    EXPECT_EQ(notes.loaded(), want);
  };
  f("a file that is new since the whole was written", [](Notes& n) { n.read(kNewer, 7, 1, "7"); },
    {record(kFile, 10, "ten"), record(kNewer, 0, "", {{7, 1, "7"}})});
  f("truncated: the ends begin again",
    [](Notes& n) {
      n.read(kFile, 20, 5, "twenty");
      n.read(kFile, 4, 6, "four");
    },
    {record(kFile, 0, "", {{4, 6, "four"}})});
  f("rewritten, and read further at once than before",
    [](Notes& n) {
      n.read(kFile, 20, 5, "twenty");
      n.book.note_rewritten("/a.log", &n, kFile);
      n.read(kFile, 50, 6, "fifty");
    },
    {record(kFile, 0, "", {{50, 6, "fifty"}})});
  f("a read that is repeated after a restart",
    [](Notes& n) {
      n.read(kFile, 20, 5, "twenty");
      n.read(kFile, 30, 6, "thirty");
      n.read(kFile, 20, 5, "twenty");
    },
    {record(kFile, 10, "ten", {{20, 5, "twenty"}, {30, 6, "thirty"}})});
  f("delivered, but not known as a read", [](Notes& n) { n.delivered(kFile, 15); },
    {record(kFile, 10, "ten")});
  f("another file comes to the path",
    [](Notes& n) {
      n.book.publish("/a.log", &n, {record(kFile, 10, "ten"), record(kNewer, 0, "")});
    },
    {record(kFile, 10, "ten"), record(kNewer, 0, "")});
}

TEST(PositionNotes, WhatIsCutOffOrNonsenseIsLeftOut) {
  Notes notes;
  notes.read(kFile, 20, 5, "twenty");
  notes.book.flush_notes();
  const std::string whole = notes.text;
  const Records want = notes.loaded();
  for (const char* more : {"done 20 1 10", "read 30 6 1 100", "nonsense\n", "done\n", "read x\n",
                           "file 1 2\n", "\n", "path\n"}) {
    notes.text = whole + more;
    EXPECT_EQ(notes.loaded(), want) << more;
  }
  for (std::size_t cut = 0; cut < whole.size(); ++cut) {
    notes.text = whole.substr(0, cut);
    notes.loaded();  // whatever comes of it, it does not crash
  }
}

TEST(PositionNotes, ArePerPathAndOnlyForOneOwner) {
  Notes notes;
  int other = 0;
  notes.book.publish("/a.log", &other, {record(kFile, 5, "five")});
  notes.read(kFile, 20, 5, "twenty");
  notes.delivered(kFile, 20);
  notes.book.flush_notes();
  EXPECT_EQ(notes.loaded(), (Records{record(kFile, 5, "five")}));
}

// Our file is written before the positions file: a process may end between the two.
TEST(PositionBook, BelievesItsOwnFileBesideTheOldPositionsButNotBesideOthers) {
  Notes notes;
  const std::map<std::string, std::string> before = notes.positions;
  notes.book.publish("/a.log", &notes, {record(kFile, 40, "forty")});
  notes.text = notes.book.snapshot().identities;
  notes.positions = {{"/a.log", "40"}};
  EXPECT_EQ(notes.loaded(), (Records{record(kFile, 40, "forty")}));
  notes.positions = before;
  EXPECT_EQ(notes.loaded(), (Records{record(kFile, 40, "forty")}));
  notes.positions = {{"/a.log", "77"}};  // Promtail ran
  EXPECT_EQ(notes.loaded(), Records());
  EXPECT_EQ(PositionBook(notes.positions, notes.text).offset("/a.log"), 77U);
  notes.positions.clear();
  EXPECT_EQ(notes.loaded(), Records());
}

// A reload: the tailers before it are gone, and those behind it start from the one furthest behind.
TEST(PositionBook, AfterAllHaveLeftTheNextOwnersAreTheOnlyOnes) {
  PositionBook book({}, "");
  const int ahead = 0, behind = 0, next = 0;
  book.publish("/a.log", &behind, {record(kFile, 10, "ten")});
  book.publish("/a.log", &ahead, {record(kFile, 90, "ninety")});
  EXPECT_EQ(book.offset("/a.log"), 10U);
  book.leave_all();
  EXPECT_EQ(book.offset("/a.log"), 10U);
  EXPECT_EQ(book.generations("/a.log"), (Records{record(kFile, 10, "ten")}));
  book.publish("/a.log", &next, {record(kFile, 50, "fifty")});
  EXPECT_EQ(book.offset("/a.log"), 50U);
}

TEST(PositionBook, KeepsOddPaths) {
  PositionBook book({}, "");
  int owner = 0;
  const std::string path = "/odd \\ path\nwith\tall";
  GenerationRecord odd = record(kFile, 3, "x\n");
  odd.file = "/else where\t/x";
  book.publish(path, &owner, {odd});
  const PositionBook::Snapshot snapshot = book.snapshot();
  EXPECT_EQ(PositionBook(snapshot.positions, snapshot.identities).generations(path),
            (Records{odd}));
}

}  // namespace
}  // namespace tailrace
