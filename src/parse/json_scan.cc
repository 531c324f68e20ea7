#include "parse/json_scan.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "parse/json/lexer.h"

namespace tailrace {
namespace {

std::string_view between(const char* start, const char* end) {
  return {start, static_cast<std::size_t>(end - start)};
}

// Reads the value at `at` into `field`; returns behind it.
const char* take_value(const char* at, const char* end, Arena& arena, JsonField& field) {
  using Kind = JsonField::Kind;
  const char* start = at;
  if (at == end) return nullptr;
  field = {};
  switch (*at) {
    case '"': {
      json::StringShape shape{.takes_control = true};
      at = json::skip_string(at + 1, end, shape);
      if (at == nullptr) return nullptr;
      field.kind = Kind::kString;
      field.text = json::string_text(between(start + 1, at - 1), shape, arena, JsonBytes::kKeep);
      return at;
    }
    case '{':
    case '[':
      field.kind = *at == '{' ? Kind::kObject : Kind::kArray;
      at = json::skip_value(at, end, 1);
      break;
    case 't':
    case 'f':
      field.kind = Kind::kBool;
      field.boolean = *at == 't';
      at = json::skip_word(at, end);
      break;
    case 'n':
      field.kind = Kind::kNull;
      return json::skip_word(at, end);
    default:
      if (*at != '-' && (*at < '0' || *at > '9')) return nullptr;
      field.kind = Kind::kNumber;
      at = json::skip_number(at, end);
      if (at != nullptr && !json::number_value(between(start, at), field.number)) return nullptr;
      break;
  }
  if (at != nullptr) field.text = between(start, at);
  return at;
}

std::uint64_t length_bit(std::size_t bytes) {
  return std::uint64_t{1} << std::min<std::size_t>(bytes, 63);
}

}  // namespace

JsonFields::JsonFields(std::vector<std::string> keys) : keys_(std::move(keys)) {
  for (std::size_t i = 0; i < keys_.size(); ++i) {
    const auto first = std::ranges::find(keys_, keys_[i]) - keys_.begin();
    same_.push_back(static_cast<std::uint32_t>(first));
    has_repeats_ = has_repeats_ || same_.back() != i;
    lengths_ |= length_bit(keys_[i].size());
  }
}

std::size_t JsonFields::index_of(std::string_view key) const noexcept {
  if ((lengths_ & length_bit(key.size())) == 0) return keys_.size();
  for (std::size_t i = 0; i < keys_.size(); ++i) {
    if (keys_[i] == key) return i;
  }
  return keys_.size();
}

bool JsonFields::scan(std::string_view text, Arena& arena, std::span<JsonField> values) const {
  TAILRACE_ASSERT(values.size() >= keys_.size(), "room for every key");
  std::fill_n(values.begin(), keys_.size(), JsonField{});
  const char* at = text.data();
  const char* end = at + text.size();
  at = json::skip_blanks(at, end);
  if (at == end) return false;
  if (*at == '{') {
    at = scan_members(at + 1, end, arena, values);
  } else {
    at = *at == 'n' ? json::skip_word(at, end) : nullptr;
  }
  if (at == nullptr || json::skip_blanks(at, end) != end) return false;
  if (has_repeats_) {
    for (std::size_t i = 0; i < keys_.size(); ++i) values[i] = values[same_[i]];
  }
  return true;
}

const char* JsonFields::scan_members(const char* at, const char* end, Arena& arena,
                                     std::span<JsonField> values) const {
  at = json::skip_blanks(at, end);
  if (at != end && *at == '}') return at + 1;
  for (;;) {
    if (at == end || *at != '"') return nullptr;
    const char* key_start = at + 1;
    json::StringShape shape{.takes_control = true};
    at = json::skip_string(key_start, end, shape);
    if (at == nullptr) return nullptr;
    std::string_view key = between(key_start, at - 1);
    if (shape.has_escape || shape.has_high_byte) key = json::string_text(key, shape, arena);

    if (at == end || *at != ':') {
      at = json::skip_blanks(at, end);
      if (at == end || *at != ':') return nullptr;
    }
    at = json::skip_blanks(at + 1, end);
    const std::size_t index = index_of(key);
    at = index == keys_.size() ? json::skip_value(at, end, 1)
                               : take_value(at, end, arena, values[index]);
    if (at == nullptr) return nullptr;

    at = json::skip_blanks(at, end);
    if (at == end) return nullptr;
    if (*at == '}') return at + 1;
    if (*at != ',') return nullptr;
    at = json::skip_blanks(at + 1, end);
  }
}

}  // namespace tailrace
