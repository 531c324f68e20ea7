// ExportReader: everything in a store, in the order in which a Loki takes it: day by day, and
// within a day stream by stream, each from its oldest line to its newest.
//
// It comes in parts of a bounded size: many small streams of a day together, or a slice of time of
// a large one. Blocks; for one thread.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "logql/matcher.h"
#include "store/store.h"

namespace tailrace {

struct ExportRange {
  std::vector<logql::Matcher> matchers;  // none: all streams
  std::int64_t from_ns = INT64_MIN / 2;  // inclusive
  std::int64_t to_ns = INT64_MAX / 2;    // exclusive
};

struct ExportedLine {
  std::uint32_t stream = 0;  // of ExportPart::streams
  std::uint32_t metadata = 0;
  std::int64_t timestamp_ns = 0;
  std::uint64_t order = 0;  // with `index`: who came first of equal times
  std::uint32_t index = 0;
  std::uint32_t bytes = 0;
  std::size_t at = 0;  // in ExportPart::text
};

struct ExportPart {
  DayNumber day = 0;
  std::vector<StreamPtr> streams;
  std::vector<ExportedLine> lines;  // in order
  std::string text;
  std::vector<std::vector<std::pair<std::string, std::string>>> metadata;
  std::uint64_t damaged_blocks = 0;  // what was in them is missing
  std::string_view line(const ExportedLine& line) const {
    return std::string_view(text).substr(line.at, line.bytes);
  }
};

class ExportReader {
 public:
  // Parts have about so many bytes of lines; a test makes them small.
  static constexpr std::uint64_t kPartBytes = 16 << 20;

  // `store` outlives this.
  ExportReader(Store& store, ExportRange range, std::uint64_t part_bytes = kPartBytes)
      : store_(store), range_(std::move(range)), part_bytes_(part_bytes) {}

  // How much there is; about, where a chunk reaches over an end of the range.
  struct Total {
    double entries = 0;
    double bytes = 0;
  };
  Result<Total> total();
  // The next part; nothing at the end.
  Result<std::optional<ExportPart>> next();

 private:
  // What one part will be read from.
  struct Plan {
    std::vector<StreamPtr> streams;
    std::int64_t from_ns = 0;
    std::int64_t to_ns = 0;
    std::uint64_t bytes = 0;  // of a large stream that is cut still
  };
  // The part of a day that is in the range; false: nothing.
  bool bounds_of(DayNumber day, std::int64_t& from_ns, std::int64_t& to_ns) const;
  Result<void> plan_day(DayNumber day);
  Result<void> cut(Plan plan);
  Result<ExportPart> read(const Plan& plan);

  Store& store_;
  const ExportRange range_;
  const std::uint64_t part_bytes_;
  std::optional<std::deque<DayNumber>> days_;  // not planned yet
  DayNumber day_ = 0;
  std::deque<Plan> plans_;
};

}  // namespace tailrace
