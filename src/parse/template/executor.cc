#include "parse/template/executor.h"

#include <array>

#include "parse/template/lexer.h"

namespace tailrace::tmpl {
namespace {

constexpr int kDepthMax = 1000;  // of templates that call templates
constexpr std::size_t kFewArguments = 8;

}  // namespace

Result<void> Executor::execute() {
  if (tree_.uses_whole_map) root_ = whole_map();
  variables_.push_back({"$", root_});
  TAILRACE_CHECK(run_list(tree_.main, root_));
  return {};
}

Value Executor::whole_map() {
  Map members;
  data_.for_each([&](std::string_view name, std::string_view value) {
    members[run_.heap.keep(name)] = Value::of_text(value);
  });
  return run_.heap.map(std::move(members));
}

Result<void> Executor::step(int line) {
  if (++steps_ > options_.steps_max)
    return template_error(line, "the template takes too many steps");
  if (run_.heap.used_bytes() > run_.bytes_max)
    return template_error(line, "the template takes too much memory");
  return {};
}

Result<Executor::Flow> Executor::run_list(const NodeList& nodes, const Value& dot) {
  for (const Node& node : nodes) {
    TAILRACE_TRY(const Flow flow, run_node(node, dot));
    if (flow != Flow::kOn) return flow;
  }
  return Flow::kOn;
}

Result<Executor::Flow> Executor::run_node(const Node& node, const Value& dot) {
  TAILRACE_CHECK(step(node.line));
  switch (node.kind) {
    case Node::Kind::kText:
      out_ += node.text;
      if (out_.size() > limit_) return template_error(node.line, "the result is too long");
      return Flow::kOn;
    case Node::Kind::kAction: {
      TAILRACE_TRY(const Value value, evaluate(*node.pipeline, dot));
      if (node.pipeline->variables.empty()) append_printed(out_, value);
      if (out_.size() > limit_) return template_error(node.line, "the result is too long");
      return Flow::kOn;
    }
    case Node::Kind::kIf:
    case Node::Kind::kWith:
      return run_branch(node, dot);
    case Node::Kind::kRange:
      return run_range(node, dot);
    case Node::Kind::kTemplate: {
      TAILRACE_CHECK(run_template(node, dot));
      return Flow::kOn;
    }
    case Node::Kind::kBreak:
      return Flow::kBreak;
    case Node::Kind::kContinue:
      return Flow::kContinue;
  }
  return Flow::kOn;
}

Result<Executor::Flow> Executor::run_branch(const Node& node, const Value& dot) {
  const std::size_t mark = variables_.size();
  TAILRACE_TRY(const Value value, evaluate(*node.pipeline, dot));
  Result<Flow> flow = Flow::kOn;
  if (is_true(value)) {
    flow = run_list(node.body, node.kind == Node::Kind::kWith ? value : dot);
  } else {
    flow = run_list(node.otherwise, dot);
  }
  variables_.resize(mark);
  return flow;
}

// One round of a loop; false: leave it.
Result<bool> Executor::run_round(const Node& node, const Value& index, const Value& item) {
  TAILRACE_CHECK(step(node.line));
  const std::size_t mark = variables_.size();
  const auto& names = node.pipeline->variables;
  if (!names.empty()) {
    const auto set = [&](const std::string& name, const Value& value) {
      if (node.pipeline->declares) {
        variables_.push_back({name, value});
      } else {
        variable(name) = value;
      }
    };
    // One variable is the item, two are index and item.
    if (names.size() == 2) set(names[0], index);
    set(names.back(), item);
  }
  TAILRACE_TRY(const Flow flow, run_list(node.body, item));
  variables_.resize(mark);
  return flow != Flow::kBreak;
}

Result<Executor::Flow> Executor::run_range(const Node& node, const Value& dot) {
  const std::size_t mark = variables_.size();
  TAILRACE_TRY(const Value over, evaluate(*node.pipeline, dot));
  bool is_empty = true;
  Result<bool> goes_on = true;
  if (over.is_list()) {
    for (std::size_t i = 0; goes_on && *goes_on && i < over.list->size(); ++i) {
      goes_on = run_round(node, Value::of_int(static_cast<std::int64_t>(i)), (*over.list)[i]);
      is_empty = false;
    }
  } else if (over.is_map()) {
    const Map members = *over.map;  // the body may change the map
    for (auto member = members.begin(); goes_on && *goes_on && member != members.end(); ++member) {
      goes_on = run_round(node, Value::of_text(member->first), member->second);
      is_empty = false;
    }
  } else if (over.is_integer()) {
    if (node.pipeline->variables.size() == 2) {
      return template_error(
          node.line, "can't use " + value_text(over) + " to iterate over more than one variable");
    }
    for (std::int64_t i = 0; goes_on && *goes_on && i < over.integer; ++i) {
      goes_on = run_round(node, Value::of_int(i, over.kind), Value::of_int(i, over.kind));
      is_empty = false;
    }
  } else if (!over.is_nil()) {
    return template_error(node.line, "range can't iterate over " + value_text(over));
  }
  variables_.resize(mark);
  if (!goes_on) return std::move(goes_on).error();
  if (is_empty) return run_list(node.otherwise, dot);
  return Flow::kOn;
}

Result<void> Executor::run_template(const Node& node, const Value& dot) {
  const auto found = tree_.defined.find(node.text);
  if (found == tree_.defined.end()) {
    return template_error(node.line, "template \"" + node.text + "\" not defined");
  }
  Value argument_value;
  if (node.pipeline != nullptr) {
    TAILRACE_TRY(argument_value, evaluate(*node.pipeline, dot));
  }
  if (depth_ >= kDepthMax) return template_error(node.line, "exceeded maximum template depth");
  ++depth_;
  std::vector<Variable> outer = std::exchange(variables_, {{"$", argument_value}});
  Result<Flow> flow = run_list(found->second, argument_value);
  variables_ = std::move(outer);
  --depth_;
  if (!flow) return std::move(flow).error();
  return {};
}

Value& Executor::variable(std::string_view name) {
  for (auto known = variables_.rbegin(); known != variables_.rend(); ++known) {
    if (known->name == name) return known->value;
  }
  TAILRACE_ASSERT(false, "the parser knows all variables");
  return root_;
}

Result<Value> Executor::evaluate(const Pipeline& pipeline, const Value& dot) {
  Value value;
  const Value* last = nullptr;
  for (const Command& command : pipeline.commands) {
    TAILRACE_TRY(value, run_command(command, dot, last));
    value.is_constant = false;
    last = &value;
  }
  // A loop sets its variables round by round.
  for (const std::string& name : pipeline.variables) {
    if (pipeline.declares) {
      variables_.push_back({name, value});
    } else {
      variable(name) = value;
    }
  }
  return value;
}

Result<Value> Executor::run_command(const Command& command, const Value& dot, const Value* last) {
  const Expression& first = command.operands[0];
  if (first.kind == Expression::Kind::kFunction) return call(*first.function, command, dot, last);
  if (first.kind == Expression::Kind::kConstant && first.value.is_nil()) {
    return template_error(first.line, "nil is not a command");
  }
  if (command.operands.size() == 1 && last == nullptr) return evaluate(first, dot);
  if (first.kind == Expression::Kind::kConstant || first.kind == Expression::Kind::kDot) {
    return template_error(first.line, "can't give argument to non-function");
  }
  // Only methods take arguments.
  std::vector<Value> arguments;
  for (std::size_t i = 1; i < command.operands.size(); ++i) {
    TAILRACE_TRY(const Value value, evaluate(command.operands[i], dot));
    arguments.push_back(value);
  }
  if (last != nullptr) arguments.push_back(*last);
  if (first.kind == Expression::Kind::kField)
    return field_of(dot, first.names, 0, arguments, first.line);
  if (first.kind == Expression::Kind::kVariable && !first.names.empty()) {
    return field_of(variable(first.variable_name), first.names, 0, arguments, first.line);
  }
  if (first.kind == Expression::Kind::kPipeline && !first.names.empty()) {
    TAILRACE_TRY(const Value receiver, evaluate(*first.pipeline, dot));
    return field_of(receiver, first.names, 0, arguments, first.line);
  }
  return template_error(first.line, "can't give argument to non-function");
}

Result<Value> Executor::evaluate(const Expression& expression, const Value& dot) {
  TAILRACE_CHECK(step(expression.line));
  switch (expression.kind) {
    case Expression::Kind::kConstant:
      return expression.value.is_string() ? Value::of_text(expression.text) : expression.value;
    case Expression::Kind::kDot:
      return dot;
    case Expression::Kind::kField:
      return field_of(dot, expression.names, 0, {}, expression.line);
    case Expression::Kind::kRootField:
      return root_field(expression);
    case Expression::Kind::kVariable:
      return field_of(variable(expression.variable_name), expression.names, 0, {}, expression.line);
    case Expression::Kind::kPipeline: {
      TAILRACE_TRY(const Value value, evaluate(*expression.pipeline, dot));
      return field_of(value, expression.names, 0, {}, expression.line);
    }
    case Expression::Kind::kFunction: {
      Command alone;
      return call(*expression.function, alone, dot, nullptr);
    }
  }
  return Value();
}

Result<Value> Executor::root_field(const Expression& expression) {
  if (tree_.uses_whole_map) return field_of(root_, expression.names, 0, {}, expression.line);
  const std::optional<std::string_view> text = data_.field(expression.field);
  const Value value = text ? Value::of_text(*text) : Value();
  return field_of(value, expression.names, 1, {}, expression.line);
}

// Follows names[from..]; the last may be a method with arguments.
Result<Value> Executor::field_of(const Value& receiver, const std::vector<std::string>& names,
                                 std::size_t from, std::span<const Value> arguments, int line) {
  Value value = receiver;
  for (std::size_t i = from; i < names.size(); ++i) {
    const bool is_last = i + 1 == names.size();
    if (value.is_nil()) return Value();
    Call method{is_last ? arguments : std::span<const Value>{}, run_};
    if (auto result = call_method(value, names[i], method)) {
      if (!*result) return template_error(line, result->error().text());
      value = std::move(*result).value();
      continue;
    }
    if (!value.is_map()) {
      return template_error(
          line, "can't evaluate field " + names[i] + " in type " + std::string(type_name(value)));
    }
    if (is_last && !arguments.empty())
      return template_error(line, names[i] + " is not a method but has arguments");
    const auto member = value.map->find(names[i]);
    if (member == value.map->end()) {
      // A map of strings gives an empty one, a map of anything nothing.
      value = value.element == Kind::kString ? Value::of_text("") : Value();
      if (value.is_string()) continue;
      return Value();
    }
    value = member->second;
  }
  return value;
}

// `and` and `or` evaluate no further than needed.
Result<Value> Executor::shortcut(const Command& command, const Value& dot, const Value* last) {
  const bool stops_at = command.operands[0].text == "or";
  Value value;
  const std::size_t count = command.operands.size();
  if (count == 1 && last == nullptr) {
    return template_error(
        command.operands[0].line,
        "wrong number of args for " + command.operands[0].text + ": want at least 1 got 0");
  }
  for (std::size_t i = 1; i < count; ++i) {
    TAILRACE_TRY(value, argument(command.operands[i], 'a', dot));
    if (is_true(value) == stops_at) return value;
  }
  return last != nullptr ? *last : value;
}

Result<Value> Executor::call(const Function& function, const Command& command, const Value& dot,
                             const Value* last) {
  const int line = command.operands.empty() ? 1 : command.operands[0].line;
  if (function.name == "and" || function.name == "or") {
    if (command.operands.empty())
      return template_error(line, "wrong number of args for " + std::string(function.name));
    return shortcut(command, dot, last);
  }
  const bool is_variadic = function.signature.ends_with('*');
  const std::size_t letters = function.signature.size() - (is_variadic ? 1 : 0);
  const std::size_t fixed = letters - (is_variadic ? 1 : 0);
  const std::size_t given = command.operands.empty() ? 0 : command.operands.size() - 1;
  const std::size_t count = given + (last != nullptr ? 1 : 0);
  if (is_variadic ? count < fixed : count != fixed) {
    return template_error(line, "wrong number of args for " + std::string(function.name) +
                                    ": want " + (is_variadic ? "at least " : "") +
                                    std::to_string(fixed) + " got " + std::to_string(count));
  }
  const auto letter = [&](std::size_t i) { return function.signature[std::min(i, letters - 1)]; };
  std::array<Value, kFewArguments> few;
  std::vector<Value> many;
  if (count > few.size()) many.resize(count);
  Value* const arguments = count > few.size() ? many.data() : few.data();
  for (std::size_t i = 0; i < given; ++i) {
    TAILRACE_TRY(arguments[i], argument(command.operands[i + 1], letter(i), dot));
  }
  if (last != nullptr) {
    TAILRACE_TRY(arguments[given], checked(*last, letter(given), line));
  }
  Call made{{arguments, count}, run_};
  Result<Value> result = function.run(made);
  if (!result) {
    return template_error(
        line, "error calling " + std::string(function.name) + ": " + result.error().text());
  }
  return result;
}

Result<Value> Executor::argument(const Expression& expression, char letter, const Value& dot) {
  TAILRACE_TRY(Value value, evaluate(expression, dot));
  if (value.is_constant) {
    value.is_constant = false;
    // A number as written fits every type that can hold it.
    const bool is_whole =
        value.kind == Kind::kFloat && value.number == static_cast<double>(to_int64(value));
    if (letter == 'i' && is_whole) return Value::of_int(to_int64(value));
    if (letter == 'f' && value.is_integer()) return Value::of_float(to_float64(value));
  }
  return checked(value, letter, expression.line);
}

Result<Value> Executor::checked(const Value& value, char letter, int line) const {
  if (fits(value, letter)) return value;
  const std::string wanted(parameter_type(letter));
  if (value.is_nil()) {
    if (letter == 'm') {
      Value empty = run_.heap.map({});
      return empty;
    }
    return template_error(line, "invalid value; expected " + wanted);
  }
  return template_error(
      line, "wrong type for value; expected " + wanted + "; got " + std::string(type_name(value)));
}

}  // namespace tailrace::tmpl
