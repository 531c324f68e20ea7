// Which series a line belongs to: its labels after grouping.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "logql/ast.h"
#include "logql/line_labels.h"
#include "model/labels.h"

namespace tailrace::logql {

class SeriesKey {
 public:
  // `unwrapped`: the label that became the value; "" if none.
  SeriesKey(std::optional<Grouping> grouping, std::string unwrapped)
      : grouping_(std::move(grouping)), unwrapped_(std::move(unwrapped)) {}

  // A text that is equal for equal groups. Valid until the next call.
  const std::string& of(const LineLabels& labels);
  // The labels of the last key.
  Labels labels() const;

 private:
  bool kept(std::string_view name) const;
  const std::optional<Grouping> grouping_;
  const std::string unwrapped_;
  std::vector<std::pair<std::string_view, std::string_view>> pairs_;
  std::string key_;
};

// Labels of a series after a vector aggregation.
Labels grouped(const Labels& labels, const std::optional<Grouping>& grouping);

}  // namespace tailrace::logql
