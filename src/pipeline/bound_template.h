// BoundTemplate: a Go template over the fields of a pipeline, as the stages template and replace
// use it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "parse/go_template.h"
#include "pipeline/stage.h"

namespace tailrace {

class BoundTemplate {
 public:
  // `knows_entry`: `.Entry` is the line.
  static Result<BoundTemplate> compile(std::string_view text, bool knows_entry,
                                       PipelineContext& context);

  void plan(FieldsRead& later) const;

  // Appends the result to `out`, which stays as it was on an error. `value` is `.Value`; if there
  // is none, the field of that name is.
  Result<void> execute(Entry& entry, std::optional<std::string_view> value, std::string& out) const;

 private:
  enum class Kind : std::uint8_t { kField, kValue, kEntry };
  struct Name {
    Kind kind;
    FieldId field;
  };
  class Data;

  BoundTemplate(GoTemplate compiled, std::string_view text, bool knows_entry, FieldTable& fields);

  GoTemplate template_;
  std::optional<std::string> literal_;  // all of it, if it has no actions; needs no execution
  bool knows_entry_;
  const FieldTable* fields_;
  std::vector<Name> names_;  // of template_.fields()
};

}  // namespace tailrace
