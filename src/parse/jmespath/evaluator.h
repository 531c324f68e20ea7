// Evaluation of a tree on a document.
#pragma once

#include <span>
#include <vector>

#include "parse/jmespath/ast.h"

namespace tailrace::jmespath {

// What a function gets: a value, or an expression to evaluate later (&expr).
struct Argument {
  JsonValue value;
  const Node* reference = nullptr;
};

class Evaluator {
 public:
  explicit Evaluator(Arena& arena) : arena_(arena) {}

  Result<JsonValue> evaluate(const Node& node, const JsonValue& current);
  Arena& arena() noexcept { return arena_; }

 private:
  Result<JsonValue> project(const Node& node, std::span<const JsonValue> items);
  Result<JsonValue> list(const Node& node, const JsonValue& current);
  Result<JsonValue> hash(const Node& node, const JsonValue& current);
  Result<JsonValue> call(const Node& node, const JsonValue& current);
  Result<JsonValue> compare(const Node& node, const JsonValue& current);
  Result<JsonValue> slice(const Node& node, const JsonValue& current);
  JsonValue flatten(const JsonValue& array);

  Arena& arena_;
  std::size_t steps_ = 0;
};

// Empty text, array and object, null and false are false; every number is true.
bool is_true(const JsonValue& value);

Result<JsonValue> call_function(std::string_view name, std::span<const Argument> arguments,
                                Evaluator& evaluator);

}  // namespace tailrace::jmespath
