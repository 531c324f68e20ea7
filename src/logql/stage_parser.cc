// The stages of a pipeline: what stands behind `|`.
#include <utility>

#include "base/text.h"
#include "base/units.h"
#include "logql/expression_parser.h"
#include "logql/quantity.h"
#include "parse/go_number.h"

namespace tailrace::logql {
namespace {

std::optional<CompareOp> compare_op(const Token& token) {
  if (token.is("=") || token.is("==")) return CompareOp::kEqual;
  if (token.is("!=")) return CompareOp::kNotEqual;
  if (token.is(">")) return CompareOp::kGreater;
  if (token.is(">=")) return CompareOp::kGreaterOrEqual;
  if (token.is("<")) return CompareOp::kLess;
  if (token.is("<=")) return CompareOp::kLessOrEqual;
  return std::nullopt;
}

bool is_string(const Token& token) {
  return token.kind == TokenKind::kString || token.kind == TokenKind::kRawString;
}

bool starts_comparison(const Token& token) {
  return compare_op(token) || token.is("=~") || token.is("!~");
}

LabelFilterSyntax join(LabelFilterSyntax::Kind kind, LabelFilterSyntax left,
                       LabelFilterSyntax right) {
  LabelFilterSyntax out;
  out.kind = kind;
  out.both.push_back(std::move(left));
  out.both.push_back(std::move(right));
  return out;
}

}  // namespace

Result<StageSyntax> ExpressionParser::stage() {
  if (parser_.at_line_filter()) {
    TAILRACE_TRY(LineFilterSyntax filter, parser_.line_filter());
    return StageSyntax(std::move(filter));
  }
  TAILRACE_CHECK(parser_.expect("|", "before a stage"));
  if (take_word("json")) {
    JsonSyntax json;
    TAILRACE_TRY(json.extracts, extracts());
    return StageSyntax(std::move(json));
  }
  if (take_word("logfmt")) return logfmt();
  if (take_word("regexp")) {
    RegexpSyntax regexp;
    TAILRACE_TRY(regexp.expression, parser_.string_value("behind `regexp`"));
    return StageSyntax(std::move(regexp));
  }
  if (take_word("pattern")) {
    PatternSyntax pattern;
    TAILRACE_TRY(pattern.pattern, parser_.string_value("behind `pattern`"));
    return StageSyntax(std::move(pattern));
  }
  if (take_word("line_format")) {
    LineFormatSyntax format;
    TAILRACE_TRY(format.text, parser_.string_value("behind `line_format`"));
    return StageSyntax(std::move(format));
  }
  if (take_word("unpack")) return StageSyntax(UnpackSyntax{});
  if (take_word("decolorize")) return StageSyntax(DecolorizeSyntax{});
  if (take_word("label_format")) return label_format();
  if (take_word("drop")) {
    DropSyntax drop;
    TAILRACE_TRY(drop.names, named_list());
    return StageSyntax(std::move(drop));
  }
  if (take_word("keep")) {
    KeepSyntax keep;
    TAILRACE_TRY(keep.names, named_list());
    return StageSyntax(std::move(keep));
  }
  if (!parser_.at_name() && !parser_.peek().is("("))
    return parser_.unexpected("a stage or a label filter");
  TAILRACE_TRY(LabelFilterSyntax filter, label_filter());
  return StageSyntax(std::move(filter));
}

Result<StageSyntax> ExpressionParser::logfmt() {
  LogfmtSyntax logfmt;
  while (parser_.peek().is("-")) {
    const Place place = parser_.peek().place;
    // What stands together is one flag.
    std::string flag;
    const std::size_t begin = parser_.peek().offset;
    while (parser_.peek().offset == begin + flag.size() &&
           (parser_.peek().is("-") || parser_.peek().kind == TokenKind::kIdentifier))
      flag += parser_.take().text;
    if (flag == "--strict") {
      logfmt.strict = true;
    } else if (flag == "--keep-empty") {
      logfmt.keep_empty = true;
    } else {
      return parser_.error_at(place,
                              "syntax error: unexpected -, expecting --strict or --keep-empty");
    }
  }
  TAILRACE_TRY(logfmt.extracts, extracts());
  return StageSyntax(std::move(logfmt));
}

Result<std::vector<ExtractSyntax>> ExpressionParser::extracts() {
  std::vector<ExtractSyntax> out;
  if (!parser_.at_name()) return out;
  do {
    ExtractSyntax extract;
    TAILRACE_TRY(extract.name, identifier("a label name"));
    extract.path = extract.name;
    if (parser_.take_if("=")) {
      TAILRACE_TRY(extract.path, parser_.string_value("behind `=`"));
    }
    out.push_back(std::move(extract));
  } while (parser_.take_if(","));
  return out;
}

Result<StageSyntax> ExpressionParser::label_format() {
  LabelFormatSyntax format;
  do {
    LabelFormatSyntax::Item item;
    const Place place = parser_.peek().place;
    TAILRACE_TRY(item.name, identifier("a label name"));
    for (const LabelFormatSyntax::Item& other : format.items) {
      if (other.name == item.name)
        return parser_.error_at(place, "multiple label name '" + item.name +
                                           "' not allowed in a single format operation");
    }
    if (item.name == "__error__") return parser_.error_at(place, "__error__ cannot be formatted");
    TAILRACE_CHECK(parser_.expect("=", "behind the label name"));
    item.is_rename = parser_.at_name();
    if (item.is_rename) {
      item.value = parser_.take().text;
    } else {
      TAILRACE_TRY(item.value, parser_.string_value("or a label name behind `=`"));
    }
    format.items.push_back(std::move(item));
  } while (parser_.take_if(","));
  return StageSyntax(std::move(format));
}

Result<std::vector<NamedSyntax>> ExpressionParser::named_list() {
  std::vector<NamedSyntax> out;
  do {
    NamedSyntax named;
    if (parser_.at_name() && starts_comparison(parser_.peek_next())) {
      TAILRACE_TRY(named.matcher, parser_.matcher());
      named.name = named.matcher->name;
    } else {
      TAILRACE_TRY(named.name, identifier("a label name"));
    }
    out.push_back(std::move(named));
  } while (parser_.take_if(","));
  return out;
}

bool ExpressionParser::at_unwrap() const {
  return parser_.peek().is("|") && parser_.peek_next().kind == TokenKind::kIdentifier &&
         equals_ignoring_case(parser_.peek_next().text, "unwrap");
}

Result<UnwrapSyntax> ExpressionParser::unwrap() {
  parser_.take();  // |
  parser_.take();  // unwrap
  UnwrapSyntax out;
  TAILRACE_TRY(out.label, identifier("a label name or a conversion"));
  if (!parser_.peek().is("(")) return out;
  if (equals_ignoring_case(out.label, "bytes")) {
    out.conversion = UnwrapConversion::kBytes;
  } else if (equals_ignoring_case(out.label, "duration") ||
             equals_ignoring_case(out.label, "duration_seconds")) {
    out.conversion = UnwrapConversion::kDuration;
  } else {
    return parser_.unexpected("`)`; conversions are bytes, duration and duration_seconds");
  }
  parser_.take();
  TAILRACE_TRY(out.label, identifier("a label name"));
  TAILRACE_CHECK(parser_.expect(")", "behind the label name"));
  return out;
}

Result<LabelFilterSyntax> ExpressionParser::label_filter() {
  TAILRACE_TRY(LabelFilterSyntax left, label_filter_and());
  while (take_word("or")) {
    TAILRACE_CHECK(one_more_filter());
    TAILRACE_TRY(LabelFilterSyntax right, label_filter_and());
    left = join(LabelFilterSyntax::Kind::kOr, std::move(left), std::move(right));
  }
  return left;
}

Result<LabelFilterSyntax> ExpressionParser::label_filter_and() {
  TAILRACE_TRY(LabelFilterSyntax left, label_filter_rest());
  while (take_word("and")) {
    TAILRACE_CHECK(one_more_filter());
    TAILRACE_TRY(LabelFilterSyntax right, label_filter_rest());
    left = join(LabelFilterSyntax::Kind::kAnd, std::move(left), std::move(right));
  }
  return left;
}

// A comma, and nothing at all, mean `and` with all that follows: a, b or c is a and (b or c), and
// a or b, c is a or (b and c).
Result<LabelFilterSyntax> ExpressionParser::label_filter_rest() {
  TAILRACE_TRY(LabelFilterSyntax left, label_filter_one());
  const bool said = parser_.take_if(",");
  const bool follows =
      parser_.peek().is("(") || (parser_.at_name() && starts_comparison(parser_.peek_next()));
  if (!said && !follows) return left;
  TAILRACE_CHECK(enter());
  TAILRACE_TRY(LabelFilterSyntax right, label_filter());
  --depth_;
  return join(LabelFilterSyntax::Kind::kAnd, std::move(left), std::move(right));
}

// A chain makes a tree that is as deep as it is long.
Result<void> ExpressionParser::one_more_filter() {
  constexpr int kLinksMax = 1000;
  if (++filter_links_ <= kLinksMax) return {};
  return parser_.error_at(parser_.peek().place, "too many label filters in one query");
}

Result<LabelFilterSyntax> ExpressionParser::label_filter_one() {
  if (parser_.take_if("(")) {
    TAILRACE_CHECK(enter());
    TAILRACE_TRY(LabelFilterSyntax inner, label_filter());
    --depth_;
    TAILRACE_CHECK(parser_.expect(")", "behind a label filter"));
    return inner;
  }
  if (!parser_.at_name()) return parser_.unexpected("a label name");
  const Token sign = parser_.peek_next();
  if (!starts_comparison(sign)) {
    parser_.take();
    return parser_.unexpected("= or != or =~ or !~ or > or < behind a label name");
  }
  const Token name = parser_.take();
  return label_comparison(name.text);
}

Result<LabelFilterSyntax> ExpressionParser::label_comparison(std::string name) {
  LabelFilterSyntax filter;
  const Token sign = parser_.take();
  const std::optional<CompareOp> op = compare_op(sign);
  const bool equality = sign.is("=") || sign.is("!=");
  if (!op || (equality && is_string(parser_.peek()))) {
    filter.kind = LabelFilterSyntax::Kind::kMatcher;
    filter.matcher.name = std::move(name);
    filter.matcher.op = sign.is("=")    ? MatchOp::kEqual
                        : sign.is("!=") ? MatchOp::kNotEqual
                        : sign.is("=~") ? MatchOp::kRegex
                                        : MatchOp::kNotRegex;
    filter.matcher.value_place = parser_.peek().place;
    TAILRACE_TRY(filter.matcher.value, parser_.string_value("behind " + sign.text));
    return filter;
  }
  filter.name = std::move(name);
  filter.op = *op;
  if (equality && at_word("ip")) {
    parser_.take();
    TAILRACE_CHECK(parser_.expect("(", "behind `ip`"));
    filter.kind = LabelFilterSyntax::Kind::kIp;
    TAILRACE_TRY(filter.text, parser_.string_value("in ip()"));
    TAILRACE_CHECK(parser_.expect(")", "behind the address"));
    return filter;
  }
  const bool negative = parser_.peek().is("-") && parser_.peek_next().kind == TokenKind::kDuration;
  if (negative) parser_.take();
  if (parser_.peek().kind != TokenKind::kDuration) {
    filter.kind = LabelFilterSyntax::Kind::kNumber;
    TAILRACE_TRY(filter.number, number());
    return filter;
  }
  const std::string text = parser_.peek().text;
  if (const std::optional<std::int64_t> ns = parse_any_duration(text)) {
    filter.kind = LabelFilterSyntax::Kind::kDuration;
    filter.duration_ns = negative ? -*ns : *ns;
  } else if (const std::optional<std::uint64_t> bytes = parse_bytes(text); bytes && !negative) {
    filter.kind = LabelFilterSyntax::Kind::kBytes;
    filter.bytes = *bytes;
  } else {
    return parser_.unexpected("a number, a duration or a size");
  }
  parser_.take();
  return filter;
}

}  // namespace tailrace::logql
