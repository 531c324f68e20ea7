// Parser: from tokens to syntax, by recursive descent.
//
// Each production is a method that leaves the cursor behind what it took; a query language that has
// more (pipelines, range functions) builds on the same cursor and productions.
#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"
#include "logql/lexer.h"
#include "logql/syntax.h"

namespace tailrace::logql {

class Parser {
 public:
  struct Options {
    bool raw_strings = true;  // `...`; the `match` stage does not know them
    // The whole language of queries: trailing commas and empty selectors, `or` and ip() in line
    // filters, and errors in the words that Loki's clients show: "parse error at line 1, col 9:
    // ...".
    bool query = false;
    // Keywords are names, too: a stream may have a label that no query can name.
    bool keyword_names = false;
  };
  explicit Parser(std::string_view query) : Parser(query, Options{}) {}
  Parser(std::string_view query, Options options) : tokens_(tokenize(query)), options_(options) {}

  const Token& peek() const { return tokens_[at_]; }
  // The token behind the current one (the last one stays the last).
  const Token& peek_next() const { return tokens_[at_ + 1 < tokens_.size() ? at_ + 1 : at_]; }
  Token take();                                // the current token; stays at the end
  bool take_if(std::string_view punctuation);  // whether it was there
  Result<void> expect(std::string_view punctuation, std::string_view where);
  // Whether a label's name stands here. In Loki's grammar of queries a keyword is none.
  bool at_name() const { return is_name(peek()); }
  bool is_name(const Token& token) const;
  // What is wrong here: the lexer's fault if there is one, else "expected <what>, found <token>".
  Error unexpected(std::string_view expected) const;
  // Any other complaint about the token there.
  Error error_at(Place place, std::string_view what) const;

  Result<std::string> string_value(std::string_view where);  // a string, as kString or kRawString
  Result<std::vector<MatcherSyntax>> matchers();             // {a="b", ...}
  Result<MatcherSyntax> matcher();                           // a="b"
  bool at_line_filter() const;
  Result<LineFilterSyntax> line_filter();  // |= "text"
  Result<SelectorSyntax> selector();       // matchers and line filters

 private:
  Result<LineFilterOperand> line_filter_operand(std::string_view where);

  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  Options options_;
};

// The language of the `match` stage: a selector and nothing behind it. Errors are kInvalid:
// "1:9: expected a string behind `=`, found `}`".
Result<SelectorSyntax> parse_match_selector(std::string_view text);

}  // namespace tailrace::logql
