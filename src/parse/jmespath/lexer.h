// The tokens of JMESPath.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tailrace::jmespath {

enum class TokenKind : std::uint8_t {
  kEnd,
  kName,
  kQuotedName,
  kNumber,
  kLiteral,
  kText,  // with text
  kCurrent,
  kReference,
  kColon,
  kComma,
  kCloseBracket,
  kCloseParen,
  kCloseBrace,
  kPipe,
  kOr,
  kAnd,
  kEqual,
  kNotEqual,
  kLess,
  kLessEqual,
  kGreater,
  kGreaterEqual,
  kFlatten,
  kStar,
  kFilter,
  kDot,
  kNot,
  kOpenBrace,
  kOpenBracket,
  kOpenParen,
};

struct Token {
  TokenKind kind = TokenKind::kEnd;
  std::size_t at = 0;  // offset in the expression
  std::string text;    // names and texts without quotes and escapes; of a literal its JSON
};

// "at 3: <what> in `expression`"
Error syntax_error(std::string_view expression, std::size_t at, std::string_view what);

// The tokens, kEnd last.
Result<std::vector<Token>> tokenize(std::string_view expression);

}  // namespace tailrace::jmespath
