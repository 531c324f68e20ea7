// Metric queries: values over a grid of points, over a Source.
//
// A range aggregation reads its lines once, in any order, into cells between the edges of its
// windows, and makes every window from its cells. So memory goes with series and points, not with
// lines or the range.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "logql/ast.h"
#include "logql/metric_value.h"
#include "logql/scan.h"

namespace tailrace::logql {

struct MetricLimits {
  std::size_t series_max = 500;           // of the answer
  std::size_t inner_series_max = 50'000;  // of a range aggregation that is aggregated further
  std::size_t cells_max = 3'000'000;      // in memory at a time; longer grids are done in parts
};

struct MetricResult {
  Matrix series;
  ScanStats stats;
};

Result<MetricResult> run_metric_query(const Metric& query, const Grid& grid, Source& source,
                                      QueryStop& stop, const MetricLimits& limits);

// Compiles all regexes and stages without reading anything.
Result<void> check_metric(const Metric& query);

}  // namespace tailrace::logql
