// The grammar of text/template. While parsing it is noted what the template wants of its data: as
// long as the dot is the data itself, ".name" is a field that the caller can bind; a dot that is
// handed on as a whole means that the map must be built.
#include <algorithm>
#include <utility>

#include "base/text.h"
#include "parse/go_number.h"
#include "parse/template/ast.h"
#include "parse/template/lexer.h"

namespace tailrace::tmpl {
namespace {

constexpr int kDepthMax = 200;

class Parser {
 public:
  Parser(std::vector<Token> tokens, TemplateFunctions functions)
      : tokens_(std::move(tokens)), functions_(functions), tree_(std::make_unique<Tree>()) {}

  Result<std::unique_ptr<Tree>> run() {
    TAILRACE_CHECK(list(tree_->main, Ending::kEof));
    return std::move(tree_);
  }

 private:
  enum class Ending : std::uint8_t { kEof, kEnd, kElseOrEnd };

  const Token& peek(std::size_t ahead = 0) const {
    return tokens_[std::min(next_ + ahead, tokens_.size() - 1)];
  }
  const Token& next() {
    const Token& token = peek();
    if (next_ + 1 < tokens_.size()) ++next_;
    return token;
  }
  bool take(TokenKind kind) {
    if (peek().kind != kind) return false;
    next();
    return true;
  }
  void skip_space() { take(TokenKind::kSpace); }
  const Token& peek_solid() {
    skip_space();
    return peek();
  }
  static Error unexpected(const Token& token, std::string_view where) {
    std::string what = "unexpected ";
    if (token.kind == TokenKind::kEnd) {
      what += "end of the template";
    } else {
      what += "\"" + token.text + "\"";
    }
    return template_error(token.line, what + " in " + std::string(where));
  }
  Result<void> close(std::string_view where) {
    if (peek_solid().kind != TokenKind::kClose) return unexpected(peek(), where);
    next();
    return {};
  }

  // Nodes until what `ending` says; {{end}} or {{else}} stays for the caller, {{ taken.
  Result<void> list(NodeList& nodes, Ending ending) {
    if (++depth_ > kDepthMax) return template_error(peek().line, "nested too deeply");
    for (;;) {
      const Token& token = next();
      if (token.kind == TokenKind::kEnd) {
        if (ending != Ending::kEof)
          return template_error(token.line, "unexpected EOF: an {{end}} is missing");
        break;
      }
      if (token.kind == TokenKind::kText) {
        nodes.push_back({.kind = Node::Kind::kText, .line = token.line, .text = token.text});
        continue;
      }
      const Token& first = peek_solid();
      const bool is_end =
          first.kind == TokenKind::kName && (first.text == "end" || first.text == "else");
      if (is_end) {
        if (ending == Ending::kEof)
          return template_error(first.line, "unexpected {{" + first.text + "}}");
        if (first.text == "else" && ending == Ending::kEnd) return unexpected(first, "this block");
        break;
      }
      TAILRACE_CHECK(action(nodes, ending));
    }
    --depth_;
    return {};
  }

  Result<void> action(NodeList& nodes, Ending ending) {
    const Token first = peek();
    if (first.kind == TokenKind::kName) {
      if (first.text == "if") return control(Node::Kind::kIf, nodes);
      if (first.text == "with") return control(Node::Kind::kWith, nodes);
      if (first.text == "range") return control(Node::Kind::kRange, nodes);
      if (first.text == "template") return call_template(nodes);
      if (first.text == "block") return block(nodes);
      if (first.text == "define") {
        if (ending != Ending::kEof || in_definition_) return unexpected(first, "a block");
        return define();
      }
      if (first.text == "break" || first.text == "continue") return leave_loop(nodes, first);
    }
    Node node{.kind = Node::Kind::kAction, .line = first.line};
    TAILRACE_TRY(node.pipeline, pipeline("command", TokenKind::kClose));
    nodes.push_back(std::move(node));
    return {};
  }

  Result<void> leave_loop(NodeList& nodes, const Token& word) {
    next();
    TAILRACE_CHECK(close("{{" + word.text + "}}"));
    if (loops_ == 0) return template_error(word.line, "{{" + word.text + "}} outside {{range}}");
    nodes.push_back({.kind = word.text == "break" ? Node::Kind::kBreak : Node::Kind::kContinue,
                     .line = word.line});
    return {};
  }

  Result<void> control(Node::Kind kind, NodeList& nodes) {
    const Token word = next();
    const std::size_t variables = variables_.size();
    const bool was_root = dot_is_root_;
    Node node{.kind = kind, .line = word.line};
    TAILRACE_TRY(node.pipeline, pipeline(word.text, TokenKind::kClose, kind == Node::Kind::kRange));
    const bool changes_dot = kind != Node::Kind::kIf;
    if (changes_dot) dot_is_root_ = false;
    loops_ += kind == Node::Kind::kRange ? 1 : 0;
    TAILRACE_CHECK(list(node.body, Ending::kElseOrEnd));
    loops_ -= kind == Node::Kind::kRange ? 1 : 0;
    dot_is_root_ = was_root;
    TAILRACE_CHECK(rest_of_control(kind, node));
    variables_.resize(variables);
    nodes.push_back(std::move(node));
    return {};
  }

  // "end}}", "else}}...{{end}}" or "else if ...}}": {{ was taken before.
  Result<void> rest_of_control(Node::Kind kind, Node& node) {
    const Token word = next();
    if (word.text == "end") return close("{{end}}");
    const Token& behind = peek_solid();
    const bool chains =
        behind.kind == TokenKind::kName && ((kind == Node::Kind::kIf && behind.text == "if") ||
                                            (kind == Node::Kind::kWith && behind.text == "with"));
    if (chains) return control(kind, node.otherwise);  // takes the one {{end}} of all
    TAILRACE_CHECK(close("{{else}}"));
    TAILRACE_CHECK(list(node.otherwise, Ending::kEnd));
    next();
    return close("{{end}}");
  }

  Result<std::string> template_name(std::string_view where) {
    if (peek_solid().kind != TokenKind::kString) return unexpected(peek(), where);
    return next().text;
  }

  Result<void> call_template(NodeList& nodes) {
    Node node{.kind = Node::Kind::kTemplate, .line = next().line};
    TAILRACE_TRY(node.text, template_name("template clause"));
    if (peek_solid().kind == TokenKind::kClose) {
      next();
    } else {
      TAILRACE_TRY(node.pipeline, pipeline("template clause", TokenKind::kClose));
    }
    nodes.push_back(std::move(node));
    return {};
  }

  Result<void> define() {
    next();
    TAILRACE_TRY(const std::string name, template_name("define clause"));
    TAILRACE_CHECK(close("define clause"));
    return definition(name);
  }

  Result<void> block(NodeList& nodes) {
    Node node{.kind = Node::Kind::kTemplate, .line = next().line};
    TAILRACE_TRY(node.text, template_name("block clause"));
    TAILRACE_TRY(node.pipeline, pipeline("block clause", TokenKind::kClose));
    const std::string name = node.text;
    nodes.push_back(std::move(node));
    return definition(name);
  }

  // The body of a named template up to its {{end}}. Its dot and $ are what it is called with.
  Result<void> definition(const std::string& name) {
    const std::vector<std::string> outer_variables = std::exchange(variables_, {"$"});
    const bool was_root = std::exchange(dot_is_root_, false);
    const bool was_definition = std::exchange(in_definition_, true);
    const int outer_loops = std::exchange(loops_, 0);
    NodeList body;
    TAILRACE_CHECK(list(body, Ending::kEnd));
    next();
    TAILRACE_CHECK(close("{{end}}"));
    variables_ = outer_variables;
    dot_is_root_ = was_root;
    in_definition_ = was_definition;
    loops_ = outer_loops;
    NodeList& known = tree_->defined[name];
    const auto holds_nothing = [](const NodeList& nodes) {
      return std::ranges::all_of(nodes, [](const Node& node) {
        return node.kind == Node::Kind::kText && trim_space(node.text).empty();
      });
    };
    if (holds_nothing(known)) {
      known = std::move(body);
    } else if (!holds_nothing(body)) {
      return template_error(peek().line, "multiple definition of template \"" + name + "\"");
    }
    return {};
  }

  Result<std::unique_ptr<Pipeline>> pipeline(std::string_view where, TokenKind end,
                                             bool is_range = false) {
    if (++depth_ > kDepthMax) return template_error(peek().line, "nested too deeply");
    auto out = std::make_unique<Pipeline>();
    out->line = peek_solid().line;
    TAILRACE_CHECK(declarations(*out, is_range));
    for (;;) {
      const Token& token = peek_solid();
      if (token.kind == end) {
        next();
        break;
      }
      TAILRACE_TRY(Command parsed, command(where));
      if (!out->commands.empty() && !can_take_value(parsed.operands[0])) {
        return template_error(token.line, "non executable command in pipeline stage " +
                                              std::to_string(out->commands.size() + 1));
      }
      if (out->commands.empty()) bind_index_of_data(parsed);
      note_whole_map(parsed);
      out->commands.push_back(std::move(parsed));
      if (peek_solid().kind == TokenKind::kPipe) {
        next();
      } else if (peek().kind != end) {
        return unexpected(peek(), where);
      }
    }
    if (out->commands.empty())
      return template_error(out->line, "missing value for " + std::string(where));
    // A variable is not known in the pipeline that makes it.
    if (out->declares)
      variables_.insert(variables_.end(), out->variables.begin(), out->variables.end());
    --depth_;
    return out;
  }

  // "$x :=", "$x =", and for range "$i, $x :=".
  Result<void> declarations(Pipeline& out, bool is_range) {
    std::size_t ahead = 0;
    const auto skip = [&] {
      if (peek(ahead).kind == TokenKind::kSpace) ++ahead;
    };
    std::vector<std::string> names;
    for (;;) {
      if (peek(ahead).kind != TokenKind::kVariable) return {};
      names.push_back(peek(ahead++).text);
      skip();
      if (peek(ahead).kind != TokenKind::kComma) break;
      if (!is_range) return {};
      if (names.size() == 2)
        return template_error(peek(ahead).line, "too many declarations in range");
      ++ahead;
      skip();
    }
    const TokenKind kind = peek(ahead).kind;
    if (kind != TokenKind::kDeclare && kind != TokenKind::kAssign) return {};
    out.declares = kind == TokenKind::kDeclare;
    out.variables = names;
    for (const std::string& name : names) {
      if (!out.declares && !is_known(name))
        return template_error(out.line, "undefined variable \"" + name + "\"");
    }
    next_ += ahead + 1;
    return {};
  }

  bool is_known(const std::string& variable) const {
    return std::ranges::find(variables_, variable) != variables_.end();
  }

  static bool can_take_value(const Expression& first) {
    return first.kind != Expression::Kind::kConstant && first.kind != Expression::Kind::kDot;
  }

  Result<Command> command(std::string_view where) {
    Command out;
    for (;;) {
      const Token& token = peek_solid();
      if (!starts_operand(token.kind)) break;
      TAILRACE_TRY(Expression operand_value, operand());
      out.operands.push_back(std::move(operand_value));
      if (peek().kind == TokenKind::kSpace) continue;
      break;
    }
    if (out.operands.empty()) return unexpected(peek(), where);
    return out;
  }

  static bool starts_operand(TokenKind kind) {
    return kind == TokenKind::kDot || kind == TokenKind::kNil || kind == TokenKind::kBool ||
           kind == TokenKind::kNumber || kind == TokenKind::kCharacter ||
           kind == TokenKind::kString || kind == TokenKind::kField ||
           kind == TokenKind::kVariable || kind == TokenKind::kName ||
           kind == TokenKind::kOpenParen;
  }

  Result<Expression> operand() {
    const Token token = next();
    Expression out;
    out.line = token.line;
    switch (token.kind) {
      case TokenKind::kDot:
        out.kind = Expression::Kind::kDot;
        break;
      case TokenKind::kNil:
        out.kind = Expression::Kind::kConstant;
        break;
      case TokenKind::kBool:
        out.kind = Expression::Kind::kConstant;
        out.value = Value::of_bool(token.text == "true");
        break;
      case TokenKind::kString:
        out.kind = Expression::Kind::kConstant;
        out.text = token.text;
        out.value.kind = Kind::kString;
        break;
      case TokenKind::kCharacter:
      case TokenKind::kNumber: {
        TAILRACE_TRY(out.value,
                     token.kind == TokenKind::kNumber ? number(token) : character(token));
        out.kind = Expression::Kind::kConstant;
        out.text = token.text;
        break;
      }
      case TokenKind::kField:
        out.kind = Expression::Kind::kField;
        out.names.push_back(token.text);
        break;
      case TokenKind::kVariable:
        if (!is_known(token.text))
          return template_error(token.line, "undefined variable \"" + token.text + "\"");
        out.kind = Expression::Kind::kVariable;
        out.variable_name = token.text;
        break;
      case TokenKind::kName: {
        out.kind = Expression::Kind::kFunction;
        out.text = token.text;
        out.function = find_function(token.text, functions_);
        if (out.function == nullptr) {
          return template_error(token.line, "function \"" + token.text + "\" not defined");
        }
        if (out.function->run == nullptr) {
          return Error{
              ErrorCode::kUnsupported,
              template_error(token.line, "function \"" + token.text + "\" not supported").text()};
        }
        if (peek().kind != TokenKind::kField) return out;
        // "f.x": the function called without arguments, and a field of what it gives.
        auto alone = std::make_unique<Pipeline>();
        alone->line = token.line;
        alone->commands.emplace_back();
        alone->commands[0].operands.push_back(std::move(out));
        out = Expression{.kind = Expression::Kind::kPipeline, .line = token.line};
        out.pipeline = std::move(alone);
        break;
      }
      case TokenKind::kOpenParen: {
        out.kind = Expression::Kind::kPipeline;
        TAILRACE_TRY(out.pipeline, pipeline("parenthesized pipeline", TokenKind::kCloseParen));
        break;
      }
      default:
        return unexpected(token, "operand");
    }
    TAILRACE_CHECK(chain(out));
    bind_field(out);
    return out;
  }

  // ".a.b" right behind an operand.
  Result<void> chain(Expression& out) {
    while (peek().kind == TokenKind::kField) {
      const bool is_literal =
          out.kind == Expression::Kind::kConstant || out.kind == Expression::Kind::kDot;
      if (is_literal) return unexpected(peek(), "operand");
      out.names.push_back(next().text);
    }
    return {};
  }

  static Result<Value> number(const Token& token) {
    const std::string& text = token.text;
    if (const auto integer = parse_go_int(text, 0)) {
      Value out = Value::of_int(*integer);
      out.is_constant = true;
      return out;
    }
    // Without a point or an exponent it was meant as an integer.
    if (text.find_first_of(".eEpP") == std::string::npos &&
        text.find_first_not_of("+-_0123456789") == std::string::npos) {
      return template_error(token.line, "integer overflow: \"" + text + "\"");
    }
    std::string digits = text;
    std::erase(digits, '_');
    const auto real = parse_go_float(digits);
    const bool is_word = text.find_first_of("nN") != std::string::npos;  // inf, nan
    if (!real || is_word) return template_error(token.line, "bad number syntax: \"" + text + "\"");
    Value out = Value::of_float(*real);
    out.is_constant = true;
    return out;
  }

  static Result<Value> character(const Token& token) {
    std::size_t at = 0;
    const char32_t c = token.text.empty() ? 0 : decode_utf8(token.text, at);
    if (token.text.empty() || at != token.text.size()) {
      return template_error(token.line, "malformed character constant: '" + token.text + "'");
    }
    Value out = Value::of_int(static_cast<std::int64_t>(c));
    out.is_constant = true;
    return out;
  }

  std::size_t field_index(const std::string& name) {
    auto& fields = tree_->fields;
    const auto known = std::ranges::find(fields, name);
    if (known != fields.end()) return static_cast<std::size_t>(known - fields.begin());
    fields.push_back(name);
    return fields.size() - 1;
  }

  bool is_root_variable(const Expression& out) const {
    return out.kind == Expression::Kind::kVariable && out.variable_name == "$" && !in_definition_;
  }

  void bind_field(Expression& out) {
    const bool is_root =
        (out.kind == Expression::Kind::kField && dot_is_root_) || is_root_variable(out);
    if (!is_root || out.names.empty()) return;
    out.kind = Expression::Kind::kRootField;
    out.field = field_index(out.names[0]);
  }

  // `index . "name"` with nothing else is the field of that name.
  void bind_index_of_data(Command& out) {
    if (out.operands.size() != 3 || out.operands[0].kind != Expression::Kind::kFunction) return;
    const Expression& data = out.operands[1];
    const bool is_root = (data.kind == Expression::Kind::kDot && dot_is_root_) ||
                         (is_root_variable(data) && data.names.empty());
    const Expression& key = out.operands[2];
    const bool is_text = key.kind == Expression::Kind::kConstant && key.value.is_string();
    if (out.operands[0].text != "index" || !is_root || !is_text) return;
    Expression field;
    field.kind = Expression::Kind::kRootField;
    field.line = data.line;
    field.names.push_back(key.text);
    field.field = field_index(key.text);
    out.operands.clear();
    out.operands.push_back(std::move(field));
  }

  void note_whole_map(const Command& command) {
    for (const Expression& operand : command.operands) {
      const bool is_root = (operand.kind == Expression::Kind::kDot && dot_is_root_) ||
                           (is_root_variable(operand) && operand.names.empty());
      if (is_root) tree_->uses_whole_map = true;
    }
  }

  std::vector<Token> tokens_;
  const TemplateFunctions functions_;
  std::unique_ptr<Tree> tree_;
  std::vector<std::string> variables_{"$"};
  std::size_t next_ = 0;
  int depth_ = 0;
  int loops_ = 0;
  bool dot_is_root_ = true;
  bool in_definition_ = false;
};

}  // namespace

Result<std::unique_ptr<Tree>> parse(std::string_view text, TemplateFunctions functions) {
  TAILRACE_TRY(std::vector<Token> tokens, tokenize(text));
  return Parser(std::move(tokens), functions).run();
}

}  // namespace tailrace::tmpl
