// Bodies of query answers. Clients read them as a stream, so the order of keys is part of the
// contract.
#pragma once

#include <string>
#include <vector>

#include "logql/log_engine.h"
#include "logql/metric_engine.h"

namespace tailrace {

struct AnswerStats {
  logql::ScanStats scan;
  double seconds = 0;
  std::size_t entries = 0;
};

// Streams with their lines. `categorize`: rows have a third element, with the labels that are not
// of the stream.
std::string streams_answer(const std::vector<logql::FoundEntry>& entries, bool categorize,
                           AnswerStats stats);
std::string matrix_answer(const logql::Matrix& matrix, const logql::Grid& grid, AnswerStats stats);
// Of the grid's only point.
std::string vector_answer(const logql::Matrix& matrix, const logql::Grid& grid, AnswerStats stats);
std::string scalar_answer(double value, std::int64_t timestamp_ns, AnswerStats stats);

// The "streams" part of a frame of a tail: [{"stream":{...},"values":[...]}, ...]. Entries keep
// their order, because clients show frames as they come; so a stream may be there several times.
void append_runs(std::string& out, const std::vector<logql::FoundEntry>& entries, bool categorize);

}  // namespace tailrace
