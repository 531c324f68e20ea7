#include "parse/template/decimal.h"

#include <charconv>
#include <cmath>
#include <string>
#include <string_view>

namespace tailrace::tmpl {
namespace {

constexpr int kQuotientPlaces = 16;

// Multiplies by 10^count; false if it does not fit.
bool shift_up(Wide& value, int count) {
  if (count > 38) return value == 0;
  for (int i = 0; i < count; ++i) {
    if (__builtin_mul_overflow(value, 10, &value)) return false;
  }
  return true;
}

Decimal inexact(double value) { return {.is_exact = false, .rounded = value}; }

double compute_double(double a, double b, DecimalOp op) {
  switch (op) {
    case DecimalOp::kAdd:
      return a + b;
    case DecimalOp::kSubtract:
      return a - b;
    case DecimalOp::kMultiply:
      return a * b;
    case DecimalOp::kDivide:
      return a / b;
  }
  return 0;
}

// a / b, rounded half away from zero at the sixteenth place behind the point.
bool divide(const Decimal& a, const Decimal& b, Decimal& out) {
  Wide numerator = a.coefficient;
  Wide denominator = b.coefficient;
  const int places = kQuotientPlaces + a.exponent - b.exponent;
  if (places >= 0 ? !shift_up(numerator, places) : !shift_up(denominator, -places)) return false;
  const Wide quotient = numerator / denominator;
  const Wide rest = numerator % denominator;
  const Wide magnitude = denominator < 0 ? -denominator : denominator;
  const Wide rest_magnitude = rest < 0 ? -rest : rest;
  const bool rounds = rest_magnitude >= magnitude - rest_magnitude;
  const bool is_negative = (numerator < 0) != (denominator < 0);
  out.coefficient = quotient + (rounds ? (is_negative ? -1 : 1) : 0);
  out.exponent = -kQuotientPlaces;
  return true;
}

}  // namespace

Decimal Decimal::of(double value) {
  if (!std::isfinite(value)) return inexact(value);
  char buffer[64];
  const auto end =
      std::to_chars(buffer, buffer + sizeof(buffer), value, std::chars_format::scientific).ptr;
  const std::string_view text(buffer, static_cast<std::size_t>(end - buffer));
  const std::size_t e = text.find('e');
  Decimal out;
  std::string_view exponent = text.substr(e + 1);
  if (exponent.starts_with('+')) exponent.remove_prefix(1);
  std::from_chars(exponent.data(), exponent.data() + exponent.size(), out.exponent);
  bool behind_point = false;
  for (const char c : text.substr(0, e)) {
    if (c == '.') behind_point = true;
    if (c < '0' || c > '9') continue;
    out.coefficient = out.coefficient * 10 + (c - '0');
    if (behind_point) --out.exponent;
  }
  if (text.starts_with('-')) out.coefficient = -out.coefficient;
  return out;
}

double Decimal::value() const {
  if (!is_exact) return rounded;
  if (coefficient == 0) return 0;
  std::string digits;
  Wide left = coefficient < 0 ? -coefficient : coefficient;
  for (; left > 0; left /= 10)
    digits.insert(digits.begin(), static_cast<char>('0' + static_cast<int>(left % 10)));
  digits += "e" + std::to_string(exponent);
  double out = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), out);
  return coefficient < 0 ? -out : out;
}

Decimal compute(const Decimal& a, const Decimal& b, DecimalOp op) {
  const auto fall_back = [&] { return inexact(compute_double(a.value(), b.value(), op)); };
  if (!a.is_exact || !b.is_exact) return fall_back();
  Decimal out;
  if (op == DecimalOp::kMultiply) {
    if (__builtin_mul_overflow(a.coefficient, b.coefficient, &out.coefficient)) return fall_back();
    out.exponent = a.exponent + b.exponent;
    return out;
  }
  if (op == DecimalOp::kDivide) {
    if (!divide(a, b, out)) return fall_back();
    return out;
  }
  Wide left = a.coefficient;
  Wide right = b.coefficient;
  out.exponent = a.exponent < b.exponent ? a.exponent : b.exponent;
  if (!shift_up(left, a.exponent - out.exponent) || !shift_up(right, b.exponent - out.exponent))
    return fall_back();
  const bool overflows = op == DecimalOp::kAdd
                             ? __builtin_add_overflow(left, right, &out.coefficient)
                             : __builtin_sub_overflow(left, right, &out.coefficient);
  return overflows ? fall_back() : out;
}

}  // namespace tailrace::tmpl
