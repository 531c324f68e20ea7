// Value: what a template computes with, a small part of Go's types; and Heap, where their bytes
// live.
//
// A Value is a few words without a destructor. Strings are views of the heap's arena, of the
// template's text or of the data; lists, maps and times belong to the heap. The heap is emptied
// after each execution.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "parse/go_time.h"

namespace tailrace::tmpl {

enum class Kind : std::uint8_t {
  kNil,  // nil, and what a missing key gives
  kBool,
  kInt,
  kInt64,
  kByte,  // Go's int, int64, uint8
  kFloat,
  kString,
  kList,  // []interface{}, []string, []int: see Value::element
  kMap,   // map[string]interface{}, map[string]string
  kTime,
  kVersion,
};

struct Value;
using List = std::vector<Value>;
using Map = std::map<std::string_view, Value>;

// A version as semver reads it.
struct Version {
  std::uint64_t major = 0, minor = 0, patch = 0;
  std::string_view prerelease, metadata, original;
};

struct Value {
  Kind kind = Kind::kNil;
  Kind element = Kind::kNil;  // of lists and maps: kNil is interface{}
  bool is_constant = false;   // a number as written in the template, not yet of one type
  bool is_null_list = false;  // Go's nil slice: an empty list that is null as JSON
  std::size_t size = 0;       // of strings
  union {
    bool boolean;
    std::int64_t integer = 0;
    double number;
    const char* chars;
    List* list;
    Map* map;
    const GoTime* time;
    const Version* version;
  };

  static Value of_bool(bool value) {
    Value out;
    out.kind = Kind::kBool;
    out.boolean = value;
    return out;
  }
  static Value of_int(std::int64_t value, Kind kind = Kind::kInt) {
    Value out;
    out.kind = kind;
    out.integer = value;
    return out;
  }
  static Value of_float(double value) {
    Value out;
    out.kind = Kind::kFloat;
    out.number = value;
    return out;
  }
  static Value of_text(std::string_view text) {
    Value out;
    out.kind = Kind::kString;
    out.chars = text.data();
    out.size = text.size();
    return out;
  }

  bool is_nil() const { return kind == Kind::kNil; }
  bool is_string() const { return kind == Kind::kString; }
  bool is_list() const { return kind == Kind::kList; }
  bool is_map() const { return kind == Kind::kMap; }
  bool is_integer() const {
    return kind == Kind::kInt || kind == Kind::kInt64 || kind == Kind::kByte;
  }
  std::string_view text() const { return {chars, size}; }
};

// Containers nest no deeper than this where they are printed, compared or copied: a map may hold
// itself.
inline constexpr int kNestingMax = 100;

class Heap {
 public:
  Value text(std::string_view text) { return Value::of_text(arena_.copy(text)); }
  std::string_view keep(std::string_view text) { return arena_.copy(text); }
  Value list(List items, Kind element = Kind::kNil);
  Value null_list(Kind element = Kind::kNil);
  Value map(Map members, Kind element = Kind::kNil);
  Value time(const GoTime& time);
  Value version(const Version& version);

  // A rough figure, to stop what grows without end.
  std::size_t used_bytes() const { return arena_.used_bytes() + container_bytes_; }
  void reset();

 private:
  Arena arena_;
  std::deque<List> lists_;
  std::deque<Map> maps_;
  std::deque<GoTime> times_;
  std::deque<Version> versions_;
  std::size_t container_bytes_ = 0;
};

bool is_true(const Value& value);  // false: nil, false, 0, and what is empty
// "string", "[]interface {}", "map[string]interface {}", "<nil>".
std::string_view type_name(const Value& value);
// Of reflect: "string", "slice", "map", "struct", "ptr", "invalid".
std::string_view kind_name(const Value& value);
bool deep_equal(const Value& a, const Value& b, int depth = 0);

// fmt's %v.
void append_value(std::string& out, const Value& value, int depth = 0);
std::string value_text(const Value& value);
// What an action prints: as above, but "<no value>" for nil.
void append_printed(std::string& out, const Value& value);
// fmt's %v (and %g) for floats: shortest, with an exponent below 1e-4 and from 1e6 on.
void append_float(std::string& out, double value);

}  // namespace tailrace::tmpl
