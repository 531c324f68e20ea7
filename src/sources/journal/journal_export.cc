#include "sources/journal/journal_export.h"

#include <algorithm>
#include <charconv>
#include <cstring>

namespace tailrace {

std::string_view JournalEntry::find(std::string_view name) const noexcept {
  for (const auto& [field, value] : fields) {
    if (field == name) return value;
  }
  return {};
}

void JournalExportReader::add(std::string_view bytes) {
  if (begin_ > 0) {
    buffer_.erase(0, begin_);
    at_ -= begin_;
    for (Field& field : fields_) {
      field.name -= begin_;
      field.value -= begin_;
    }
    begin_ = 0;
  }
  buffer_ += bytes;
}

// Throws away what belongs to a field that is left out; false: more bytes are needed.
bool JournalExportReader::skip() {
  if (skip_bytes_ > 0) {
    const std::size_t here =
        static_cast<std::size_t>(std::min<std::uint64_t>(skip_bytes_, buffer_.size() - at_));
    buffer_.erase(at_, here);
    skip_bytes_ -= here;
    if (skip_bytes_ > 0) return false;
  }
  if (skip_line_) {
    const std::size_t newline = buffer_.find('\n', at_);
    const bool found = newline != std::string::npos;
    buffer_.erase(at_, found ? newline + 1 - at_ : std::string::npos);
    if (!found) return false;
    skip_line_ = false;
  }
  return true;
}

bool JournalExportReader::next(JournalEntry& entry) {
  while (skip()) {
    const std::string_view rest = std::string_view(buffer_).substr(at_);
    if (rest.starts_with('\n')) {
      ++at_;
      const bool is_empty = fields_.empty();
      if (!is_empty) make(entry);
      fields_.clear();
      begin_ = at_;
      if (!is_empty) return true;
      continue;
    }
    if (!take_field(rest)) return false;
  }
  return false;
}

// One field off the front of `rest`, at at_; false: more bytes are needed.
bool JournalExportReader::take_field(std::string_view rest) {
  const std::size_t entry_bytes = at_ - begin_;
  const std::size_t newline = rest.find('\n');
  if (newline == std::string_view::npos) {
    if (entry_bytes + rest.size() <= kEntryBytesMax) return false;
    ++cut_;
    skip_line_ = true;
    return true;
  }
  const std::size_t equals = rest.substr(0, newline).find('=');
  if (equals != std::string_view::npos) {
    if (entry_bytes + newline <= kEntryBytesMax) {
      fields_.push_back({at_, equals, at_ + equals + 1, newline - equals - 1});
      at_ += newline + 1;
    } else {
      ++cut_;
      skip_line_ = true;
    }
    return true;
  }
  const std::string_view binary = rest.substr(newline + 1);
  std::uint64_t length = 0;
  if (binary.size() < sizeof length) return false;
  std::memcpy(&length, binary.data(), sizeof length);
  const std::size_t head_bytes = newline + 1 + sizeof length;
  if (length > kEntryBytesMax || entry_bytes + length > kEntryBytesMax) {
    ++cut_;
    buffer_.erase(at_, head_bytes);
    skip_bytes_ = length + 1;
    return true;
  }
  if (binary.size() < sizeof length + length + 1) return false;
  fields_.push_back({at_, newline, at_ + head_bytes, static_cast<std::size_t>(length)});
  at_ += head_bytes + static_cast<std::size_t>(length) + 1;
  return true;
}

void JournalExportReader::make(JournalEntry& entry) const {
  entry.cursor = {};
  entry.realtime_us = 0;
  entry.fields.clear();
  const std::string_view all = buffer_;
  for (const Field& field : fields_) {
    const std::string_view name = all.substr(field.name, field.name_bytes);
    const std::string_view value = all.substr(field.value, field.value_bytes);
    if (name == "__CURSOR") entry.cursor = value;
    if (name == "__REALTIME_TIMESTAMP") {
      std::from_chars(value.data(), value.data() + value.size(), entry.realtime_us);
    }
    if (name.starts_with("__")) continue;
    const auto known = std::find_if(entry.fields.begin(), entry.fields.end(),
                                    [&](const auto& other) { return other.first == name; });
    if (known != entry.fields.end()) {
      known->second = value;
    } else {
      entry.fields.emplace_back(name, value);
    }
  }
}

}  // namespace tailrace
