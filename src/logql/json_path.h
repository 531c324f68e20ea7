// JsonPath: where a value stands in a JSON document: `a.b[0].c`, `["key with spaces"].x`, `a["b"]`.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "base/result.h"

namespace tailrace::logql {

class JsonPath {
 public:
  static Result<JsonPath> compile(std::string_view text);

  struct Found {
    std::string_view text;  // a string's characters; "" for null; else the JSON as it stands there
    bool is_string = false;
    bool is_broken = false;  // the path leads to a value that is malformed
  };
  // Nothing if the path leads nowhere, or the document is malformed before it.
  std::optional<Found> find(std::string_view document, Arena& arena) const;

  // Keys as they are, indexes as "[0]".
  std::vector<std::string> step_texts() const;

 private:
  struct Step {
    bool is_index = false;
    std::string key;
    std::size_t index = 0;
  };
  std::vector<Step> steps_;
};

}  // namespace tailrace::logql
