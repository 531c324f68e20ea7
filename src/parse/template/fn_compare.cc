// eq, ne, lt, le, gt, ge: only values of the same basic kind can be compared.
#include "parse/template/functions.h"

namespace tailrace::tmpl {
namespace {

enum class Basic : std::uint8_t { kNone, kBool, kInt, kByte, kFloat, kString };

Basic basic_of(const Value& value) {
  switch (value.kind) {
    case Kind::kBool:
      return Basic::kBool;
    case Kind::kInt:
    case Kind::kInt64:
      return Basic::kInt;
    case Kind::kByte:
      return Basic::kByte;
    case Kind::kFloat:
      return Basic::kFloat;
    case Kind::kString:
      return Basic::kString;
    default:
      return Basic::kNone;
  }
}

bool are_integers(Basic a, Basic b) {
  const auto is_integer = [](Basic x) { return x == Basic::kInt || x == Basic::kByte; };
  return is_integer(a) && is_integer(b);
}

Result<bool> is_equal(const Value& a, const Value& b) {
  const Basic kind = basic_of(a);
  if (are_integers(kind, basic_of(b))) return a.integer == b.integer;
  if (kind != basic_of(b)) {
    if (a.is_nil() || b.is_nil()) return false;
    return call_error("incompatible types for comparison");
  }
  switch (kind) {
    case Basic::kBool:
      return a.boolean == b.boolean;
    case Basic::kFloat:
      return a.number == b.number;
    case Basic::kString:
      return a.text() == b.text();
    default:
      break;
  }
  const auto is_nothing = [](const Value& value) { return value.is_nil() || value.is_null_list; };
  if (is_nothing(a) || is_nothing(b)) return is_nothing(a) == is_nothing(b);
  if (a.is_list() || a.is_map() || b.is_list() || b.is_map()) {
    const Value& culprit = a.is_list() || a.is_map() ? a : b;
    return call_error("non-comparable type " + value_text(culprit) + ": " +
                      std::string(type_name(culprit)));
  }
  return deep_equal(a, b);
}

Result<bool> is_less(const Value& a, const Value& b) {
  const Basic kind = basic_of(a);
  if (kind == Basic::kNone || basic_of(b) == Basic::kNone)
    return call_error("invalid type for comparison");
  if (are_integers(kind, basic_of(b))) return a.integer < b.integer;
  if (kind != basic_of(b)) return call_error("incompatible types for comparison");
  if (kind == Basic::kFloat) return a.number < b.number;
  if (kind == Basic::kString) return a.text() < b.text();
  return call_error("invalid type for comparison");
}

Result<Value> do_eq(Call& call) {
  if (call.count() == 1) return call_error("missing argument for comparison");
  for (const Value& other : call.args.subspan(1)) {
    TAILRACE_TRY(const bool equal, is_equal(call[0], other));
    if (equal) return Value::of_bool(true);
  }
  return Value::of_bool(false);
}
Result<Value> do_ne(Call& call) {
  TAILRACE_TRY(const bool equal, is_equal(call[0], call[1]));
  return Value::of_bool(!equal);
}
Result<Value> do_lt(Call& call) {
  TAILRACE_TRY(const bool less, is_less(call[0], call[1]));
  return Value::of_bool(less);
}
Result<Value> do_le(Call& call) {
  TAILRACE_TRY(const bool less, is_less(call[0], call[1]));
  if (less) return Value::of_bool(true);
  return do_eq(call);
}
// As Go has it: not less or equal, which for NaN is true.
Result<Value> do_gt(Call& call) {
  TAILRACE_TRY(const Value less_or_equal, do_le(call));
  return Value::of_bool(!less_or_equal.boolean);
}
Result<Value> do_ge(Call& call) {
  TAILRACE_TRY(const bool less, is_less(call[0], call[1]));
  return Value::of_bool(!less);
}

constexpr Function kFunctions[] = {
    {"eq", "aa*", do_eq}, {"ge", "aa", do_ge}, {"gt", "aa", do_gt},
    {"le", "aa", do_le},  {"lt", "aa", do_lt}, {"ne", "aa", do_ne},
};

}  // namespace

std::span<const Function> compare_functions() { return kFunctions; }

}  // namespace tailrace::tmpl
