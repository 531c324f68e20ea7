// The tree of a template.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "parse/template/functions.h"

namespace tailrace::tmpl {

struct Pipeline;

// One operand.
struct Expression {
  enum class Kind : std::uint8_t {
    kConstant,   // value
    kDot,        // .
    kField,      // .a.b: names, on the dot
    kRootField,  // .a.b where the dot is the data: field, then names[1..]
    kVariable,   // $x.a.b: variable, then names
    kFunction,   // name
    kPipeline,   // (pipeline).a.b
  };
  Kind kind = Kind::kDot;
  int line = 1;
  Value value = {};       // of a string only the kind: its text is `text`
  std::string text = {};  // the constant, or the function's name
  std::vector<std::string> names = {};
  std::size_t field = 0;  // index into GoTemplate::fields()
  std::string variable_name = {};
  const Function* function = nullptr;
  std::unique_ptr<Pipeline> pipeline = nullptr;
};

struct Command {
  std::vector<Expression> operands;
};

struct Pipeline {
  int line = 1;
  std::vector<std::string> variables;
  bool declares = false;  // := and not =
  std::vector<Command> commands;
};

struct Node;
using NodeList = std::vector<Node>;

struct Node {
  enum class Kind : std::uint8_t {
    kText,
    kAction,
    kIf,
    kWith,
    kRange,
    kTemplate,
    kBreak,
    kContinue
  };
  Kind kind = Kind::kText;
  int line = 1;
  std::string text = {};  // kText; the name of kTemplate
  std::unique_ptr<Pipeline> pipeline = nullptr;
  NodeList body = {}, otherwise = {};
};

struct Tree {
  NodeList main;
  std::map<std::string, NodeList, std::less<>> defined;
  std::vector<std::string> fields;
  bool uses_whole_map = false;
};

Result<std::unique_ptr<Tree>> parse(std::string_view text, TemplateFunctions functions);

}  // namespace tailrace::tmpl
