#include "positions/position_book.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <charconv>

namespace tailrace {
namespace {

std::optional<std::uint64_t> offset_in(const std::string& text) {
  std::uint64_t offset = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), offset);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  return whole ? std::optional(offset) : std::nullopt;
}

bool is_cursor(std::string_view key) {
  return key.starts_with("cursor-") || key.starts_with("journal-");
}

}  // namespace

PositionBook::PositionBook(std::map<std::string, std::string> positions,
                           std::string_view identities)
    : saved_(std::move(positions)), identities_(parse_identities(identities)), written_(saved_) {
  // Believed where the positions file says what it should, or what it did before ours was written.
  std::erase_if(identities_.generations, [&](const auto& entry) {
    const auto& [path, generations] = entry;
    if (generations.empty()) return true;
    const std::optional<std::uint64_t> saved = offset(path);
    const auto base = identities_.bases.find(path);
    if (base == identities_.bases.end()) return saved.has_value();
    return saved != base->second.saved && saved != base->second.before;
  });
  for (const auto& [path, generations] : identities_.generations) {
    saved_[path] = std::to_string(generations.front().offset);
  }
}

std::optional<std::uint64_t> PositionBook::offset(const std::string& path) const {
  const auto known = saved_.find(path);
  if (known == saved_.end()) return std::nullopt;
  return offset_in(known->second).value_or(0);
}

std::optional<std::string> PositionBook::text(const std::string& key) const {
  const auto known = saved_.find(key);
  return known == saved_.end() ? std::nullopt : std::optional(known->second);
}

std::vector<GenerationRecord> PositionBook::generations(const std::string& path) const {
  const auto known = identities_.generations.find(path);
  return known == identities_.generations.end() ? std::vector<GenerationRecord>() : known->second;
}

bool PositionBook::noted(const std::string& path, Owner owner) const {
  if (!on_notes_) return false;
  const auto tailed = tailed_.find(path);
  return tailed != tailed_.end() && tailed->second.size() == 1 &&
         tailed->second.front().owner == owner;
}

void PositionBook::note_read(const std::string& path, Owner owner, FileId id,
                             const ReadRecord& read) {
  if (noted(path, owner)) append_read_note(notes_, path, id, read);
}

void PositionBook::note_delivered(const std::string& path, Owner owner, FileId id,
                                  std::uint64_t offset) {
  if (!noted(path, owner)) return;
  append_delivered_note(notes_, path, id, offset);
}

void PositionBook::note_rewritten(const std::string& path, Owner owner, FileId id) {
  if (!noted(path, owner)) return;
  append_rewritten_note(notes_, path, id);
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
  std::vector<GenerationRecord>& known = identities_.generations[path];
  const bool same_files =
      std::equal(known.begin(), known.end(), behind->generations.begin(), behind->generations.end(),
                 [](const auto& a, const auto& b) { return a.id == b.id; });
  known = behind->generations;
  dirty_ = true;
  if (on_notes_ && (!same_files || tailed.size() > 1)) {
    append_path_note(notes_, path, identities_.bases[path], known);
  }
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
    identities_.generations.erase(path);
    dirty_ = true;
  }
}

void PositionBook::drop_missing_files() {
  if (saved_.size() == tailed_.size()) return;  // all of them are tailed
  for (auto entry = saved_.begin(); entry != saved_.end();) {
    struct stat status {};
    const bool gone = !is_cursor(entry->first) && !tailed_.contains(entry->first) &&
                      ::stat(entry->first.c_str(), &status) != 0 && errno == ENOENT;
    if (gone) {
      identities_.generations.erase(entry->first);
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
  identities_.bases.clear();
  for (const auto& [path, generations] : identities_.generations) {
    const auto before = written_.find(path);
    Identities::Base& base = identities_.bases[path];
    base.saved = offset_in(saved_[path]);
    if (before != written_.end()) base.before = offset_in(before->second);
    append_path_note(out.identities, path, base, generations);
  }
  return out;
}

}  // namespace tailrace
