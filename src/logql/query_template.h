// QueryTemplate: a Go template over the labels of a line, with __line__ and __timestamp__.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "logql/line_pipeline.h"
#include "parse/go_template.h"

namespace tailrace::logql {

class QueryTemplate {
 public:
  // kInvalid: what is wrong with the template.
  static Result<QueryTemplate> compile(std::string_view text);

  // The text, in the arena of the line. Nothing: it failed, and the line has __error__.
  std::optional<std::string_view> execute(LineState& state);

 private:
  explicit QueryTemplate(GoTemplate text) : template_(std::move(text)) {}
  GoTemplate template_;
  std::string out_;
};

}  // namespace tailrace::logql
