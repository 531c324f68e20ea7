// Numbers. Integer functions turn everything into int64 (and wrap around as Go does), the ...f
// functions into float64 and compute in decimal.
#include <algorithm>
#include <cmath>

#include "parse/go_number.h"
#include "parse/template/decimal.h"
#include "parse/template/strings.h"

namespace tailrace::tmpl {
namespace {

Value int64_of(std::int64_t value) { return Value::of_int(value, Kind::kInt64); }

std::int64_t wrapped(std::uint64_t value) { return static_cast<std::int64_t>(value); }
std::uint64_t bits(std::int64_t value) { return static_cast<std::uint64_t>(value); }

Result<Value> do_add(Call& call) {
  std::uint64_t sum = 0;
  for (const Value& value : call.args) sum += bits(to_int64(value));
  return int64_of(wrapped(sum));
}
Result<Value> do_add1(Call& call) { return int64_of(wrapped(bits(to_int64(call[0])) + 1)); }
Result<Value> do_sub(Call& call) {
  return int64_of(wrapped(bits(to_int64(call[0])) - bits(to_int64(call[1]))));
}
Result<Value> do_mul(Call& call) {
  std::uint64_t product = bits(to_int64(call[0]));
  for (const Value& value : call.args.subspan(1)) product *= bits(to_int64(value));
  return int64_of(wrapped(product));
}
Result<Value> do_div(Call& call) {
  const std::int64_t by = to_int64(call[1]);
  if (by == 0) return call_error("runtime error: integer divide by zero");
  if (by == -1) return int64_of(wrapped(0 - bits(to_int64(call[0]))));
  return int64_of(to_int64(call[0]) / by);
}
Result<Value> do_mod(Call& call) {
  const std::int64_t by = to_int64(call[1]);
  if (by == 0) return call_error("runtime error: integer divide by zero");
  return int64_of(by == -1 ? 0 : to_int64(call[0]) % by);
}

Result<Value> do_max(Call& call) {
  std::int64_t best = to_int64(call[0]);
  for (const Value& value : call.args) best = std::max(best, to_int64(value));
  return int64_of(best);
}
Result<Value> do_min(Call& call) {
  std::int64_t best = to_int64(call[0]);
  for (const Value& value : call.args) best = std::min(best, to_int64(value));
  return int64_of(best);
}
Result<Value> do_maxf(Call& call) {
  double best = to_float64(call[0]);
  for (const Value& value : call.args) {
    const double other = to_float64(value);
    best = std::isnan(best) || std::isnan(other) ? std::nan("") : std::max(best, other);
  }
  return Value::of_float(best);
}
Result<Value> do_minf(Call& call) {
  double best = to_float64(call[0]);
  for (const Value& value : call.args) {
    const double other = to_float64(value);
    best = std::isnan(best) || std::isnan(other) ? std::nan("") : std::min(best, other);
  }
  return Value::of_float(best);
}

Result<Value> fold(Decimal value, std::span<const Value> others, DecimalOp op) {
  if (!value.is_exact)
    return call_error("Cannot create a Decimal from " +
                      std::string(value.rounded != value.rounded ? "NaN" : "Inf"));
  for (const Value& other : others) {
    const Decimal operand = Decimal::of(to_float64(other));
    if (op == DecimalOp::kDivide && operand.is_exact && operand.coefficient == 0) {
      return call_error("decimal division by 0");
    }
    value = compute(value, operand, op);
  }
  return Value::of_float(value.value());
}
Result<Value> fold_all(Call& call, DecimalOp op) {
  return fold(Decimal::of(to_float64(call[0])), call.args.subspan(1), op);
}
Result<Value> do_addf(Call& call) { return fold(Decimal(), call.args, DecimalOp::kAdd); }
Result<Value> do_add1f(Call& call) { return fold(Decimal::of(1), call.args, DecimalOp::kAdd); }
Result<Value> do_subf(Call& call) { return fold_all(call, DecimalOp::kSubtract); }
Result<Value> do_mulf(Call& call) { return fold_all(call, DecimalOp::kMultiply); }
Result<Value> do_divf(Call& call) { return fold_all(call, DecimalOp::kDivide); }

Result<Value> do_ceil(Call& call) { return Value::of_float(std::ceil(to_float64(call[0]))); }
Result<Value> do_floor(Call& call) { return Value::of_float(std::floor(to_float64(call[0]))); }
Result<Value> do_round(Call& call) {
  const double limit = call.count() > 2 ? call[2].number : 0.5;
  const double power = std::pow(10, static_cast<double>(call.integer(1)));
  const double scaled = power * to_float64(call[0]);
  double whole = 0;
  const double fraction = std::modf(scaled, &whole);
  return Value::of_float((fraction >= limit ? std::ceil(scaled) : std::floor(scaled)) / power);
}

Result<Value> do_int(Call& call) { return Value::of_int(to_int64(call[0])); }
Result<Value> do_int64(Call& call) { return int64_of(to_int64(call[0])); }
Result<Value> do_float64(Call& call) { return Value::of_float(to_float64(call[0])); }
Result<Value> do_atoi(Call& call) {
  return Value::of_int(parse_go_int(call.text(0), 10).value_or(0));
}
Result<Value> do_to_decimal(Call& call) {
  return int64_of(parse_go_int(value_text(call[0]), 8).value_or(0));
}

// The integers from `start` to before `stop`.
Result<List> steps(Call& call, std::int64_t start, std::int64_t stop, std::int64_t step) {
  List out;
  const bool is_empty = stop < start ? step >= 0 : step <= 0;
  if (is_empty) return out;
  for (std::int64_t i = start; stop < start ? i > stop : i < stop;) {
    if (out.size() * sizeof(Value) > call.run.bytes_max) return call_error("the list is too long");
    out.push_back(Value::of_int(i));
    if (__builtin_add_overflow(i, step, &i)) break;
  }
  return out;
}
Result<Value> do_until(Call& call) {
  const std::int64_t count = call.integer(0);
  TAILRACE_TRY(List out, steps(call, 0, count, count < 0 ? -1 : 1));
  return call.run.heap.list(std::move(out), Kind::kInt);
}
Result<Value> do_until_step(Call& call) {
  TAILRACE_TRY(List out, steps(call, call.integer(0), call.integer(1), call.integer(2)));
  return call.run.heap.list(std::move(out), Kind::kInt);
}

// Like the shell's seq: 1 to last, first to last, or first, step, last; both ends count.
Result<Value> do_seq(Call& call) {
  if (call.count() == 0 || call.count() > 3) return Value::of_text("");
  const std::int64_t start = call.count() == 1 ? 1 : call.integer(0);
  const std::int64_t last = call.integer(call.count() - 1);
  const std::int64_t direction = last < start ? -1 : 1;
  const std::int64_t step = call.count() == 3 ? call.integer(1) : direction;
  if (call.count() == 3 && last < start && step > 0) return Value::of_text("");
  TAILRACE_TRY(const List numbers, steps(call, start, wrapped(bits(last) + bits(direction)), step));
  std::string out;
  for (const Value& number : numbers) {
    if (!out.empty()) out += ' ';
    append_value(out, number);
  }
  return call.give(out);
}

constexpr Function kFunctions[] = {
    {"add", "a*", do_add},
    {"add1", "a", do_add1},
    {"add1f", "a", do_add1f},
    {"addf", "a*", do_addf},
    {"atoi", "s", do_atoi},
    {"biggest", "aa*", do_max},
    {"ceil", "a", do_ceil},
    {"div", "aa", do_div},
    {"divf", "aa*", do_divf},
    {"float64", "a", do_float64},
    {"floor", "a", do_floor},
    {"int", "a", do_int},
    {"int64", "a", do_int64},
    {"max", "aa*", do_max},
    {"maxf", "aa*", do_maxf},
    {"min", "aa*", do_min},
    {"minf", "aa*", do_minf},
    {"mod", "aa", do_mod},
    {"mul", "aa*", do_mul},
    {"mulf", "aa*", do_mulf},
    {"round", "aif*", do_round},
    {"seq", "i*", do_seq},
    {"sub", "aa", do_sub},
    {"subf", "aa*", do_subf},
    {"toDecimal", "a", do_to_decimal},
    {"until", "i", do_until},
    {"untilStep", "iii", do_until_step},
};

}  // namespace

std::span<const Function> number_functions() { return kFunctions; }

}  // namespace tailrace::tmpl
