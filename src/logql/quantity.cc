#include "logql/quantity.h"

#include "base/units.h"

namespace tailrace::logql {

std::optional<std::int64_t> parse_any_duration(std::string_view text) {
  if (const Result<std::int64_t> ns = parse_prometheus_duration(text)) return *ns;
  if (const Result<std::int64_t> ns = parse_go_duration(text)) return *ns;
  return std::nullopt;
}

}  // namespace tailrace::logql
