// Runs the tree of a template.
#pragma once

#include <string>
#include <vector>

#include "parse/go_template.h"
#include "parse/template/ast.h"

namespace tailrace::tmpl {

class Executor {
 public:
  Executor(const Tree& tree, const GoTemplateOptions& options, const TemplateData& data,
           Runtime& run, std::string& out)
      : tree_(tree),
        options_(options),
        data_(data),
        run_(run),
        out_(out),
        limit_(out.size() + options.output_bytes_max) {}

  Result<void> execute();

 private:
  enum class Flow : std::uint8_t { kOn, kBreak, kContinue };
  struct Variable {
    std::string_view name;
    Value value;
  };

  Result<Flow> run_list(const NodeList& nodes, const Value& dot);
  Result<Flow> run_node(const Node& node, const Value& dot);
  Result<Flow> run_branch(const Node& node, const Value& dot);
  Result<Flow> run_range(const Node& node, const Value& dot);
  Result<bool> run_round(const Node& node, const Value& index, const Value& item);
  Result<void> run_template(const Node& node, const Value& dot);

  Result<Value> evaluate(const Pipeline& pipeline, const Value& dot);
  Result<Value> run_command(const Command& command, const Value& dot, const Value* last);
  Result<Value> evaluate(const Expression& expression, const Value& dot);
  Result<Value> field_of(const Value& receiver, const std::vector<std::string>& names,
                         std::size_t from, std::span<const Value> arguments, int line);
  Result<Value> root_field(const Expression& expression);
  Result<Value> call(const Function& function, const Command& command, const Value& dot,
                     const Value* last);
  Result<Value> shortcut(const Command& command, const Value& dot, const Value* last);
  Result<Value> argument(const Expression& expression, char letter, const Value& dot);
  Result<Value> checked(const Value& value, char letter, int line) const;
  Value& variable(std::string_view name);
  Result<void> step(int line);
  Result<void> print(const Value& value);
  Value whole_map();

  const Tree& tree_;
  const GoTemplateOptions& options_;
  const TemplateData& data_;
  Runtime& run_;
  std::string& out_;
  std::size_t limit_;
  std::size_t steps_ = 0;
  int depth_ = 0;
  Value root_;
  std::vector<Variable> variables_;
};

}  // namespace tailrace::tmpl
