// Lexer: the text of a LogQL query as tokens.
//
// Keywords are identifiers here; the parser knows them by their text. A fault in the text becomes a
// token of kind kError whose text says what is wrong, so that only the parser reports.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace tailrace::logql {

// Where something stands in the query: one-based, columns count characters.
struct Place {
  int line = 1;
  int column = 1;
};

enum class TokenKind : std::uint8_t {
  kEnd,
  kError,
  kIdentifier,   // job, by, rate
  kString,       // "..." with Go's escapes, undone in `text`
  kRawString,    // `...`
  kNumber,       // 1, 1.5, 1e3
  kDuration,     // 5m, 1h30m, 10KB: digits and letters mixed
  kPunctuation,  // operators and brackets; `text` is the operator
};

struct Token {
  TokenKind kind = TokenKind::kEnd;
  std::string text;
  Place place;
  std::size_t offset = 0;  // of its first byte in the query

  bool is(std::string_view punctuation) const {
    return kind == TokenKind::kPunctuation && text == punctuation;
  }
  // As people would say it: `"}"`, `string "x"`, `end of the query`.
  std::string described() const;
};

// All tokens; the last is kEnd, or the first kError.
std::vector<Token> tokenize(std::string_view query);

// "1:9: <what>" as an Error of kind kInvalid.
Error error_at(Place place, std::string_view what);

}  // namespace tailrace::logql
