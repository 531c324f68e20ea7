#include "positions/position_book.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <charconv>

namespace tailrace {
namespace {

// Our own file, line by line; applied in order, so notes may follow anything:
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

void append_read(std::string& out, const ReadRecord& read, FileId id, const std::string& path) {
  out += "read " + std::to_string(read.end) + ' ' + std::to_string(read.timestamp_ns) + ' ' +
         text_of(id) + ' ' + to_hex(read.marker) + ' ';
  append_escaped(out, path);
  out += '\n';
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

bool is_cursor(std::string_view key) {
  return key.starts_with("cursor-") || key.starts_with("journal-");
}

}  // namespace

std::string identities_path(const std::string& positions_file) {
  return positions_file + ".tailrace";
}

PositionBook::PositionBook(std::map<std::string, std::string> positions,
                           std::string_view identities)
    : saved_(std::move(positions)), written_(saved_) {
  for (std::size_t end = 0; (end = identities.find('\n')) != std::string_view::npos;) {
    take_line(identities.substr(0, end));
    identities.remove_prefix(end + 1);
  }
  std::erase_if(identities_, [&](const auto& entry) { return !agrees(entry.first); });
  for (const auto& [path, generations] : identities_) {
    saved_[path] = std::to_string(generations.front().offset);
  }
}

// Whether the positions file says of `path` what it should, or what it did before our own file was
// written.
bool PositionBook::agrees(const std::string& path) const {
  if (identities_.at(path).empty()) return false;
  const std::optional<std::uint64_t> saved = offset(path);
  const auto base = bases_.find(path);
  if (base == bases_.end()) return !saved;
  return saved == base->second.saved || saved == base->second.before;
}

// Lines that do not parse are left out: the file is only a help.
void PositionBook::take_line(std::string_view line) {
  const std::string_view kind = next_word(line);
  if (kind == "path") {
    const Base base{parse_optional(next_word(line)), parse_optional(next_word(line))};
    const std::string path = unescaped(line);
    bases_[path] = base;
    identities_.erase(path);
  } else if (kind == "file") {
    GenerationRecord record;
    const bool numbers = parse_number(next_word(line), record.offset) && parse_id(line, record.id);
    std::optional<std::string> marker = from_hex(next_word(line));
    if (!numbers || !marker || line.empty()) return;
    record.marker = std::move(*marker);
    const std::size_t tab = std::min(line.find('\t'), line.size());
    record.file = unescaped(line.substr(std::min(tab + 1, line.size())));
    identities_[unescaped(line.substr(0, tab))].push_back(std::move(record));
  } else if (kind == "read") {
    ReadRecord read;
    FileId id;
    const bool numbers = parse_number(next_word(line), read.end) &&
                         parse_number(next_word(line), read.timestamp_ns) && parse_id(line, id);
    std::optional<std::string> marker = from_hex(next_word(line));
    if (!numbers || !marker || line.empty()) return;
    read.marker = std::move(*marker);
    add_read(identities_[unescaped(line)], id, std::move(read));
  } else if (kind == "over") {
    FileId id;
    if (!parse_id(line, id)) return;
    const auto known = identities_.find(unescaped(line));
    if (known != identities_.end()) start_over(known->second, id);
  } else if (kind == "done") {
    std::uint64_t offset = 0;
    FileId id;
    if (!parse_number(next_word(line), offset) || !parse_id(line, id)) return;
    const auto known = identities_.find(unescaped(line));
    if (known != identities_.end()) deliver(known->second, id, offset);
  }
}

std::optional<std::uint64_t> PositionBook::offset(const std::string& path) const {
  const auto known = saved_.find(path);
  if (known == saved_.end()) return std::nullopt;
  std::uint64_t offset = 0;
  return parse_number(std::string_view(known->second), offset) ? offset : 0;
}

std::optional<std::string> PositionBook::text(const std::string& key) const {
  const auto known = saved_.find(key);
  return known == saved_.end() ? std::nullopt : std::optional(known->second);
}

std::vector<GenerationRecord> PositionBook::generations(const std::string& path) const {
  const auto known = identities_.find(path);
  return known == identities_.end() ? std::vector<GenerationRecord>() : known->second;
}

bool PositionBook::noted(const std::string& path, Owner owner) const {
  if (!on_notes_) return false;
  const auto tailed = tailed_.find(path);
  return tailed != tailed_.end() && tailed->second.size() == 1 &&
         tailed->second.front().owner == owner;
}

void PositionBook::note_read(const std::string& path, Owner owner, FileId id,
                             const ReadRecord& read) {
  if (noted(path, owner)) append_read(notes_, read, id, path);
}

void PositionBook::note_delivered(const std::string& path, Owner owner, FileId id,
                                  std::uint64_t offset) {
  if (!noted(path, owner)) return;
  notes_ += "done " + std::to_string(offset) + ' ' + text_of(id) + ' ';
  append_escaped(notes_, path);
  notes_ += '\n';
}

void PositionBook::note_rewritten(const std::string& path, Owner owner, FileId id) {
  if (!noted(path, owner)) return;
  notes_ += "over " + text_of(id) + ' ';
  append_escaped(notes_, path);
  notes_ += '\n';
}

void PositionBook::flush_notes() {
  if (notes_.empty()) return;
  if (on_notes_) on_notes_(notes_);
  notes_.clear();
}

void PositionBook::publish(const std::string& path, Owner owner,
                           std::vector<GenerationRecord> generations) {
  std::vector<Tailed>& tailed = tailed_[path];
  const auto own = std::find_if(tailed.begin(), tailed.end(),
                                [&](const Tailed& other) { return other.owner == owner; });
  if (own == tailed.end()) {
    tailed.push_back({owner, std::move(generations)});
  } else if (own->generations == generations) {
    return;
  } else {
    own->generations = std::move(generations);
  }
  refresh(path);
}

void PositionBook::refresh(const std::string& path) {
  const std::vector<Tailed>& tailed = tailed_[path];
  // The one that is furthest behind: more unfinished generations, then the lower offset in the
  // oldest.
  const auto behind =
      std::max_element(tailed.begin(), tailed.end(), [](const Tailed& a, const Tailed& b) {
        const auto key = [](const Tailed& t) {
          return std::pair(t.generations.size(), ~t.generations.front().offset);
        };
        return key(a) < key(b);
      });
  saved_[path] = std::to_string(behind->generations.front().offset);
  std::vector<GenerationRecord>& known = identities_[path];
  const bool same_files =
      std::equal(known.begin(), known.end(), behind->generations.begin(), behind->generations.end(),
                 [](const auto& a, const auto& b) { return a.id == b.id; });
  known = behind->generations;
  dirty_ = true;
  if (on_notes_ && (!same_files || tailed.size() > 1)) append_path(path, notes_);
  if (same_files || urgent_) return;
  urgent_ = true;
  if (on_urgent_) on_urgent_();
}

void PositionBook::publish_text(const std::string& key, std::string value) {
  std::string& saved = saved_[key];
  if (saved == value) return;
  saved = std::move(value);
  dirty_ = true;
}

void PositionBook::forget_text(const std::string& key) {
  if (saved_.erase(key) > 0) dirty_ = true;
}

void PositionBook::leave(const std::string& path, Owner owner, bool forget) {
  const auto known = tailed_.find(path);
  if (known == tailed_.end()) return;
  std::erase_if(known->second, [&](const Tailed& other) { return other.owner == owner; });
  if (!known->second.empty()) return refresh(path);
  tailed_.erase(known);
  if (forget) {
    saved_.erase(path);
    identities_.erase(path);
    dirty_ = true;
  }
}

void PositionBook::drop_missing_files() {
  for (auto entry = saved_.begin(); entry != saved_.end();) {
    struct stat status {};
    const bool gone = !is_cursor(entry->first) && !tailed_.contains(entry->first) &&
                      ::stat(entry->first.c_str(), &status) != 0 && errno == ENOENT;
    if (gone) {
      identities_.erase(entry->first);
      entry = saved_.erase(entry);
      dirty_ = true;
    } else {
      ++entry;
    }
  }
}

PositionBook::Snapshot PositionBook::snapshot() {
  dirty_ = urgent_ = false;
  notes_.clear();
  Snapshot out{saved_, {}};
  bases_.clear();
  for (const auto& [path, generations] : identities_) {
    const auto before = written_.find(path);
    bases_[path] = {parse_optional(saved_[path]),
                    before == written_.end() ? std::nullopt : parse_optional(before->second)};
    append_path(path, out.identities);
  }
  return out;
}

// Everything known of one path.
void PositionBook::append_path(const std::string& path, std::string& out) const {
  const auto known = bases_.find(path);
  const Base base = known == bases_.end() ? Base() : known->second;
  const auto text = [](std::optional<std::uint64_t> offset) {
    return offset ? std::to_string(*offset) : "-";
  };
  out += "path " + text(base.saved) + ' ' + text(base.before) + ' ';
  append_escaped(out, path);
  out += '\n';
  for (const GenerationRecord& record : identities_.at(path)) {
    out += "file " + std::to_string(record.offset) + ' ' + text_of(record.id) + ' ' +
           to_hex(record.marker) + ' ';
    append_escaped(out, path);
    if (!record.file.empty()) append_escaped(out += '\t', record.file);
    out += '\n';
    for (const ReadRecord& read : record.reads) append_read(out, read, record.id, path);
  }
}

}  // namespace tailrace
