// What an operator does to two numbers.
#pragma once

#include <cmath>
#include <limits>

#include "logql/ast.h"

namespace tailrace::logql {

inline bool compare(BinaryOp op, double a, double b) noexcept {
  switch (op) {
    case BinaryOp::kEqual:
      return a == b;
    case BinaryOp::kNotEqual:
      return a != b;
    case BinaryOp::kGreater:
      return a > b;
    case BinaryOp::kGreaterOrEqual:
      return a >= b;
    case BinaryOp::kLess:
      return a < b;
    case BinaryOp::kLessOrEqual:
      return a <= b;
    default:
      return false;
  }
}

// Division and remainder by zero are NaN, as in Loki (Prometheus has infinities there).
inline double calculate(BinaryOp op, double a, double b) noexcept {
  switch (op) {
    case BinaryOp::kAdd:
      return a + b;
    case BinaryOp::kSubtract:
      return a - b;
    case BinaryOp::kMultiply:
      return a * b;
    case BinaryOp::kDivide:
      return b == 0 ? std::numeric_limits<double>::quiet_NaN() : a / b;
    case BinaryOp::kModulo:
      return b == 0 ? std::numeric_limits<double>::quiet_NaN() : std::fmod(a, b);
    case BinaryOp::kPower:
      return std::pow(a, b);
    default:
      return std::numeric_limits<double>::quiet_NaN();
  }
}

// Two literals: a comparison gives 1 or 0.
inline double apply_to_numbers(BinaryOp op, double a, double b) noexcept {
  return is_comparison(op) ? (compare(op, a, b) ? 1.0 : 0.0) : calculate(op, a, b);
}

}  // namespace tailrace::logql
