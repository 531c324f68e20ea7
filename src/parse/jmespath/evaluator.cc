#include "parse/jmespath/evaluator.h"

#include <algorithm>

#include "parse/json/build.h"

namespace tailrace::jmespath {
namespace {

// Nested projections multiply; no expression over a log line needs more.
constexpr std::size_t kStepsMax = 10'000'000;

JsonValue index_of(const JsonValue& value, std::int64_t index) {
  if (!value.is_array()) return {};
  const auto size = static_cast<std::int64_t>(value.items().size());
  if (index < 0) index += size;
  return index >= 0 && index < size ? value.items()[static_cast<std::size_t>(index)] : JsonValue();
}

// A bound of a slice, brought into the range that `step` walks.
std::int64_t clamp_bound(std::int64_t bound, std::int64_t size, std::int64_t step) {
  if (bound < 0) {
    bound += size;
    if (bound < 0) return step < 0 ? -1 : 0;
  } else if (bound >= size) {
    return step < 0 ? size - 1 : size;
  }
  return bound;
}

}  // namespace

bool is_true(const JsonValue& value) {
  switch (value.kind()) {
    case JsonValue::Kind::kNull:
      return false;
    case JsonValue::Kind::kBool:
      return value.boolean();
    case JsonValue::Kind::kNumber:
      return true;
    case JsonValue::Kind::kString:
      return !value.text().empty();
    case JsonValue::Kind::kArray:
      return !value.items().empty();
    case JsonValue::Kind::kObject:
      return !value.members().empty();
  }
  return false;
}

Result<JsonValue> Evaluator::evaluate(const Node& node, const JsonValue& current) {
  if (++steps_ > kStepsMax)
    return Error{ErrorCode::kInvalid, "the expression takes too many steps on this line"};
  switch (node.op) {
    case Op::kIdentity:
      return current;
    case Op::kField: {
      const JsonValue* found = current.find(node.name);
      return found == nullptr ? JsonValue() : *found;
    }
    case Op::kIndex:
      return index_of(current, node.index);
    case Op::kSlice:
      return slice(node, current);
    case Op::kLiteral:
      return node.literal;
    case Op::kReference:
      return JsonValue();  // means something only as an argument
    case Op::kSubexpression: {
      TAILRACE_TRY(const JsonValue left, evaluate(*node.children[0], current));
      return evaluate(*node.children[1], left);
    }
    case Op::kProjection: {
      TAILRACE_TRY(const JsonValue left, evaluate(*node.children[0], current));
      if (!left.is_array()) return JsonValue();
      return project(node, left.items());
    }
    // In these three a left side that fails is one that is not there, as in Promtail's library.
    case Op::kFilter: {
      const JsonValue left = evaluate(*node.children[0], current).value_or({});
      if (!left.is_array()) return JsonValue();
      return project(node, left.items());
    }
    case Op::kValueProjection: {
      const JsonValue left = evaluate(*node.children[0], current).value_or({});
      if (!left.is_object()) return JsonValue();
      std::vector<JsonValue> values;
      std::ranges::transform(left.members(), std::back_inserter(values), &JsonMember::value);
      return project(node, values);
    }
    case Op::kFlatten: {
      const JsonValue left = evaluate(*node.children[0], current).value_or({});
      return left.is_array() ? flatten(left) : JsonValue();
    }
    case Op::kOr: {
      TAILRACE_TRY(const JsonValue left, evaluate(*node.children[0], current));
      if (is_true(left)) return left;
      return evaluate(*node.children[1], current);
    }
    case Op::kAnd: {
      TAILRACE_TRY(const JsonValue left, evaluate(*node.children[0], current));
      if (!is_true(left)) return left;
      return evaluate(*node.children[1], current);
    }
    case Op::kNot: {
      TAILRACE_TRY(const JsonValue value, evaluate(*node.children[0], current));
      return JsonValue::of_bool(!is_true(value));
    }
    case Op::kEqual:
    case Op::kNotEqual:
    case Op::kLess:
    case Op::kLessEqual:
    case Op::kGreater:
    case Op::kGreaterEqual:
      return compare(node, current);
    case Op::kList:
      return list(node, current);
    case Op::kHash:
      return hash(node, current);
    case Op::kFunction:
      return call(node, current);
  }
  return JsonValue();
}

// The results for all items, without nulls.
Result<JsonValue> Evaluator::project(const Node& node, std::span<const JsonValue> items) {
  std::vector<JsonValue> results;
  for (const JsonValue& item : items) {
    if (node.op == Op::kFilter) {
      TAILRACE_TRY(const JsonValue holds, evaluate(*node.children[2], item));
      if (!is_true(holds)) continue;
    }
    TAILRACE_TRY(const JsonValue result, evaluate(*node.children[1], item));
    if (!result.is_null()) results.push_back(result);
  }
  return json::array_of(arena_, results);
}

Result<JsonValue> Evaluator::list(const Node& node, const JsonValue& current) {
  if (current.is_null()) return JsonValue();
  std::vector<JsonValue> items;
  for (const NodePtr& child : node.children) {
    TAILRACE_TRY(const JsonValue item, evaluate(*child, current));
    items.push_back(item);
  }
  return json::array_of(arena_, items);
}

Result<JsonValue> Evaluator::hash(const Node& node, const JsonValue& current) {
  if (current.is_null()) return JsonValue();
  std::vector<JsonMember> members;
  for (std::size_t i = 0; i < node.children.size(); ++i) {
    TAILRACE_TRY(const JsonValue value, evaluate(*node.children[i], current));
    members.push_back({node.keys[i], value});
  }
  return json::object_of(arena_, members);
}

Result<JsonValue> Evaluator::call(const Node& node, const JsonValue& current) {
  std::vector<Argument> arguments;
  for (const NodePtr& child : node.children) {
    if (child->op == Op::kReference) {
      arguments.push_back({{}, child->children[0].get()});
      continue;
    }
    TAILRACE_TRY(const JsonValue value, evaluate(*child, current));
    arguments.push_back({value, nullptr});
  }
  return call_function(node.name, arguments, *this);
}

Result<JsonValue> Evaluator::compare(const Node& node, const JsonValue& current) {
  TAILRACE_TRY(const JsonValue left, evaluate(*node.children[0], current));
  TAILRACE_TRY(const JsonValue right, evaluate(*node.children[1], current));
  if (node.op == Op::kEqual) return JsonValue::of_bool(left == right);
  if (node.op == Op::kNotEqual) return JsonValue::of_bool(!(left == right));
  if (!left.is_number() || !right.is_number()) return JsonValue();
  const double a = left.number();
  const double b = right.number();
  switch (node.op) {
    case Op::kLess:
      return JsonValue::of_bool(a < b);
    case Op::kLessEqual:
      return JsonValue::of_bool(a <= b);
    case Op::kGreater:
      return JsonValue::of_bool(a > b);
    default:
      return JsonValue::of_bool(a >= b);
  }
}

Result<JsonValue> Evaluator::slice(const Node& node, const JsonValue& current) {
  if (!current.is_array()) return JsonValue();
  const std::int64_t step = node.slice[2].value_or(1);
  if (step == 0) return Error{ErrorCode::kInvalid, "the step of a slice cannot be 0"};
  const auto size = static_cast<std::int64_t>(current.items().size());
  const std::int64_t first = step < 0 ? size - 1 : 0;
  const std::int64_t last = step < 0 ? -1 : size;
  std::int64_t at = node.slice[0] ? clamp_bound(*node.slice[0], size, step) : first;
  const std::int64_t stop = node.slice[1] ? clamp_bound(*node.slice[1], size, step) : last;
  std::vector<JsonValue> items;
  while (step > 0 ? at < stop : at > stop) {
    items.push_back(current.items()[static_cast<std::size_t>(at)]);
    if (__builtin_add_overflow(at, step, &at)) break;
  }
  return json::array_of(arena_, items);
}

JsonValue Evaluator::flatten(const JsonValue& array) {
  std::vector<JsonValue> items;
  for (const JsonValue& item : array.items()) {
    if (item.is_array()) {
      items.insert(items.end(), item.items().begin(), item.items().end());
    } else {
      items.push_back(item);
    }
  }
  return json::array_of(arena_, items);
}

Result<JsonValue> evaluate(const Node& root, const JsonValue& document, Arena& arena) {
  return Evaluator(arena).evaluate(root, document);
}

}  // namespace tailrace::jmespath
