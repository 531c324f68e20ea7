// Tables of facts, one row per string: fields divided by tabs, with \t \n \\ \xNN as escapes. The
// tables/*.inc files were written down from what Go's own libraries answer.
#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tailrace::test {

inline std::string unescape_field(std::string_view field) {
  std::string out;
  for (std::size_t i = 0; i < field.size(); ++i) {
    if (field[i] != '\\') {
      out += field[i];
      continue;
    }
    switch (field[++i]) {
      case 't':
        out += '\t';
        break;
      case 'n':
        out += '\n';
        break;
      case 'x': {
        unsigned value = 0;
        std::from_chars(field.data() + i + 1, field.data() + i + 3, value, 16);
        out += static_cast<char>(value);
        i += 2;
        break;
      }
      default:
        out += field[i];
    }
  }
  return out;
}

inline std::vector<std::string> row_fields(std::string_view row) {
  std::vector<std::string> fields;
  for (;;) {
    const std::size_t tab = row.find('\t');
    fields.push_back(unescape_field(row.substr(0, tab)));
    if (tab == std::string_view::npos) return fields;
    row.remove_prefix(tab + 1);
  }
}

// A small generator for seeded trials; the seed is part of the test, so every run is the same.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed * 2 + 1) {}
  std::uint64_t next() {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return state_;
  }
  std::size_t below(std::size_t limit) { return static_cast<std::size_t>(next() >> 11) % limit; }
  std::string_view pick(const std::vector<std::string_view>& words) {
    return words[below(words.size())];
  }

  // Bytes at random, pieces of `words`, and cut or changed pieces of them.
  std::string text(const std::vector<std::string_view>& words, std::size_t pieces) {
    std::string out;
    for (std::size_t i = below(pieces + 1); i > 0; --i) {
      if (below(4) == 0) {
        out += static_cast<char>(below(256));
      } else {
        const std::string_view word = pick(words);
        out += below(8) == 0 ? word.substr(0, below(word.size() + 1)) : word;
      }
    }
    return out;
  }

 private:
  std::uint64_t state_;
};

}  // namespace tailrace::test
