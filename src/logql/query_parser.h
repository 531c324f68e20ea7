// The whole of LogQL: from text to Ast. Errors are kInvalid, in the words Loki's clients know:
// "parse error at line 1, col 9: syntax error: unexpected }, expecting ...", or without a place
// "parse error : queries require at least one ...".
#pragma once

#include <string_view>

#include "base/result.h"
#include "logql/ast.h"

namespace tailrace::logql {

inline constexpr std::size_t kQueryBytesMax = 131072;
inline constexpr int kQueryDepthMax = 100;

Result<Query> parse_query(std::string_view text);
// A log query; a metric query is an error.
Result<LogQuery> parse_log_query(std::string_view text);
// A stream selector and nothing else, as label and index requests have. It may match everything;
// a pipeline behind it: "only label matchers are supported".
Result<std::vector<MatcherSyntax>> parse_selector(std::string_view text);

}  // namespace tailrace::logql
