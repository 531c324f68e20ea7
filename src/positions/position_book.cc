#include "positions/position_book.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <charconv>

namespace tailrace {
namespace {

// One generation a line, oldest first within a path:
//
//   <offset> <device> <inode> <marker as hex, or -> <path>[<tab><where it was opened>]
//
// The paths come last and may hold spaces; a newline in them is written as \n, a tab as \t, a
// backslash as \\.

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

bool is_cursor(std::string_view key) {
  return key.starts_with("cursor-") || key.starts_with("journal-");
}

}  // namespace

std::string identities_path(const std::string& positions_file) {
  return positions_file + ".tailrace";
}

PositionBook::PositionBook(std::map<std::string, std::string> positions,
                           std::string_view identities)
    : saved_(std::move(positions)) {
  while (!identities.empty()) {
    const std::size_t end = std::min(identities.find('\n'), identities.size());
    std::string_view line = identities.substr(0, end);
    identities.remove_prefix(std::min(end + 1, identities.size()));
    GenerationRecord record;
    const bool numbers = parse_number(next_word(line), record.offset) &&
                         parse_number(next_word(line), record.id.device) &&
                         parse_number(next_word(line), record.id.inode);
    std::optional<std::string> marker = from_hex(next_word(line));
    if (!numbers || !marker || line.empty()) continue;
    record.marker = std::move(*marker);
    const std::size_t tab = std::min(line.find('\t'), line.size());
    record.file = unescaped(line.substr(std::min(tab + 1, line.size())));
    identities_[unescaped(line.substr(0, tab))].push_back(std::move(record));
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
  if (known == identities_.end() || known->second.front().offset != offset(path)) return {};
  return known->second;
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
  Snapshot out{saved_, {}};
  for (const auto& [path, generations] : identities_) {
    for (const GenerationRecord& record : generations) {
      out.identities += std::to_string(record.offset) + ' ' + std::to_string(record.id.device) +
                        ' ' + std::to_string(record.id.inode) + ' ' + to_hex(record.marker) + ' ';
      append_escaped(out.identities, path);
      if (!record.file.empty()) append_escaped(out.identities += '\t', record.file);
      out.identities += '\n';
    }
  }
  return out;
}

}  // namespace tailrace
