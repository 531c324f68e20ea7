// The lowest part of a metric query: lines become values become cells become windows. For
// metric_engine.cc.
#pragma once

#include "base/result.h"
#include "logql/ast.h"
#include "logql/metric_engine.h"

namespace tailrace::logql {

struct RangeRun {
  Source& source;
  QueryStop& stop;
  const MetricLimits& limits;
  ScanStats stats;  // added to
};

// `outer`: the grouping of an aggregation around this one whose outcome is the same if lines are
// grouped at once; null if there is none.
Result<Matrix> run_range_aggregation(const RangeAggregation& aggregation,
                                     const std::optional<Grouping>* outer, const Grid& grid,
                                     RangeRun& run);

Error too_many_series(std::size_t series_max);

}  // namespace tailrace::logql
