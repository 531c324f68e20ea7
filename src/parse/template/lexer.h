// Templates cut into text and the tokens of actions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tailrace::tmpl {

enum class TokenKind : std::uint8_t {
  kText,  // between actions, trimmed as {{- and -}} ask
  kOpen,
  kClose,  // {{ and }}
  kSpace,
  kDot,
  kNil,
  kBool,
  kNumber,
  kCharacter,
  kString,    // without quotes and escapes
  kField,     // ".name": text is the name
  kVariable,  // "$", "$name"
  kName,      // a function or a keyword
  kPipe,
  kComma,
  kDeclare,
  kAssign,
  kOpenParen,
  kCloseParen,
  kEnd,
};

struct Token {
  TokenKind kind = TokenKind::kEnd;
  int line = 1;
  std::string text;
};

// "line 3: <what>"
Error template_error(int line, std::string_view what);

Result<std::vector<Token>> tokenize(std::string_view text);

}  // namespace tailrace::tmpl
