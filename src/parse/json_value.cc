#include "parse/json_value.h"

#include <algorithm>
#include <limits>
#include <vector>

#include "parse/json/build.h"
#include "parse/json/lexer.h"

namespace tailrace {
namespace {

std::string_view between(const char* start, const char* end) {
  return {start, static_cast<std::size_t>(end - start)};
}

// Builds the tree without recursion: members of open containers wait in one vector, each container
// knows where its own begin.
class TreeReader {
 public:
  TreeReader(std::string_view text, Arena& arena, JsonBytes bytes)
      : at_(text.data()), end_(text.data() + text.size()), arena_(arena), bytes_(bytes) {}

  std::optional<JsonValue> read() {
    at_ = json::skip_blanks(at_, end_);
    JsonValue value;
    bool is_done = false;
    while (!is_done) {
      if (!begin_value(value)) return std::nullopt;
      if (is_open_) continue;
      if (!end_value(value, is_done)) return std::nullopt;
    }
    if (json::skip_blanks(at_, end_) != end_) return std::nullopt;
    return value;
  }

 private:
  struct Open {
    std::size_t first = 0;  // of its members in waiting_
    bool is_object = false;
    std::string_view key;  // of the member that is being read
  };

  // Reads a scalar or an empty container into `value`, or opens a container.
  bool begin_value(JsonValue& value) {
    is_open_ = false;
    if (at_ == end_) return false;
    if (*at_ != '{' && *at_ != '[') return read_scalar(value);
    if (open_.size() == json::kDepthMax) return false;
    const bool is_object = *at_ == '{';
    at_ = json::skip_blanks(at_ + 1, end_);
    if (at_ == end_) return false;
    if (*at_ == (is_object ? '}' : ']')) {
      ++at_;
      value = is_object ? JsonValue::of(std::span<const JsonMember>{})
                        : JsonValue::of(std::span<const JsonValue>{});
      return true;
    }
    open_.push_back({waiting_.size(), is_object, {}});
    is_open_ = true;
    return !is_object || read_key();
  }

  // `value` is whole: gives it to its container, and closes that as far as the text does.
  bool end_value(JsonValue& value, bool& is_done) {
    for (;;) {
      if (open_.empty()) {
        is_done = true;
        return true;
      }
      Open& open = open_.back();
      waiting_.push_back({open.key, value});
      at_ = json::skip_blanks(at_, end_);
      if (at_ == end_) return false;
      if (*at_ == ',') {
        at_ = json::skip_blanks(at_ + 1, end_);
        return !open.is_object || read_key();
      }
      if (*at_ != (open.is_object ? '}' : ']')) return false;
      ++at_;
      value = close(open);
      open_.pop_back();
    }
  }

  JsonValue close(const Open& open) {
    const std::span<JsonMember> members = std::span(waiting_).subspan(open.first);
    JsonValue value;
    if (open.is_object) {
      value = json::object_of(arena_, members);
    } else {
      const std::span<JsonValue> items = json::allocate_array<JsonValue>(arena_, members.size());
      std::ranges::transform(members, items.begin(), &JsonMember::value);
      value = JsonValue::of(std::span<const JsonValue>(items));
    }
    waiting_.resize(open.first);
    return value;
  }

  bool read_key() {
    if (at_ == end_ || *at_ != '"') return false;
    if (!read_string(open_.back().key)) return false;
    at_ = json::skip_blanks(at_, end_);
    if (at_ == end_ || *at_ != ':') return false;
    at_ = json::skip_blanks(at_ + 1, end_);
    return true;
  }

  bool read_string(std::string_view& text) {
    const char* start = at_ + 1;
    json::StringShape shape{.takes_control = bytes_ == JsonBytes::kKeep};
    at_ = json::skip_string(start, end_, shape);
    if (at_ == nullptr) return false;
    text = json::string_text(between(start, at_ - 1), shape, arena_, bytes_);
    return true;
  }

  bool read_scalar(JsonValue& value) {
    const char* start = at_;
    switch (*at_) {
      case '"': {
        std::string_view text;
        if (!read_string(text)) return false;
        value = JsonValue::of(text);
        return true;
      }
      case 't':
      case 'f':
        value = JsonValue::of_bool(*at_ == 't');
        break;
      case 'n':
        value = JsonValue();
        break;
      default: {
        if (*at_ != '-' && (*at_ < '0' || *at_ > '9')) return false;
        at_ = json::skip_number(at_, end_);
        double number = 0;
        if (at_ == nullptr || !json::number_value(between(start, at_), number)) return false;
        value = JsonValue::of(number);
        return true;
      }
    }
    at_ = json::skip_word(at_, end_);
    return at_ != nullptr;
  }

  const char* at_;
  const char* end_;
  Arena& arena_;
  JsonBytes bytes_;
  bool is_open_ = false;
  std::vector<Open> open_;
  std::vector<JsonMember> waiting_;
};

}  // namespace

JsonValue JsonValue::of_bool(bool value) noexcept {
  JsonValue out;
  out.kind_ = Kind::kBool;
  out.boolean_ = value;
  return out;
}
JsonValue JsonValue::of(double value) noexcept {
  JsonValue out;
  out.kind_ = Kind::kNumber;
  out.number_ = value;
  return out;
}
JsonValue JsonValue::of(std::string_view text) noexcept {
  JsonValue out;
  out.kind_ = Kind::kString;
  out.size_ = static_cast<std::uint32_t>(text.size());
  out.text_ = text.data();
  return out;
}
JsonValue JsonValue::of(std::span<const JsonValue> items) noexcept {
  JsonValue out;
  out.kind_ = Kind::kArray;
  out.size_ = static_cast<std::uint32_t>(items.size());
  out.items_ = items.data();
  return out;
}
JsonValue JsonValue::of(std::span<const JsonMember> members) noexcept {
  JsonValue out;
  out.kind_ = Kind::kObject;
  out.size_ = static_cast<std::uint32_t>(members.size());
  out.members_ = members.data();
  return out;
}

std::span<const JsonMember> JsonValue::members() const noexcept { return {members_, size_}; }

const JsonValue* JsonValue::find(std::string_view key) const noexcept {
  if (!is_object()) return nullptr;
  const std::span<const JsonMember> all = members();
  const auto found = std::ranges::lower_bound(all, key, {}, &JsonMember::key);
  return found != all.end() && found->key == key ? &found->value : nullptr;
}

bool operator==(const JsonValue& a, const JsonValue& b) noexcept {
  if (a.kind_ != b.kind_) return false;
  switch (a.kind_) {
    case JsonValue::Kind::kNull:
      return true;
    case JsonValue::Kind::kBool:
      return a.boolean_ == b.boolean_;
    case JsonValue::Kind::kNumber:
      return a.number_ == b.number_;
    case JsonValue::Kind::kString:
      return a.text() == b.text();
    case JsonValue::Kind::kArray:
      return std::ranges::equal(a.items(), b.items());
    case JsonValue::Kind::kObject:
      return std::ranges::equal(a.members(), b.members(), [](const auto& x, const auto& y) {
        return x.key == y.key && x.value == y.value;
      });
  }
  return false;
}

std::optional<JsonValue> parse_json(std::string_view text, Arena& arena, JsonBytes bytes) {
  if (text.size() > std::numeric_limits<std::uint32_t>::max()) return std::nullopt;
  return TreeReader(text, arena, bytes).read();
}

namespace json {

JsonValue array_of(Arena& arena, std::span<const JsonValue> items) {
  const std::span<JsonValue> copy = allocate_array<JsonValue>(arena, items.size());
  std::ranges::copy(items, copy.begin());
  return JsonValue::of(std::span<const JsonValue>(copy));
}

JsonValue object_of(Arena& arena, std::span<JsonMember> members) {
  if (!std::ranges::is_sorted(members, {}, &JsonMember::key)) {
    std::ranges::stable_sort(members, {}, &JsonMember::key);
  }
  std::size_t kept = 0;
  for (std::size_t i = 0; i < members.size(); ++i) {
    const bool replaces = kept > 0 && members[kept - 1].key == members[i].key;
    members[replaces ? kept - 1 : kept++] = members[i];
  }
  const std::span<JsonMember> copy = allocate_array<JsonMember>(arena, kept);
  std::ranges::copy(members.first(kept), copy.begin());
  return JsonValue::of(std::span<const JsonMember>(copy));
}

}  // namespace json
}  // namespace tailrace
