// JmesPath: the query language of the json stage, original JMESPath without later extensions.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "base/arena.h"
#include "base/result.h"
#include "parse/json_value.h"

namespace tailrace {

class JmesPath {
 public:
  // kInvalid: "at 3: expected ... in `b[`"; positions count bytes from 1.
  static Result<JmesPath> compile(std::string_view expression);
  JmesPath(JmesPath&&) noexcept;
  JmesPath& operator=(JmesPath&&) noexcept;
  ~JmesPath();

  // The name, if the expression is nothing but one (quoted or not): then JsonFields gives the same
  // answer.
  std::optional<std::string_view> identifier() const noexcept;

  // The result; null where a field is missing. An error if a function got a wrong type, or the work
  // would grow without sense. What the result points to lives in `arena`, in `document` or in this
  // object.
  Result<JsonValue> evaluate(const JsonValue& document, Arena& arena) const;

 private:
  struct Tree;
  explicit JmesPath(std::unique_ptr<Tree> tree);
  std::unique_ptr<Tree> tree_;
};

}  // namespace tailrace
