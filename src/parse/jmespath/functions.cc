// The functions of JMESPath. Arguments are checked against the table at the end before a function
// runs, so the bodies know what they get.
#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "parse/go_number.h"
#include "parse/jmespath/evaluator.h"
#include "parse/json/build.h"

namespace tailrace::jmespath {
namespace {

using Arguments = std::span<const Argument>;
using Values = std::span<const JsonValue>;

JsonValue text_value(Evaluator& evaluator, std::string_view text) {
  return JsonValue::of(evaluator.arena().copy(text));
}

std::size_t character_count(std::string_view text) {
  std::size_t count = 0;
  for (std::size_t at = 0; at < text.size(); ++count) decode_utf8(text, at);
  return count;
}

bool is_less(const JsonValue& a, const JsonValue& b) {
  return a.is_string() ? a.text() < b.text() : a.number() < b.number();
}

Result<JsonValue> do_abs(Arguments a, Evaluator&) {
  return JsonValue::of(std::fabs(a[0].value.number()));
}
Result<JsonValue> do_ceil(Arguments a, Evaluator&) {
  return JsonValue::of(std::ceil(a[0].value.number()));
}
Result<JsonValue> do_floor(Arguments a, Evaluator&) {
  return JsonValue::of(std::floor(a[0].value.number()));
}

double sum_of(Values items) {
  double sum = 0;
  for (const JsonValue& item : items) sum += item.number();
  return sum;
}
Result<JsonValue> do_sum(Arguments a, Evaluator&) {
  return JsonValue::of(sum_of(a[0].value.items()));
}
// Of nothing it is NaN, as in the reference.
Result<JsonValue> do_avg(Arguments a, Evaluator&) {
  const Values items = a[0].value.items();
  return JsonValue::of(sum_of(items) / static_cast<double>(items.size()));
}

Result<JsonValue> do_contains(Arguments a, Evaluator&) {
  const JsonValue& in = a[0].value;
  const JsonValue& what = a[1].value;
  if (in.is_string()) {
    return JsonValue::of_bool(what.is_string() &&
                              in.text().find(what.text()) != std::string_view::npos);
  }
  return JsonValue::of_bool(std::ranges::find(in.items(), what) != in.items().end());
}
Result<JsonValue> do_starts_with(Arguments a, Evaluator&) {
  return JsonValue::of_bool(a[0].value.text().starts_with(a[1].value.text()));
}
Result<JsonValue> do_ends_with(Arguments a, Evaluator&) {
  return JsonValue::of_bool(a[0].value.text().ends_with(a[1].value.text()));
}

Result<JsonValue> do_length(Arguments a, Evaluator&) {
  const JsonValue& value = a[0].value;
  std::size_t count = 0;
  if (value.is_string()) count = character_count(value.text());
  if (value.is_array()) count = value.items().size();
  if (value.is_object()) count = value.members().size();
  return JsonValue::of(static_cast<double>(count));
}

Result<JsonValue> do_join(Arguments a, Evaluator& evaluator) {
  std::string joined;
  const Values items = a[1].value.items();
  for (const JsonValue& item : items) {
    if (&item != items.data()) joined += a[0].value.text();
    joined += item.text();
  }
  return text_value(evaluator, joined);
}

Result<JsonValue> do_keys(Arguments a, Evaluator& evaluator) {
  std::vector<JsonValue> keys;
  for (const JsonMember& member : a[0].value.members()) keys.push_back(JsonValue::of(member.key));
  return json::array_of(evaluator.arena(), keys);
}
Result<JsonValue> do_values(Arguments a, Evaluator& evaluator) {
  std::vector<JsonValue> values;
  for (const JsonMember& member : a[0].value.members()) values.push_back(member.value);
  return json::array_of(evaluator.arena(), values);
}
Result<JsonValue> do_merge(Arguments a, Evaluator& evaluator) {
  std::vector<JsonMember> members;
  for (const Argument& argument : a) {
    const auto more = argument.value.members();
    members.insert(members.end(), more.begin(), more.end());
  }
  return json::object_of(evaluator.arena(), members);
}

Result<JsonValue> do_map(Arguments a, Evaluator& evaluator) {
  std::vector<JsonValue> results;
  for (const JsonValue& item : a[1].value.items()) {
    TAILRACE_TRY(const JsonValue result, evaluator.evaluate(*a[0].reference, item));
    results.push_back(result);
  }
  return json::array_of(evaluator.arena(), results);
}

Result<JsonValue> do_max(Arguments a, Evaluator&) {
  const Values items = a[0].value.items();
  return items.empty() ? JsonValue() : *std::ranges::max_element(items, is_less);
}
Result<JsonValue> do_min(Arguments a, Evaluator&) {
  const Values items = a[0].value.items();
  return items.empty() ? JsonValue() : *std::ranges::min_element(items, is_less);
}

// The keys of all items: numbers or strings, all of one kind.
Result<std::vector<JsonValue>> keys_by(Arguments a, Evaluator& evaluator) {
  std::vector<JsonValue> keys;
  for (const JsonValue& item : a[0].value.items()) {
    TAILRACE_TRY(const JsonValue key, evaluator.evaluate(*a[1].reference, item));
    const bool fits =
        keys.empty() ? key.is_number() || key.is_string() : key.kind() == keys[0].kind();
    if (!fits) return Error{ErrorCode::kInvalid, "the keys must all be numbers or all be strings"};
    keys.push_back(key);
  }
  return keys;
}
// With less than two items there is nothing to compare, and the keys are not asked for.
bool is_short(Arguments a) { return a[0].value.items().size() < 2; }
JsonValue the_only(Arguments a) {
  const Values items = a[0].value.items();
  return items.empty() ? JsonValue() : items[0];
}
Result<JsonValue> do_max_by(Arguments a, Evaluator& evaluator) {
  if (is_short(a)) return the_only(a);
  TAILRACE_TRY(const std::vector<JsonValue> keys, keys_by(a, evaluator));
  const auto best = std::ranges::max_element(keys, is_less) - keys.begin();
  return a[0].value.items()[static_cast<std::size_t>(best)];
}
Result<JsonValue> do_min_by(Arguments a, Evaluator& evaluator) {
  if (is_short(a)) return the_only(a);
  TAILRACE_TRY(const std::vector<JsonValue> keys, keys_by(a, evaluator));
  const auto best = std::ranges::min_element(keys, is_less) - keys.begin();
  return a[0].value.items()[static_cast<std::size_t>(best)];
}
Result<JsonValue> do_sort_by(Arguments a, Evaluator& evaluator) {
  if (is_short(a)) return a[0].value;
  TAILRACE_TRY(const std::vector<JsonValue> keys, keys_by(a, evaluator));
  std::vector<std::size_t> order(keys.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::ranges::stable_sort(order,
                           [&](std::size_t x, std::size_t y) { return is_less(keys[x], keys[y]); });
  std::vector<JsonValue> items;
  for (const std::size_t i : order) items.push_back(a[0].value.items()[i]);
  return json::array_of(evaluator.arena(), items);
}
Result<JsonValue> do_sort(Arguments a, Evaluator& evaluator) {
  std::vector<JsonValue> items(a[0].value.items().begin(), a[0].value.items().end());
  std::ranges::stable_sort(items, is_less);
  return json::array_of(evaluator.arena(), items);
}

Result<JsonValue> do_not_null(Arguments a, Evaluator&) {
  for (const Argument& argument : a) {
    if (!argument.value.is_null()) return argument.value;
  }
  return JsonValue();
}

Result<JsonValue> do_reverse(Arguments a, Evaluator& evaluator) {
  const JsonValue& value = a[0].value;
  if (value.is_array()) {
    const std::vector<JsonValue> items(value.items().rbegin(), value.items().rend());
    return json::array_of(evaluator.arena(), items);
  }
  std::string reversed;
  const std::string_view text = value.text();
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t start = at;
    decode_utf8(text, at);
    reversed.insert(0, text.substr(start, at - start));
  }
  return text_value(evaluator, reversed);
}

Result<JsonValue> do_to_array(Arguments a, Evaluator& evaluator) {
  if (a[0].value.is_array()) return a[0].value;
  return json::array_of(evaluator.arena(), {&a[0].value, 1});
}
Result<JsonValue> do_to_string(Arguments a, Evaluator& evaluator) {
  if (a[0].value.is_string()) return a[0].value;
  std::string text;
  append_json(text, a[0].value);
  return text_value(evaluator, text);
}
Result<JsonValue> do_to_number(Arguments a, Evaluator&) {
  if (a[0].value.is_number()) return a[0].value;
  if (!a[0].value.is_string()) return JsonValue();
  const auto number = parse_go_float(a[0].value.text());
  return number ? JsonValue::of(*number) : JsonValue();
}
Result<JsonValue> do_type(Arguments a, Evaluator&) {
  switch (a[0].value.kind()) {
    case JsonValue::Kind::kNull:
      return JsonValue::of("null");
    case JsonValue::Kind::kBool:
      return JsonValue::of("boolean");
    case JsonValue::Kind::kNumber:
      return JsonValue::of("number");
    case JsonValue::Kind::kString:
      return JsonValue::of("string");
    case JsonValue::Kind::kArray:
      return JsonValue::of("array");
    case JsonValue::Kind::kObject:
      return JsonValue::of("object");
  }
  return JsonValue();
}

enum Type : unsigned {
  kAny = 1,
  kNumber = 2,
  kString = 4,
  kArray = 8,
  kObject = 16,
  kNumbers = 32,  // an array of them
  kStrings = 64,
  kReference = 128,
};

bool all_are(const JsonValue& value, JsonValue::Kind kind) {
  return value.is_array() && std::ranges::all_of(value.items(), [&](const JsonValue& item) {
           return item.kind() == kind;
         });
}

bool fits(const Argument& argument, unsigned types) {
  if (argument.reference != nullptr) return (types & kReference) != 0;
  const JsonValue& value = argument.value;
  return (types & kAny) != 0 || ((types & kNumber) != 0 && value.is_number()) ||
         ((types & kString) != 0 && value.is_string()) ||
         ((types & kArray) != 0 && value.is_array()) ||
         ((types & kObject) != 0 && value.is_object()) ||
         ((types & kNumbers) != 0 && all_are(value, JsonValue::Kind::kNumber)) ||
         ((types & kStrings) != 0 && all_are(value, JsonValue::Kind::kString));
}

struct Function {
  std::string_view name;
  Result<JsonValue> (*run)(Arguments, Evaluator&);
  std::vector<unsigned> types;
  bool is_variadic = false;  // one or more of the last
};

const std::vector<Function>& functions() {
  static const std::vector<Function> all = {
      {"abs", do_abs, {kNumber}},
      {"avg", do_avg, {kNumbers}},
      {"ceil", do_ceil, {kNumber}},
      {"contains", do_contains, {kArray | kString, kAny}},
      {"ends_with", do_ends_with, {kString, kString}},
      {"floor", do_floor, {kNumber}},
      {"join", do_join, {kString, kStrings}},
      {"keys", do_keys, {kObject}},
      {"length", do_length, {kString | kArray | kObject}},
      {"map", do_map, {kReference, kArray}},
      {"max", do_max, {kNumbers | kStrings}},
      {"max_by", do_max_by, {kArray, kReference}},
      {"merge", do_merge, {kObject}, true},
      {"min", do_min, {kNumbers | kStrings}},
      {"min_by", do_min_by, {kArray, kReference}},
      {"not_null", do_not_null, {kAny}, true},
      {"reverse", do_reverse, {kArray | kString}},
      {"sort", do_sort, {kStrings | kNumbers}},
      {"sort_by", do_sort_by, {kArray, kReference}},
      {"starts_with", do_starts_with, {kString, kString}},
      {"sum", do_sum, {kNumbers}},
      {"to_array", do_to_array, {kAny}},
      {"to_number", do_to_number, {kAny}},
      {"to_string", do_to_string, {kAny}},
      {"type", do_type, {kAny}},
      {"values", do_values, {kObject}},
  };
  return all;
}

Error call_error(std::string_view name, std::string_view what) {
  return {ErrorCode::kInvalid, std::string(name) + "(): " + std::string(what)};
}

}  // namespace

Result<JsonValue> call_function(std::string_view name, Arguments arguments, Evaluator& evaluator) {
  const auto function = std::ranges::find(functions(), name, &Function::name);
  if (function == functions().end()) return call_error(name, "unknown function");
  const std::size_t wanted = function->types.size();
  if (arguments.size() != wanted && !(function->is_variadic && arguments.size() > wanted)) {
    return call_error(name, "takes " + std::to_string(wanted) + " arguments, got " +
                                std::to_string(arguments.size()));
  }
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (fits(arguments[i], function->types[std::min(i, wanted - 1)])) continue;
    return call_error(name, "argument " + std::to_string(i + 1) + " has the wrong type");
  }
  return function->run(arguments, evaluator);
}

}  // namespace tailrace::jmespath
