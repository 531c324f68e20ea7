// A parser by binding powers. A projection (`[*]`, `*`, `[]`, `[?...]`, a slice) takes everything
// behind it that binds tighter than kProjectionStop as the expression for each item; a pipe, a
// comparison or a closing bracket ends it.
//
// Between arguments, and between the members of a hash, commas may be missing, as in Promtail's
// library.
#include "parse/go_number.h"
#include "parse/jmespath/ast.h"
#include "parse/jmespath/lexer.h"

namespace tailrace::jmespath {
namespace {

constexpr int kDepthMax = 500;
constexpr int kProjectionStop = 10;

int power(TokenKind kind) {
  switch (kind) {
    case TokenKind::kPipe:
      return 1;
    case TokenKind::kOr:
      return 2;
    case TokenKind::kAnd:
      return 3;
    case TokenKind::kEqual:
    case TokenKind::kNotEqual:
    case TokenKind::kLess:
    case TokenKind::kLessEqual:
    case TokenKind::kGreater:
    case TokenKind::kGreaterEqual:
      return 5;
    case TokenKind::kFlatten:
      return 9;
    case TokenKind::kStar:
      return 20;
    case TokenKind::kFilter:
      return 21;
    case TokenKind::kDot:
      return 40;
    case TokenKind::kNot:
      return 45;
    case TokenKind::kOpenBrace:
      return 50;
    case TokenKind::kOpenBracket:
      return 55;
    case TokenKind::kOpenParen:
      return 60;
    default:
      return 0;
  }
}

template <class... Children>
NodePtr make(Op op, Children... children) {
  auto node = std::make_unique<Node>();
  node->op = op;
  (node->children.push_back(std::move(children)), ...);
  return node;
}
NodePtr identity() { return make(Op::kIdentity); }

class Parser {
 public:
  Parser(std::string_view text, std::vector<Token> tokens, Arena& arena)
      : text_(text), tokens_(std::move(tokens)), arena_(arena) {}

  Result<NodePtr> run() {
    TAILRACE_TRY(NodePtr node, expression(0));
    if (kind() != TokenKind::kEnd) return unexpected("the end");
    return node;
  }

 private:
  TokenKind kind(std::size_t ahead = 0) const {
    return tokens_[std::min(next_ + ahead, tokens_.size() - 1)].kind;
  }
  const Token& advance() {
    const Token& token = tokens_[next_];
    if (next_ + 1 < tokens_.size()) ++next_;
    return token;
  }
  bool take(TokenKind wanted) {
    if (kind() != wanted) return false;
    advance();
    return true;
  }
  Error unexpected(std::string_view wanted) const {
    const Token& token = tokens_[next_];
    const std::string found = token.kind == TokenKind::kEnd ? "the end" : "\"" + token.text + "\"";
    return syntax_error(text_, token.at, "expected " + std::string(wanted) + ", found " + found);
  }
  Result<void> want(TokenKind wanted, std::string_view name) {
    if (!take(wanted)) return unexpected(name);
    return {};
  }

  Result<NodePtr> expression(int above) {
    if (++depth_ > kDepthMax) return syntax_error(text_, tokens_[next_].at, "nested too deeply");
    Result<NodePtr> node = first_part();
    while (node && above < power(kind())) node = next_part(std::move(node).value());
    --depth_;
    return node;
  }

  // What may start an expression.
  Result<NodePtr> first_part() {
    const Token& token = tokens_[next_];
    switch (token.kind) {
      case TokenKind::kName:
      case TokenKind::kQuotedName: {
        advance();
        if (token.kind == TokenKind::kQuotedName && kind() == TokenKind::kOpenParen) {
          return syntax_error(text_, token.at, "a function's name must not be quoted");
        }
        NodePtr node = make(Op::kField);
        node->name = token.text;
        return node;
      }
      case TokenKind::kLiteral:
      case TokenKind::kText:
        return literal(advance());
      case TokenKind::kCurrent:
        advance();
        return identity();
      case TokenKind::kStar: {
        advance();
        if (kind() == TokenKind::kCloseBracket)
          return make(Op::kValueProjection, identity(), identity());
        TAILRACE_TRY(NodePtr right, projected(power(TokenKind::kStar)));
        return make(Op::kValueProjection, identity(), std::move(right));
      }
      case TokenKind::kFilter:
        advance();
        return filter(identity());
      case TokenKind::kFlatten:
        advance();
        return flatten(identity());
      case TokenKind::kOpenBrace:
        advance();
        return hash();
      case TokenKind::kOpenBracket: {
        advance();
        if (kind() == TokenKind::kNumber || kind() == TokenKind::kColon) return index(identity());
        if (kind() == TokenKind::kStar && kind(1) == TokenKind::kCloseBracket)
          return star_index(identity());
        return list();
      }
      case TokenKind::kReference: {
        advance();
        TAILRACE_TRY(NodePtr child, expression(0));
        return make(Op::kReference, std::move(child));
      }
      case TokenKind::kNot: {
        advance();
        TAILRACE_TRY(NodePtr child, expression(power(TokenKind::kNot)));
        return make(Op::kNot, std::move(child));
      }
      case TokenKind::kOpenParen: {
        advance();
        TAILRACE_TRY(NodePtr child, expression(0));
        TAILRACE_CHECK(want(TokenKind::kCloseParen, "\")\""));
        return child;
      }
      default:
        return unexpected("an expression");
    }
  }

  // What may follow `left`.
  Result<NodePtr> next_part(NodePtr left) {
    const Token& token = advance();
    switch (token.kind) {
      case TokenKind::kDot: {
        if (take(TokenKind::kStar)) {
          TAILRACE_TRY(NodePtr right, projected(power(TokenKind::kDot)));
          return make(Op::kValueProjection, std::move(left), std::move(right));
        }
        TAILRACE_TRY(NodePtr right, behind_dot(power(TokenKind::kDot)));
        return make(Op::kSubexpression, std::move(left), std::move(right));
      }
      case TokenKind::kPipe:
        return binary(Op::kSubexpression, token.kind, std::move(left));
      case TokenKind::kOr:
        return binary(Op::kOr, token.kind, std::move(left));
      case TokenKind::kAnd:
        return binary(Op::kAnd, token.kind, std::move(left));
      case TokenKind::kEqual:
        return binary(Op::kEqual, token.kind, std::move(left));
      case TokenKind::kNotEqual:
        return binary(Op::kNotEqual, token.kind, std::move(left));
      case TokenKind::kLess:
        return binary(Op::kLess, token.kind, std::move(left));
      case TokenKind::kLessEqual:
        return binary(Op::kLessEqual, token.kind, std::move(left));
      case TokenKind::kGreater:
        return binary(Op::kGreater, token.kind, std::move(left));
      case TokenKind::kGreaterEqual:
        return binary(Op::kGreaterEqual, token.kind, std::move(left));
      case TokenKind::kFilter:
        return filter(std::move(left));
      case TokenKind::kFlatten:
        return flatten(std::move(left));
      case TokenKind::kOpenParen:
        return call(token, std::move(left));
      case TokenKind::kOpenBracket:
        if (kind() == TokenKind::kNumber || kind() == TokenKind::kColon)
          return index(std::move(left));
        if (kind() != TokenKind::kStar) return unexpected("a number or \"*\"");
        return star_index(std::move(left));
      default:
        return syntax_error(text_, token.at, "\"" + token.text + "\" cannot stand here");
    }
  }

  Result<NodePtr> binary(Op op, TokenKind operation, NodePtr left) {
    TAILRACE_TRY(NodePtr right, expression(power(operation)));
    return make(op, std::move(left), std::move(right));
  }

  Result<NodePtr> literal(const Token& token) {
    NodePtr node = make(Op::kLiteral);
    if (token.kind == TokenKind::kText) {
      node->literal = JsonValue::of(arena_.copy(token.text));
      return node;
    }
    const auto value = parse_json(arena_.copy(token.text), arena_);
    if (!value) return syntax_error(text_, token.at, "the literal is no JSON");
    node->literal = *value;
    return node;
  }

  // The expression for each item of a projection; the items themselves if nothing follows.
  Result<NodePtr> projected(int above) {
    if (power(kind()) < kProjectionStop) return identity();
    if (kind() == TokenKind::kOpenBracket || kind() == TokenKind::kFilter) return expression(above);
    if (take(TokenKind::kDot)) return behind_dot(above);
    return unexpected("\".\", \"[\" or \"[?\"");
  }

  Result<NodePtr> behind_dot(int above) {
    switch (kind()) {
      case TokenKind::kName:
      case TokenKind::kQuotedName:
      case TokenKind::kStar:
        return expression(above);
      case TokenKind::kOpenBracket:
        advance();
        return list();
      case TokenKind::kOpenBrace:
        advance();
        return hash();
      default:
        return unexpected("a name, \"*\", \"[\" or \"{\"");
    }
  }

  Result<NodePtr> filter(NodePtr left) {
    TAILRACE_TRY(NodePtr condition, expression(0));
    TAILRACE_CHECK(want(TokenKind::kCloseBracket, "\"]\""));
    if (kind() == TokenKind::kFlatten)
      return make(Op::kFilter, std::move(left), identity(), std::move(condition));
    TAILRACE_TRY(NodePtr right, projected(power(TokenKind::kFilter)));
    return make(Op::kFilter, std::move(left), std::move(right), std::move(condition));
  }

  Result<NodePtr> flatten(NodePtr left) {
    TAILRACE_TRY(NodePtr right, projected(power(TokenKind::kFlatten)));
    return make(Op::kProjection, make(Op::kFlatten, std::move(left)), std::move(right));
  }

  // "*]", the bracket before it taken.
  Result<NodePtr> star_index(NodePtr left) {
    advance();
    TAILRACE_CHECK(want(TokenKind::kCloseBracket, "\"]\""));
    TAILRACE_TRY(NodePtr right, projected(power(TokenKind::kStar)));
    return make(Op::kProjection, std::move(left), std::move(right));
  }

  Result<std::int64_t> number() {
    const Token& token = tokens_[next_];
    if (token.kind != TokenKind::kNumber) return unexpected("a number");
    const auto value = parse_go_int(token.text, 10);
    if (!value)
      return syntax_error(text_, token.at, "\"" + token.text + "\" is no number of 64 bits");
    advance();
    return *value;
  }

  // "n]" or "a:b:c]", the bracket before it taken.
  Result<NodePtr> index(NodePtr left) {
    if (kind() != TokenKind::kColon && kind(1) != TokenKind::kColon) {
      NodePtr node = make(Op::kIndex);
      TAILRACE_TRY(node->index, number());
      TAILRACE_CHECK(want(TokenKind::kCloseBracket, "\"]\""));
      return make(Op::kSubexpression, std::move(left), std::move(node));
    }
    NodePtr node = make(Op::kSlice);
    std::size_t part = 0;
    while (kind() != TokenKind::kCloseBracket && part < 3) {
      if (take(TokenKind::kColon)) {
        ++part;
      } else {
        TAILRACE_TRY(node->slice[part], number());
      }
    }
    TAILRACE_CHECK(want(TokenKind::kCloseBracket, "\"]\""));
    NodePtr sliced = make(Op::kSubexpression, std::move(left), std::move(node));
    TAILRACE_TRY(NodePtr right, projected(power(TokenKind::kStar)));
    return make(Op::kProjection, std::move(sliced), std::move(right));
  }

  Result<NodePtr> list() {
    NodePtr node = make(Op::kList);
    for (;;) {
      TAILRACE_TRY(NodePtr child, expression(0));
      node->children.push_back(std::move(child));
      if (take(TokenKind::kCloseBracket)) return node;
      TAILRACE_CHECK(want(TokenKind::kComma, "\",\" or \"]\""));
    }
  }

  Result<NodePtr> hash() {
    NodePtr node = make(Op::kHash);
    for (;;) {
      if (kind() != TokenKind::kName && kind() != TokenKind::kQuotedName)
        return unexpected("a name");
      node->keys.push_back(advance().text);
      TAILRACE_CHECK(want(TokenKind::kColon, "\":\""));
      TAILRACE_TRY(NodePtr child, expression(0));
      node->children.push_back(std::move(child));
      if (take(TokenKind::kCloseBrace)) return node;
      take(TokenKind::kComma);
    }
  }

  Result<NodePtr> call(const Token& paren, NodePtr function) {
    if (function->op != Op::kField)
      return syntax_error(text_, paren.at, "only a name can be called");
    function->op = Op::kFunction;
    while (!take(TokenKind::kCloseParen)) {
      TAILRACE_TRY(NodePtr child, expression(0));
      function->children.push_back(std::move(child));
      take(TokenKind::kComma);
    }
    return function;
  }

  std::string_view text_;
  std::vector<Token> tokens_;
  Arena& arena_;
  std::size_t next_ = 0;
  int depth_ = 0;
};

}  // namespace

Result<NodePtr> parse(std::string_view expression, Arena& arena) {
  TAILRACE_TRY(std::vector<Token> tokens, tokenize(expression));
  return Parser(expression, std::move(tokens), arena).run();
}

}  // namespace tailrace::jmespath
