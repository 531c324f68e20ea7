// LokiParams: what clients ask, from the query string and a form in the body, in Loki's spellings.
//
// Errors are kInvalid, in Loki's words.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "net/request.h"

namespace tailrace {

class LokiParams {
 public:
  // `now_ns`: the default of `end` and `time`.
  LokiParams(const Request& request, std::int64_t now_ns);
  LokiParams(std::vector<std::pair<std::string, std::string>> pairs, std::int64_t now_ns)
      : pairs_(std::move(pairs)), now_ns_(now_ns) {}

  std::optional<std::string> find(std::string_view name) const;
  std::string get(std::string_view name) const { return find(name).value_or(""); }
  std::vector<std::string> all(std::string_view name) const;

  struct Range {
    std::int64_t start_ns = 0;
    std::int64_t end_ns = 0;
  };
  // start, end, since.
  Result<Range> range() const;
  Result<std::int64_t> time(std::string_view name, std::int64_t absent) const;
  // step, or what fits the range; in ns.
  Result<std::int64_t> step(const Range& range) const;
  // interval: how far apart lines must be at least; 0: all of them.
  Result<std::int64_t> interval() const;
  // A number that is positive.
  Result<std::size_t> count(std::string_view name, std::size_t absent) const;
  // True: backward.
  Result<bool> backward() const;

 private:
  std::vector<std::pair<std::string, std::string>> pairs_;
  std::int64_t now_ns_;
};

// Unix seconds with fraction, Unix seconds, Unix nanoseconds or RFC 3339; nothing for anything
// else.
std::optional<std::int64_t> parse_loki_time(std::string_view text);

}  // namespace tailrace
