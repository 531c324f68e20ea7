// RangeCells: the values of a range aggregation, gathered between the edges of its windows.
//
// The window of point t is (t - range, t], moved back by the offset. The edges of all windows cut
// time into cells; a value falls into one cell and every window is some neighbouring cells:
//
//   step 1, range 2:   edges  0   1   2   3   4
//                      cells    a   b   c   d
//                      windows  [a b]  [b c]  [c d]
//
// So a value is added once, however many windows see it, and values may come in any order.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "logql/ast.h"
#include "logql/metric_value.h"

namespace tailrace::logql {

struct Cell {
  struct Sample {
    std::int64_t timestamp_ns = 0;
    double value = 0;
  };
  std::uint64_t count = 0;
  double a = 0;                   // sum; smallest; largest; mean; first or last value
  double b = 0;                   // sum of squared distances from the mean
  std::int64_t timestamp_ns = 0;  // of first or last
  std::uint64_t order = 0;
  std::vector<Sample> samples;  // only where nothing less will do
};

// How an operation adds a value to a cell, joins cells and reads the outcome.
class CellMath {
 public:
  explicit CellMath(const RangeAggregation& aggregation);
  void add(Cell& cell, std::int64_t timestamp_ns, std::uint64_t order, double value) const;
  // `later` holds other values, by time behind or among those of `into`.
  void join(Cell& into, const Cell& later) const;
  // Of a cell with at least one value.
  double result(Cell& cell) const;
  bool keeps_samples() const noexcept { return kind_ == Kind::kSamples; }

 private:
  enum class Kind : std::uint8_t { kCount, kSum, kMin, kMax, kMoments, kFirst, kLast, kSamples };
  Kind kind_ = Kind::kCount;
  RangeOp op_;
  double parameter_;
  double range_seconds_;
  bool per_second_;
};

class Windows {
 public:
  Windows(const Grid& grid, std::int64_t range_ns, std::int64_t offset_ns);
  std::size_t cells() const noexcept { return edges_.size() - 1; }
  // The cell of a time; nothing if no window has it. Quick for times near those asked for before
  // (`hint`).
  std::optional<std::uint32_t> cell_of(std::int64_t timestamp_ns,
                                       std::uint32_t& hint) const noexcept;
  struct Span {
    std::uint32_t first = 0;
    std::uint32_t end = 0;
  };
  Span window(std::size_t point) const noexcept { return spans_[point]; }
  std::int64_t from_ns() const noexcept { return edges_.front() + 1; }  // of all windows, inclusive
  std::int64_t to_ns() const noexcept { return edges_.back() + 1; }     // exclusive

 private:
  std::vector<std::int64_t> edges_;  // ascending; cell i is (edges_[i], edges_[i + 1]]
  std::vector<Span> spans_;
  std::vector<bool> used_;  // gaps between windows are cells too, but not ours
};

// The cells of one series: those from the first that has something.
class CellRow {
 public:
  Cell& at(std::uint32_t index);
  // Null: nothing is there.
  const Cell* find(std::uint32_t index) const noexcept {
    return index < first_ || index - first_ >= cells_.size() ? nullptr : &cells_[index - first_];
  }
  std::size_t size() const noexcept { return cells_.size(); }
  void join(const CellRow& other, const CellMath& math);
  // The value of every window that has something in it.
  Points points(const Windows& windows, std::size_t count, const CellMath& math) const;

 private:
  std::uint32_t first_ = 0;
  std::vector<Cell> cells_;
};

}  // namespace tailrace::logql
