// JournalExportReader: cuts systemd's Journal Export Format into entries.
//
//   __CURSOR=s=...;i=...          text fields: NAME=value LF
//   MESSAGE LF <length, 8 bytes, little endian> <bytes> LF      fields with newlines or binary data
//   LF                            the end of an entry
//
// Bytes may come cut anywhere. A field that would make an entry larger than kEntryBytesMax is left
// out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tailrace {

// Views of the reader's buffer, until the next call of it.
struct JournalEntry {
  std::string_view cursor;
  std::int64_t realtime_us = 0;
  // Without those that begin with "__"; of a name given twice the last value.
  std::vector<std::pair<std::string_view, std::string_view>> fields;

  // Empty view with data() == nullptr: there is none.
  std::string_view find(std::string_view name) const noexcept;
};

class JournalExportReader {
 public:
  static constexpr std::size_t kEntryBytesMax = std::size_t{16} << 20;

  void add(std::string_view bytes);
  // The next whole entry; false: more bytes are needed.
  bool next(JournalEntry& entry);
  // Fields left out because they were too long.
  std::uint64_t cut() const noexcept { return cut_; }

 private:
  struct Field {
    std::size_t name = 0, name_bytes = 0;
    std::size_t value = 0, value_bytes = 0;
  };
  bool take_field(std::string_view rest);
  void make(JournalEntry& entry) const;
  bool skip();

  std::string buffer_;
  std::size_t begin_ = 0;  // of the entry that is being read
  std::size_t at_ = 0;     // what is in front of it was looked at
  std::vector<Field> fields_;
  std::uint64_t skip_bytes_ = 0;
  bool skip_line_ = false;
  std::uint64_t cut_ = 0;
};

}  // namespace tailrace
