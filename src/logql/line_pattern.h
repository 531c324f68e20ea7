// LinePattern: `<ip> - <_> "<method> <path>"`: captures between literal texts.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tailrace::logql {

class LinePattern {
 public:
  // For the `pattern` stage: at least one named capture, no two next to each other, no name twice.
  static Result<LinePattern> compile_stage(std::string_view text);
  // For |> and !>: only <_>.
  static Result<LinePattern> compile_filter(std::string_view text);

  // The named captures in order.
  const std::vector<std::string>& names() const noexcept { return names_; }
  // What the captures took, as many as the line went along; `values` is replaced. A capture whose
  // end is missing takes the rest and is the last.
  void capture(std::string_view line, std::vector<std::string_view>& values) const;
  // Whether the line is the pattern up to its end, with something in every capture.
  bool matches_whole(std::string_view line) const;
  std::string longest_literal() const;

 private:
  struct Part {
    bool is_capture = false;
    std::string text;  // a literal, or a capture's name ("_": not kept)
  };
  static Result<LinePattern> parse(std::string_view text);

  std::vector<Part> parts_;  // captures and literals in turn
  std::vector<std::string> names_;
};

}  // namespace tailrace::logql
