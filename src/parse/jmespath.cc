#include "parse/jmespath.h"

#include <utility>

#include "parse/jmespath/ast.h"

namespace tailrace {

struct JmesPath::Tree {
  Arena literals;
  jmespath::NodePtr root;
};

JmesPath::JmesPath(std::unique_ptr<Tree> tree) : tree_(std::move(tree)) {}
JmesPath::JmesPath(JmesPath&&) noexcept = default;
JmesPath& JmesPath::operator=(JmesPath&&) noexcept = default;
JmesPath::~JmesPath() = default;

Result<JmesPath> JmesPath::compile(std::string_view expression) {
  auto tree = std::make_unique<Tree>();
  TAILRACE_TRY(tree->root, jmespath::parse(expression, tree->literals));
  return JmesPath(std::move(tree));
}

std::optional<std::string_view> JmesPath::identifier() const noexcept {
  if (tree_->root->op != jmespath::Op::kField) return std::nullopt;
  return tree_->root->name;
}

Result<JsonValue> JmesPath::evaluate(const JsonValue& document, Arena& arena) const {
  return jmespath::evaluate(*tree_->root, document, arena);
}

}  // namespace tailrace
