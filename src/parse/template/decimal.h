// Exact decimal arithmetic for addf, subf, mulf, divf: 0.1 + 0.2 is 0.3 there. Numbers that need
// more than 38 digits fall back to double.
#pragma once

#include <cstdint>

namespace tailrace::tmpl {

enum class DecimalOp : std::uint8_t { kAdd, kSubtract, kMultiply, kDivide };

__extension__ using Wide = __int128;

// coefficient * 10^exponent
struct Decimal {
  Wide coefficient = 0;
  int exponent = 0;
  bool is_exact = true;
  double rounded = 0;  // the value if not exact

  static Decimal of(double value);
  double value() const;
};

Decimal compute(const Decimal& a, const Decimal& b, DecimalOp op);

}  // namespace tailrace::tmpl
