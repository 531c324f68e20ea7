#include "logql/range_cells.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>

#include "base/clock.h"

namespace tailrace::logql {
namespace {

double quantile(double q, std::vector<Cell::Sample>& samples) {
  if (samples.empty()) return std::numeric_limits<double>::quiet_NaN();
  if (q < 0) return -std::numeric_limits<double>::infinity();
  if (q > 1) return std::numeric_limits<double>::infinity();
  // NaN stands first, as in Prometheus.
  std::sort(samples.begin(), samples.end(), [](const Cell::Sample& a, const Cell::Sample& b) {
    return std::isnan(a.value) ? !std::isnan(b.value) : a.value < b.value;
  });
  const auto n = static_cast<double>(samples.size());
  const double rank = q * (n - 1);
  const double lower = std::max(0.0, std::floor(rank));
  const double upper = std::min(n - 1, lower + 1);
  const double weight = rank - std::floor(rank);
  return samples[static_cast<std::size_t>(lower)].value * (1 - weight) +
         samples[static_cast<std::size_t>(upper)].value * weight;
}

// Prometheus' extrapolated rate, with the mixture of units that Loki feeds it: times in ns, the
// range in ms.
double counter_rate(std::vector<Cell::Sample>& samples, double range_seconds) {
  if (samples.size() < 2) return 0;
  std::stable_sort(
      samples.begin(), samples.end(),
      [](const Cell::Sample& a, const Cell::Sample& b) { return a.timestamp_ns < b.timestamp_ns; });
  double value = samples.back().value - samples.front().value;
  double last = 0;
  for (const Cell::Sample& sample : samples) {
    if (sample.value < last) value += last;
    last = sample.value;
  }
  double to_start = range_seconds;
  const double to_end = 0;
  const double interval =
      static_cast<double>(samples.back().timestamp_ns - samples.front().timestamp_ns) / 1000;
  const double average = interval / static_cast<double>(samples.size() - 1);
  if (value > 0 && samples.front().value >= 0)
    to_start = std::min(to_start, interval * (samples.front().value / value));
  const double threshold = average * 1.1;
  double extended = interval;
  extended += to_start < threshold ? to_start : average / 2;
  extended += to_end < threshold ? to_end : average / 2;
  return value * (extended / interval) / range_seconds;
}

bool is_before(const Cell& a, const Cell& b) {
  return std::tie(a.timestamp_ns, a.order) < std::tie(b.timestamp_ns, b.order);
}

}  // namespace

CellMath::CellMath(const RangeAggregation& aggregation)
    : op_(aggregation.op),
      parameter_(aggregation.parameter.value_or(0)),
      range_seconds_(static_cast<double>(aggregation.range_ns) / static_cast<double>(kNsPerSecond)),
      per_second_(op_ == RangeOp::kRate || op_ == RangeOp::kBytesRate) {
  switch (op_) {
    case RangeOp::kCount:
    case RangeOp::kAbsent:
      kind_ = Kind::kCount;
      break;
    case RangeOp::kRate:
      kind_ = aggregation.unwrap ? Kind::kSum : Kind::kCount;
      break;
    case RangeOp::kBytes:
    case RangeOp::kBytesRate:
    case RangeOp::kSum:
    case RangeOp::kAvg:
      kind_ = Kind::kSum;
      break;
    case RangeOp::kMin:
      kind_ = Kind::kMin;
      break;
    case RangeOp::kMax:
      kind_ = Kind::kMax;
      break;
    case RangeOp::kFirst:
      kind_ = Kind::kFirst;
      break;
    case RangeOp::kLast:
      kind_ = Kind::kLast;
      break;
    case RangeOp::kStddev:
    case RangeOp::kStdvar:
      kind_ = Kind::kMoments;
      break;
    case RangeOp::kQuantile:
    case RangeOp::kRateCounter:
      kind_ = Kind::kSamples;
      break;
  }
}

void CellMath::add(Cell& cell, std::int64_t timestamp_ns, std::uint64_t order, double value) const {
  if (kind_ == Kind::kSamples) {
    ++cell.count;
    cell.samples.push_back({timestamp_ns, value});
    return;
  }
  Cell one;
  one.count = 1;
  one.a = value;
  one.timestamp_ns = timestamp_ns;
  one.order = order;
  join(cell, one);
}

void CellMath::join(Cell& into, const Cell& later) const {
  if (later.count == 0) return;
  if (into.count == 0) {
    into = later;
    return;
  }
  switch (kind_) {
    case Kind::kCount:
      break;
    case Kind::kSum:
      into.a += later.a;
      break;
    case Kind::kMin:
      if (later.a < into.a || std::isnan(into.a)) into.a = later.a;
      break;
    case Kind::kMax:
      if (later.a > into.a || std::isnan(into.a)) into.a = later.a;
      break;
    case Kind::kMoments: {
      const auto n = static_cast<double>(into.count);
      const auto m = static_cast<double>(later.count);
      const double distance = later.a - into.a;
      into.b += later.b + distance * distance * n * m / (n + m);
      into.a += distance * m / (n + m);
      break;
    }
    case Kind::kFirst:
    case Kind::kLast:
      if (is_before(later, into) == (kind_ == Kind::kFirst)) {
        into.a = later.a;
        into.timestamp_ns = later.timestamp_ns;
        into.order = later.order;
      }
      break;
    case Kind::kSamples:
      into.samples.insert(into.samples.end(), later.samples.begin(), later.samples.end());
      break;
  }
  into.count += later.count;
}

double CellMath::result(Cell& cell) const {
  const auto count = static_cast<double>(cell.count);
  switch (kind_) {
    case Kind::kCount:
      return op_ == RangeOp::kAbsent ? 1 : per_second_ ? count / range_seconds_ : count;
    case Kind::kSum:
      if (op_ == RangeOp::kAvg) return cell.a / count;
      return per_second_ ? cell.a / range_seconds_ : cell.a;
    case Kind::kMin:
    case Kind::kMax:
    case Kind::kFirst:
    case Kind::kLast:
      return cell.a;
    case Kind::kMoments: {
      const double variance = cell.b / count;
      return op_ == RangeOp::kStddev ? std::sqrt(variance) : variance;
    }
    case Kind::kSamples:
      return op_ == RangeOp::kQuantile ? quantile(parameter_, cell.samples)
                                       : counter_rate(cell.samples, range_seconds_);
  }
  return 0;
}

Windows::Windows(const Grid& grid, std::int64_t range_ns, std::int64_t offset_ns) {
  for (std::size_t k = 0; k < grid.count; ++k) {
    const std::int64_t end = grid.at(k) - offset_ns;
    edges_.push_back(end - range_ns);
    edges_.push_back(end);
  }
  std::sort(edges_.begin(), edges_.end());
  edges_.erase(std::unique(edges_.begin(), edges_.end()), edges_.end());
  used_.resize(cells());
  const auto index_of = [&](std::int64_t edge) {
    return static_cast<std::uint32_t>(std::lower_bound(edges_.begin(), edges_.end(), edge) -
                                      edges_.begin());
  };
  for (std::size_t k = 0; k < grid.count; ++k) {
    const std::int64_t end = grid.at(k) - offset_ns;
    const Span span{index_of(end - range_ns), index_of(end)};
    // Windows overlap: only what the one before did not mark.
    const std::uint32_t marked = spans_.empty() ? 0 : spans_.back().end;
    for (std::uint32_t cell = std::max(span.first, marked); cell < span.end; ++cell)
      used_[cell] = true;
    spans_.push_back(span);
  }
}

std::optional<std::uint32_t> Windows::cell_of(std::int64_t timestamp_ns,
                                              std::uint32_t& hint) const noexcept {
  const bool near =
      hint < cells() && edges_[hint] < timestamp_ns && timestamp_ns <= edges_[hint + 1];
  if (!near) {
    if (timestamp_ns <= edges_.front() || timestamp_ns > edges_.back()) return std::nullopt;
    hint = static_cast<std::uint32_t>(std::lower_bound(edges_.begin(), edges_.end(), timestamp_ns) -
                                      edges_.begin() - 1);
  }
  if (!used_[hint]) return std::nullopt;
  return hint;
}

Cell& CellRow::at(std::uint32_t index) {
  if (cells_.empty()) first_ = index;
  if (index < first_) {
    cells_.insert(cells_.begin(), first_ - index, Cell());
    first_ = index;
  }
  if (index - first_ >= cells_.size()) cells_.resize(index - first_ + 1);
  return cells_[index - first_];
}

void CellRow::join(const CellRow& other, const CellMath& math) {
  for (std::size_t i = 0; i < other.cells_.size(); ++i) {
    if (other.cells_[i].count != 0)
      math.join(at(other.first_ + static_cast<std::uint32_t>(i)), other.cells_[i]);
  }
}

// Windows move forward only, so this is a queue that knows the join of all it holds: a stack of
// joins for its older half (made anew when that is used up) and one join for the newer. Every cell
// is joined about twice.
Points CellRow::points(const Windows& windows, std::size_t count, const CellMath& math) const {
  Points out(count);
  if (math.keeps_samples()) {
    // Joined samples are copies, so each window gathers its own.
    for (std::size_t k = 0; k < count; ++k) {
      const Windows::Span span = windows.window(k);
      Cell all;
      for (std::uint32_t i = span.first; i < span.end; ++i) {
        if (const Cell* cell = find(i)) math.join(all, *cell);
      }
      if (all.count != 0) out.set(k, math.result(all));
    }
    return out;
  }
  std::vector<Cell> older;  // older[i]: the join of cells [older_first + i, middle)
  std::uint32_t older_first = 0;
  std::uint32_t middle = 0;
  std::uint32_t end = 0;
  Cell newer;
  for (std::size_t k = 0; k < count; ++k) {
    const Windows::Span span = windows.window(k);
    end = std::max(end, span.first);
    if (end == span.first && middle < span.first) {
      middle = span.first;
      newer = Cell();
    }
    for (; end < span.end; ++end) {
      if (const Cell* cell = find(end)) math.join(newer, *cell);
    }
    if (span.first >= middle) {
      older.assign(span.end - span.first, Cell());
      older_first = span.first;
      middle = span.end;
      Cell sum;
      for (std::uint32_t i = span.end; i > span.first; --i) {
        Cell joined;
        if (const Cell* cell = find(i - 1)) math.join(joined, *cell);
        math.join(joined, sum);
        sum = joined;
        older[i - 1 - span.first] = sum;
      }
      newer = Cell();
    }
    Cell all = older[span.first - older_first];
    math.join(all, newer);
    if (all.count != 0) out.set(k, math.result(all));
  }
  return out;
}

}  // namespace tailrace::logql
