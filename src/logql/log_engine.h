// Log queries: the newest (or oldest) lines of a range, over a Source.
//
// Only `limit` entries are kept at any time; blocks that cannot hold better ones are not loaded.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "logql/ast.h"
#include "logql/line_labels.h"
#include "logql/scan.h"

namespace tailrace::logql {

struct OwnedLabel {
  std::string name;
  std::string value;
  LabelSource source = LabelSource::kStream;
};

struct FoundEntry {
  std::int64_t timestamp_ns = 0;
  std::uint64_t order = 0;  // with `index`: who came first of equal times
  std::uint32_t index = 0;
  std::string line;
  std::vector<OwnedLabel> labels;  // sorted by name; error labels are kParsed
};

struct LogRequest {
  std::int64_t from_ns = 0;  // inclusive
  std::int64_t to_ns = 0;    // exclusive
  std::size_t limit = 100;   // not 0
  bool newest_first = true;
  // At least this far apart, counted from the entry taken before, of whatever stream; 0: all.
  std::int64_t interval_ns = 0;
};

struct LogResult {
  std::vector<FoundEntry> entries;  // in the order asked for
  ScanStats stats;
};

Result<LogResult> run_log_query(const LogQuery& query, const LogRequest& request, Source& source,
                                QueryStop& stop);

// The entry as it leaves the pipeline.
struct LineState;
FoundEntry found_entry(const LineState& state, std::uint64_t order, std::uint32_t index);

// "request timed out, ..." and the like.
Error stop_error(QueryStop::Reason reason);

}  // namespace tailrace::logql
