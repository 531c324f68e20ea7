#include "positions/identity_notes.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace tailrace {
namespace {

// Line by line; applied in order, so notes may follow anything:
//
//   path <saved> <saved before> <path>                        begins a path; "-" for no position
//   file <offset> <device> <inode> <marker> <path>[<tab><where it was opened>]    oldest first
//   read <end> <timestamp> <device> <inode> <marker> <path>   is on its way
//   done <offset> <device> <inode> <path>                     that far, it was delivered
//   over <device> <inode> <path>                              rewritten: from the beginning
//
// Markers are hex, or "-". Paths come last and may hold spaces; a newline in them is written as \n,
// a tab as \t, a backslash as \\. A last line without newline was cut off and does not count.

constexpr std::string_view kHexDigits = "0123456789abcdef";

std::string to_hex(std::string_view bytes) {
  if (bytes.empty()) return "-";
  std::string out;
  for (const char byte : bytes) {
    out += kHexDigits[static_cast<unsigned char>(byte) >> 4];
    out += kHexDigits[static_cast<unsigned char>(byte) & 15];
  }
  return out;
}

std::optional<std::string> from_hex(std::string_view text) {
  if (text == "-") return std::string();
  if (text.size() % 2 != 0 || text.size() > 2 * Marker::kBytesMax) return std::nullopt;
  std::string out;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const std::size_t high = kHexDigits.find(text[i]);
    const std::size_t low = kHexDigits.find(text[i + 1]);
    if (high == std::string_view::npos || low == std::string_view::npos) return std::nullopt;
    out += static_cast<char>(high << 4 | low);
  }
  return out;
}

void append_escaped(std::string& out, std::string_view path) {
  for (const char c : path) {
    if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (c == '\\') {
      out += "\\\\";
    } else {
      out += c;
    }
  }
}

std::string unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size()) {
      ++i;
      out += text[i] == 'n' ? '\n' : text[i] == 't' ? '\t' : text[i];
    } else {
      out += text[i];
    }
  }
  return out;
}

std::string_view next_word(std::string_view& line) {
  const std::size_t end = std::min(line.find(' '), line.size());
  const std::string_view word = line.substr(0, end);
  line.remove_prefix(std::min(end + 1, line.size()));
  return word;
}

template <class Number>
bool parse_number(std::string_view text, Number& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size();
}

std::optional<std::uint64_t> parse_optional(std::string_view text) {
  std::uint64_t number = 0;
  return parse_number(text, number) ? std::optional(number) : std::nullopt;
}

bool parse_id(std::string_view& line, FileId& id) {
  return parse_number(next_word(line), id.device) && parse_number(next_word(line), id.inode);
}

std::string text_of(FileId id) {
  return std::to_string(id.device) + ' ' + std::to_string(id.inode);
}

GenerationRecord* find(std::vector<GenerationRecord>& generations, FileId id) {
  const auto known = std::find_if(generations.begin(), generations.end(),
                                  [&](const GenerationRecord& record) { return record.id == id; });
  return known == generations.end() ? nullptr : &*known;
}

void start_over(GenerationRecord& record) {
  record.offset = 0;
  record.marker.clear();
  record.reads.clear();
}

void start_over(std::vector<GenerationRecord>& generations, FileId id) {
  if (GenerationRecord* const record = find(generations, id)) start_over(*record);
}

void add_read(std::vector<GenerationRecord>& generations, FileId id, ReadRecord read) {
  GenerationRecord* record = find(generations, id);
  if (record == nullptr) {
    record = &generations.emplace_back();  // new since the whole was written
    record->id = id;
  }
  // Repeated after a restart.
  if (std::find(record->reads.begin(), record->reads.end(), read) != record->reads.end()) return;
  const std::uint64_t last = record->reads.empty() ? record->offset : record->reads.back().end;
  if (read.end <= last) start_over(*record);
  record->reads.push_back(std::move(read));
}

void deliver(std::vector<GenerationRecord>& generations, FileId id, std::uint64_t offset) {
  GenerationRecord* const record = find(generations, id);
  if (record == nullptr) return;
  const auto read = std::find_if(record->reads.begin(), record->reads.end(),
                                 [&](const ReadRecord& other) { return other.end == offset; });
  if (read == record->reads.end()) return;
  record->offset = offset;
  record->marker = std::move(read->marker);
  record->reads.erase(record->reads.begin(), read + 1);
}

void take_line(Identities& known, std::string_view line) {
  const std::string_view kind = next_word(line);
  if (kind == "path") {
    const Identities::Base base{parse_optional(next_word(line)), parse_optional(next_word(line))};
    const std::string path = unescaped(line);
    known.bases[path] = base;
    known.generations.erase(path);
  } else if (kind == "file") {
    GenerationRecord record;
    const bool numbers = parse_number(next_word(line), record.offset) && parse_id(line, record.id);
    std::optional<std::string> marker = from_hex(next_word(line));
    if (!numbers || !marker || line.empty()) return;
    record.marker = std::move(*marker);
    const std::size_t tab = std::min(line.find('\t'), line.size());
    record.file = unescaped(line.substr(std::min(tab + 1, line.size())));
    known.generations[unescaped(line.substr(0, tab))].push_back(std::move(record));
  } else if (kind == "read") {
    ReadRecord read;
    FileId id;
    const bool numbers = parse_number(next_word(line), read.end) &&
                         parse_number(next_word(line), read.timestamp_ns) && parse_id(line, id);
    std::optional<std::string> marker = from_hex(next_word(line));
    if (!numbers || !marker || line.empty()) return;
    read.marker = std::move(*marker);
    add_read(known.generations[unescaped(line)], id, std::move(read));
  } else if (kind == "over") {
    FileId id;
    if (!parse_id(line, id)) return;
    const auto path = known.generations.find(unescaped(line));
    if (path != known.generations.end()) start_over(path->second, id);
  } else if (kind == "done") {
    std::uint64_t offset = 0;
    FileId id;
    if (!parse_number(next_word(line), offset) || !parse_id(line, id)) return;
    const auto path = known.generations.find(unescaped(line));
    if (path != known.generations.end()) deliver(path->second, id, offset);
  }
}

void end_note(std::string& out, std::string_view path) {
  append_escaped(out, path);
  out += '\n';
}

}  // namespace

std::string identities_path(const std::string& positions_file) {
  return positions_file + ".tailrace";
}

Identities parse_identities(std::string_view text) {
  Identities out;
  for (std::size_t end = 0; (end = text.find('\n')) != std::string_view::npos;) {
    take_line(out, text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  return out;
}

void append_path_note(std::string& out, const std::string& path, const Identities::Base& base,
                      const std::vector<GenerationRecord>& generations) {
  const auto text = [](std::optional<std::uint64_t> offset) {
    return offset ? std::to_string(*offset) : "-";
  };
  out += "path " + text(base.saved) + ' ' + text(base.before) + ' ';
  end_note(out, path);
  for (const GenerationRecord& record : generations) {
    out += "file " + std::to_string(record.offset) + ' ' + text_of(record.id) + ' ' +
           to_hex(record.marker) + ' ';
    append_escaped(out, path);
    if (!record.file.empty()) append_escaped(out += '\t', record.file);
    out += '\n';
    for (const ReadRecord& read : record.reads) append_read_note(out, path, record.id, read);
  }
}

void append_read_note(std::string& out, const std::string& path, FileId id,
                      const ReadRecord& read) {
  out += "read " + std::to_string(read.end) + ' ' + std::to_string(read.timestamp_ns) + ' ' +
         text_of(id) + ' ' + to_hex(read.marker) + ' ';
  end_note(out, path);
}

void append_delivered_note(std::string& out, const std::string& path, FileId id,
                           std::uint64_t offset) {
  out += "done " + std::to_string(offset) + ' ' + text_of(id) + ' ';
  end_note(out, path);
}

void append_rewritten_note(std::string& out, const std::string& path, FileId id) {
  out += "over " + text_of(id) + ' ';
  end_note(out, path);
}

}  // namespace tailrace
