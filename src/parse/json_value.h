// JsonValue: a JSON document as a tree whose nodes and texts live in an arena.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/arena.h"
#include "parse/json_bytes.h"

namespace tailrace {

struct JsonMember;

// A small value; copy it freely. Everything it points to belongs to the arena (or the parsed text).
class JsonValue {
 public:
  enum class Kind : std::uint8_t { kNull, kBool, kNumber, kString, kArray, kObject };

  JsonValue() noexcept : number_(0) {}
  static JsonValue of_bool(bool value) noexcept;
  static JsonValue of(double value) noexcept;
  static JsonValue of(std::string_view text) noexcept;
  static JsonValue of(std::span<const JsonValue> items) noexcept;
  // Members must be sorted by key (bytes), each key once.
  static JsonValue of(std::span<const JsonMember> members) noexcept;

  Kind kind() const noexcept { return kind_; }
  bool is_null() const noexcept { return kind_ == Kind::kNull; }
  bool is_bool() const noexcept { return kind_ == Kind::kBool; }
  bool is_number() const noexcept { return kind_ == Kind::kNumber; }
  bool is_string() const noexcept { return kind_ == Kind::kString; }
  bool is_array() const noexcept { return kind_ == Kind::kArray; }
  bool is_object() const noexcept { return kind_ == Kind::kObject; }

  bool boolean() const noexcept { return boolean_; }
  double number() const noexcept { return number_; }
  std::string_view text() const noexcept { return {text_, size_}; }
  std::span<const JsonValue> items() const noexcept { return {items_, size_}; }
  std::span<const JsonMember> members() const noexcept;
  // The member of that name; null if this is no object or has none.
  const JsonValue* find(std::string_view key) const noexcept;

  friend bool operator==(const JsonValue& a, const JsonValue& b) noexcept;  // deep

 private:
  Kind kind_ = Kind::kNull;
  std::uint32_t size_ = 0;
  union {
    bool boolean_;
    double number_;
    const char* text_;
    const JsonValue* items_;
    const JsonMember* members_;
  };
};

struct JsonMember {
  std::string_view key;
  JsonValue value;
};

// Any JSON document, by the rules of Go's encoding/json (see json_scan.h). Nothing if malformed.
// Strings without escapes are views of `text`. Texts of 4 GiB and more are refused.
std::optional<JsonValue> parse_json(std::string_view text, Arena& arena,
                                    JsonBytes bytes = JsonBytes::kToUtf8);

struct JsonStyle {
  bool escape_html = true;    // < > & as \u003c \u003e \u0026; U+2028 and U+2029 are always escaped
  std::string_view indent;    // not empty: one member per line
  bool short_escapes = true;  // \b and \f; else \u0008 and \u000c
};
// As json-iterator writes, which Promtail's stages use where Go's library is not.
inline constexpr JsonStyle kJsonIteratorStyle{.indent = {}, .short_escapes = false};

// Appends the value as JSON: keys sorted, no spaces, as Go's json.Marshal.
void append_json(std::string& out, const JsonValue& value, const JsonStyle& style = {});
void append_json_string(std::string& out, std::string_view text, const JsonStyle& style);
inline void append_json_string(std::string& out, std::string_view text, bool escape_html = true) {
  append_json_string(out, text, JsonStyle{.escape_html = escape_html, .indent = {}});
}
// Shortest form that reads back; with an exponent below 1e-6 and from 1e21 on.
void append_json_number(std::string& out, double value);

}  // namespace tailrace
