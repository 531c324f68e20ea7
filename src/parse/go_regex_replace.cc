#include "parse/go_regex_replace.h"

#include <algorithm>

#include "base/text.h"
#include "parse/regex/repaired_text.h"

namespace tailrace {
namespace {

bool is_word(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

struct Reference {
  std::string_view name;
  std::size_t bytes = 0;  // with "$"; 0: no reference
};

// "$name" or "${name}" at the start of `text`, which begins with "$".
Reference read_reference(std::string_view text) {
  const bool braced = text.substr(1, 1) == "{";
  const std::size_t start = braced ? 2 : 1;
  std::size_t end = start;
  while (end < text.size() && is_word(text[end])) ++end;
  if (end == start) return {};
  if (braced && (end == text.size() || text[end] != '}')) return {};
  return {text.substr(start, end - start), end + (braced ? 1 : 0)};
}

// Go takes a name of digits as a number, as long as it stays below 100 million.
bool read_number(std::string_view name, std::size_t& number) {
  number = 0;
  for (const char c : name) {
    if (c < '0' || c > '9' || number >= 100'000'000) return false;
    number = number * 10 + static_cast<std::size_t>(c - '0');
  }
  return name.size() == 1 || name[0] != '0';
}

void append_group(const GoRegex& regex, std::string_view name,
                  const std::vector<std::string_view>& found, std::string& out) {
  std::size_t number = 0;
  if (read_number(name, number)) {
    if (number < found.size()) out += found[number];
    return;
  }
  const std::vector<std::string>& names = regex.all_names();
  // Of a name used twice, Go takes the first that took part.
  for (std::size_t i = 1; i < names.size() && i < found.size(); ++i) {
    if (names[i] != name || found[i].data() == nullptr) continue;
    out += found[i];
    return;
  }
}

template <class Append>
std::string replace_each(const GoRegex& regex, std::string_view text, Append&& append) {
  text = regex::never_null(text);
  std::string out;
  std::size_t done = 0;
  RegexMatches matches(regex, text);
  while (matches.next()) {
    const std::string_view whole = matches.found()[0];
    const auto start = static_cast<std::size_t>(whole.data() - text.data());
    out += text.substr(done, start - done);
    append(matches.found(), out);
    done = start + whole.size();
  }
  out += text.substr(done);
  return out;
}

}  // namespace

RegexMatches::RegexMatches(const GoRegex& regex, std::string_view text)
    : regex_(regex), text_(regex::never_null(text)), found_(regex.groups().size() + 1) {}

bool RegexMatches::next() {
  while (at_ <= text_.size()) {
    if (!regex_.search(text_, found_, at_)) break;
    const auto start = static_cast<std::size_t>(found_[0].data() - text_.data());
    const std::size_t end = start + found_[0].size();
    const bool counts = !(end == start && start == last_end_);
    if (end > at_) {
      at_ = end;
    } else {  // empty, right here: go on behind the next character
      std::size_t behind = at_;
      if (at_ < text_.size()) decode_utf8(text_, behind);
      at_ = at_ < text_.size() ? behind : text_.size() + 1;
    }
    last_end_ = end;
    if (counts) return true;
  }
  at_ = text_.size() + 1;
  return false;
}

void expand_replacement(const GoRegex& regex, std::string_view replacement,
                        const std::vector<std::string_view>& found, std::string& out) {
  while (!replacement.empty()) {
    const std::size_t dollar = replacement.find('$');
    out += replacement.substr(0, dollar);
    if (dollar == std::string_view::npos) return;
    replacement.remove_prefix(dollar);
    if (replacement.substr(1, 1) == "$") {
      out += '$';
      replacement.remove_prefix(2);
      continue;
    }
    const Reference reference = read_reference(replacement);
    if (reference.bytes == 0) {
      out += '$';
      replacement.remove_prefix(1);
      continue;
    }
    append_group(regex, reference.name, found, out);
    replacement.remove_prefix(reference.bytes);
  }
}

std::string regex_replace_all(const GoRegex& regex, std::string_view text,
                              std::string_view replacement) {
  return replace_each(regex, text,
                      [&](const std::vector<std::string_view>& found, std::string& out) {
                        expand_replacement(regex, replacement, found, out);
                      });
}

std::string regex_replace_all_literal(const GoRegex& regex, std::string_view text,
                                      std::string_view replacement) {
  return replace_each(regex, text, [&](const std::vector<std::string_view>&, std::string& out) {
    out += replacement;
  });
}

std::vector<std::string_view> regex_find_all(const GoRegex& regex, std::string_view text,
                                             int count_max) {
  std::vector<std::string_view> all;
  RegexMatches matches(regex, text);
  while ((count_max < 0 || all.size() < static_cast<std::size_t>(count_max)) && matches.next()) {
    all.push_back(matches.found()[0]);
  }
  return all;
}

std::vector<std::string_view> regex_split(const GoRegex& regex, std::string_view text,
                                          int count_max) {
  if (count_max == 0) return {};
  text = regex::never_null(text);
  if (!regex.expression().empty() && text.empty()) return {""};
  std::vector<std::string_view> pieces;
  std::size_t begin = 0;
  std::size_t end = 0;
  for (const std::string_view match : regex_find_all(regex, text, count_max)) {
    if (count_max > 0 && pieces.size() == static_cast<std::size_t>(count_max) - 1) break;
    end = static_cast<std::size_t>(match.data() - text.data());
    const std::size_t match_end = end + match.size();
    if (match_end != 0) pieces.push_back(text.substr(begin, end - begin));
    begin = match_end;
  }
  if (end != text.size()) pieces.push_back(text.substr(begin));
  return pieces;
}

std::string regex_quote_meta(std::string_view text) {
  constexpr std::string_view kSpecial = R"(\.+*?()|[]{}^$)";
  std::string out;
  for (const char c : text) {
    if (kSpecial.find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

}  // namespace tailrace
