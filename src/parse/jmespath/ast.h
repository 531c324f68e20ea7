// The tree of a JMESPath expression.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/arena.h"
#include "base/result.h"
#include "parse/json_value.h"

namespace tailrace::jmespath {

enum class Op : std::uint8_t {
  kIdentity,         // @
  kField,            // name
  kIndex,            // [n]
  kSlice,            // [a:b:c]
  kLiteral,          // `json`, 'text'
  kSubexpression,    // 0 . 1, 0 | 1, 0[1]: 1 evaluated on the result of 0
  kProjection,       // 1 on each item of the array 0
  kValueProjection,  // 1 on each value of the object 0
  kFilter,           // 1 on each item of 0 for which 2 holds
  kFlatten,          // 0 []
  kOr,
  kAnd,
  kNot,
  kEqual,
  kNotEqual,
  kLess,
  kLessEqual,
  kGreater,
  kGreaterEqual,
  kList,       // [0, 1, ...]
  kHash,       // {name: 0, ...}
  kFunction,   // name(0, 1, ...)
  kReference,  // &0
};

struct Node;
using NodePtr = std::unique_ptr<Node>;

struct Node {
  Op op = Op::kIdentity;
  std::string name = {};  // kField, kFunction
  std::vector<NodePtr> children = {};
  std::vector<std::string> keys = {};  // kHash
  JsonValue literal = {};              // kLiteral
  std::int64_t index = 0;              // kIndex
  std::optional<std::int64_t> slice[3] = {};
};

// Literals live in `arena`.
Result<NodePtr> parse(std::string_view expression, Arena& arena);

Result<JsonValue> evaluate(const Node& root, const JsonValue& document, Arena& arena);

}  // namespace tailrace::jmespath
