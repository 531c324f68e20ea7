#include "logql/binary_engine.h"

#include <algorithm>
#include <map>
#include <utility>

#include "logql/binary_math.h"
#include "logql/series_key.h"

namespace tailrace::logql {
namespace {

Labels signature(const Labels& labels, const Binary& binary) {
  Grouping grouping{!binary.on, binary.labels};
  std::sort(grouping.names.begin(), grouping.names.end());
  return grouped(labels, grouping);
}

using BySignature = std::map<Labels, std::vector<std::size_t>>;

BySignature index_of(const Matrix& matrix, const Binary& binary) {
  BySignature out;
  for (std::size_t i = 0; i < matrix.size(); ++i)
    out[signature(matrix[i].labels, binary)].push_back(i);
  return out;
}

bool any_has(const Matrix& matrix, const std::vector<std::size_t>& members, std::size_t k) {
  return std::any_of(members.begin(), members.end(),
                     [&](std::size_t i) { return matrix[i].points.has(k); });
}

// and, unless: points of the left side, by whether the right side has one.
Matrix filtered(const Binary& binary, Matrix left, const Matrix& right, std::size_t count) {
  const BySignature others = index_of(right, binary);
  for (Series& series : left) {
    const auto found = others.find(signature(series.labels, binary));
    for (std::size_t k = 0; k < count; ++k) {
      const bool there = found != others.end() && any_has(right, found->second, k);
      if (there != (binary.op == BinaryOp::kAnd)) series.points.remove(k);
    }
  }
  return left;
}

Matrix either(const Binary& binary, Matrix left, Matrix right, std::size_t count) {
  const BySignature firsts = index_of(left, binary);
  // A series of both sides is one series.
  std::map<Labels, std::size_t> by_labels;
  for (std::size_t i = 0; i < left.size(); ++i) by_labels[left[i].labels] = i;
  const std::size_t left_size = left.size();
  Matrix out = std::move(left);
  for (Series& series : right) {
    const auto found = firsts.find(signature(series.labels, binary));
    const auto [place, is_new] = by_labels.try_emplace(series.labels, out.size());
    if (is_new) out.push_back({series.labels, Points(count)});
    for (std::size_t k = 0; k < count; ++k) {
      if (!series.points.has(k)) continue;
      bool there = false;
      if (found != firsts.end()) {
        there = std::any_of(found->second.begin(), found->second.end(),
                            [&](std::size_t i) { return i < left_size && out[i].points.has(k); });
      }
      if (!there) out[place->second].points.set(k, series.points[k]);
    }
  }
  return out;
}

Labels result_labels(const Labels& many, const Labels& one, const Binary& binary) {
  Labels out = many;
  if (binary.card == Binary::Card::kOneToOne) return signature(many, binary);
  for (const std::string& name : binary.include) {
    const std::string value(one.get(name));
    if (value.empty()) {
      out.erase(name);
    } else {
      out.set(name, value);
    }
  }
  return out;
}

// `many` is the side that may have several series of one signature; for one-to-one it is the left.
class Matching {
 public:
  Matching(const Binary& binary, const Matrix& many, const Matrix& one, std::size_t count)
      : binary_(binary), many_(many), one_(one), count_(count), ones_(index_of(one, binary)) {}

  Result<Matrix> run() {
    TAILRACE_CHECK(check_one_side());
    for (const Series& series : many_) {
      const auto found = ones_.find(signature(series.labels, binary_));
      if (found == ones_.end()) continue;
      for (const std::size_t i : found->second) {
        TAILRACE_CHECK(pair(series, one_[i], found->first));
      }
    }
    Matrix out;
    for (auto& [labels, points] : points_) out.push_back({labels, std::move(points.values)});
    return out;
  }

 private:
  struct Made {
    Points taken;  // points at which a pair was there, whatever came of it
    Points values;
  };

  Result<void> check_one_side() {
    for (const auto& [labels, members] : ones_) {
      if (members.size() < 2) continue;
      for (std::size_t k = 0; k < count_; ++k) {
        const auto has = std::count_if(members.begin(), members.end(),
                                       [&](std::size_t i) { return one_[i].points.has(k); });
        if (has > 1) {
          return Error{ErrorCode::kInvalid,
                       std::string("found duplicate series on the ") +
                           (binary_.card == Binary::Card::kOneToMany ? "left" : "right") +
                           " hand-side;many-to-many matching not allowed: matching labels must be "
                           "unique on one side"};
        }
      }
    }
    return {};
  }

  Result<void> pair(const Series& many, const Series& one, const Labels& matched) {
    const Labels labels = result_labels(many.labels, one.labels, binary_);
    Made& made = points_.try_emplace(labels, Made{Points(count_), Points(count_)}).first->second;
    // One-to-one: a second left series of the same signature is an error even if its labels differ.
    Made& used =
        binary_.card == Binary::Card::kOneToOne
            ? signatures_.try_emplace(matched, Made{Points(count_), Points(0)}).first->second
            : made;
    const bool swapped = binary_.card == Binary::Card::kOneToMany;
    for (std::size_t k = 0; k < count_; ++k) {
      if (!many.points.has(k) || !one.points.has(k)) continue;
      if (used.taken.has(k)) {
        return Error{
            ErrorCode::kInvalid,
            binary_.card == Binary::Card::kOneToOne
                ? "multiple matches for labels: many-to-one matching must be explicit "
                  "(group_left/group_right)"
                : "multiple matches for labels: grouping labels must ensure unique matches"};
      }
      used.taken.set(k, 1);
      const double a = swapped ? one.points[k] : many.points[k];
      const double b = swapped ? many.points[k] : one.points[k];
      if (!is_comparison(binary_.op)) {
        made.values.set(k, calculate(binary_.op, a, b));
      } else if (binary_.returns_bool) {
        made.values.set(k, compare(binary_.op, a, b) ? 1 : 0);
      } else if (compare(binary_.op, a, b)) {
        made.values.set(k, a);
      }
    }
    return {};
  }

  const Binary& binary_;
  const Matrix& many_;
  const Matrix& one_;
  const std::size_t count_;
  const BySignature ones_;
  std::map<Labels, Made> points_;
  std::map<Labels, Made> signatures_;
};

}  // namespace

Matrix with_number(const Binary& binary, Matrix matrix, double number, bool number_is_left) {
  for (Series& series : matrix) {
    for (std::size_t k = 0; k < series.points.size(); ++k) {
      if (!series.points.has(k)) continue;
      const double value = series.points[k];
      const double a = number_is_left ? number : value;
      const double b = number_is_left ? value : number;
      if (!is_comparison(binary.op)) {
        series.points.set(k, calculate(binary.op, a, b));
      } else if (binary.returns_bool) {
        series.points.set(k, compare(binary.op, a, b) ? 1 : 0);
      } else if (!compare(binary.op, a, b)) {
        series.points.remove(k);
      }
    }
  }
  return matrix;
}

Result<Matrix> with_matrix(const Binary& binary, Matrix left, Matrix right, std::size_t count) {
  if (binary.op == BinaryOp::kAnd || binary.op == BinaryOp::kUnless)
    return filtered(binary, std::move(left), right, count);
  if (binary.op == BinaryOp::kOr) return either(binary, std::move(left), std::move(right), count);
  const bool swapped = binary.card == Binary::Card::kOneToMany;
  return Matching(binary, swapped ? right : left, swapped ? left : right, count).run();
}

}  // namespace tailrace::logql
