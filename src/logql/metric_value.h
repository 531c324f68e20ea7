// What metric queries are made of and give: series over a grid of points in time.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "model/labels.h"

namespace tailrace::logql {

// Points start_ns + k * step_ns, k in [0, count).
struct Grid {
  std::int64_t start_ns = 0;
  std::int64_t step_ns = 1;
  std::size_t count = 1;
  std::int64_t at(std::size_t index) const noexcept {
    return start_ns + static_cast<std::int64_t>(index) * step_ns;
  }
};

// A value, or none, for each point.
class Points {
 public:
  explicit Points(std::size_t count = 0) : values_(count), present_(count) {}
  bool has(std::size_t index) const { return present_[index]; }
  double operator[](std::size_t index) const { return values_[index]; }
  void set(std::size_t index, double value) {
    values_[index] = value;
    present_[index] = true;
  }
  void remove(std::size_t index) { present_[index] = false; }
  std::size_t size() const noexcept { return values_.size(); }
  bool empty() const {
    for (const bool each : present_) {
      if (each) return false;
    }
    return true;
  }

 private:
  std::vector<double> values_;
  std::vector<bool> present_;
};

struct Series {
  Labels labels;
  Points points;
};
using Matrix = std::vector<Series>;

}  // namespace tailrace::logql
