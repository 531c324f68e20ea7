// Operators between series and numbers, and between series.
#pragma once

#include "base/result.h"
#include "logql/ast.h"
#include "logql/metric_value.h"

namespace tailrace::logql {

// A comparison without `bool` keeps the points for which it holds.
Matrix with_number(const Binary& binary, Matrix matrix, double number, bool number_is_left);

// kInvalid: several series on one side that would have to be told apart.
Result<Matrix> with_matrix(const Binary& binary, Matrix left, Matrix right, std::size_t count);

}  // namespace tailrace::logql
