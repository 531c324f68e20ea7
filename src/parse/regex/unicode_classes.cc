#include "parse/regex/unicode_classes.h"

#include <algorithm>
#include <array>
#include <optional>

namespace tailrace::regex {
namespace {

struct Category {
  std::string_view name;  // without case and separators
  std::string_view short_name;
};
constexpr auto kCategories = std::to_array<Category>({
    {"other", "C"},
    {"control", "Cc"},
    {"cntrl", "Cc"},
    {"format", "Cf"},
    {"privateuse", "Co"},
    {"surrogate", "Cs"},
    {"letter", "L"},
    {"lowercaseletter", "Ll"},
    {"modifierletter", "Lm"},
    {"otherletter", "Lo"},
    {"titlecaseletter", "Lt"},
    {"uppercaseletter", "Lu"},
    {"mark", "M"},
    {"combiningmark", "M"},
    {"spacingmark", "Mc"},
    {"enclosingmark", "Me"},
    {"nonspacingmark", "Mn"},
    {"number", "N"},
    {"decimalnumber", "Nd"},
    {"digit", "Nd"},
    {"letternumber", "Nl"},
    {"othernumber", "No"},
    {"punctuation", "P"},
    {"punct", "P"},
    {"connectorpunctuation", "Pc"},
    {"dashpunctuation", "Pd"},
    {"closepunctuation", "Pe"},
    {"finalpunctuation", "Pf"},
    {"initialpunctuation", "Pi"},
    {"otherpunctuation", "Po"},
    {"openpunctuation", "Ps"},
    {"symbol", "S"},
    {"currencysymbol", "Sc"},
    {"modifiersymbol", "Sk"},
    {"mathsymbol", "Sm"},
    {"othersymbol", "So"},
    {"separator", "Z"},
    {"lineseparator", "Zl"},
    {"paragraphseparator", "Zp"},
    {"spaceseparator", "Zs"},
});

// Sets of several classes, as they stand between brackets.
constexpr std::string_view kCasedLetters = R"(\p{Lu}\p{Ll}\p{Lt})";
constexpr std::string_view kAssigned = R"(\pL\pM\pN\pP\pS\pZ\pC)";
constexpr std::string_view kAscii = R"(\x00-\x7F)";

bool is_separator(char c) { return c == ' ' || c == '_' || c == '-'; }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

std::string plain(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if (!is_separator(c)) out += lower(c);
  }
  return out;
}

// old italic -> Old_Italic, lu -> Lu; SignWriting stays, for some names have capitals inside.
std::string capitalized(std::string_view name) {
  std::string out;
  const auto is = [&](auto changed) {
    return std::any_of(name.begin(), name.end(), [&](char c) { return changed(c) != c; });
  };
  const bool has_both = is(lower) && is(upper);
  if (has_both && name.find_first_of(" -") == name.npos) return std::string(name);
  for (const char c : name) {
    const bool starts_word = out.empty() || out.back() == '_';
    out += is_separator(c) ? '_' : starts_word ? upper(c) : lower(c);
  }
  return out;
}

struct Class {
  std::string_view name;
  bool negated;
  bool in_brackets;
};

// Nothing if it cannot be said between brackets.
std::optional<std::string> set_of(std::string_view members, const Class& wanted) {
  if (!wanted.in_brackets) {
    return (wanted.negated ? "[^" : "[") + std::string(members) + "]";
  }
  if (wanted.negated) return std::nullopt;
  return std::string(members);
}

std::optional<std::string> translated(Class wanted) {
  const std::string name = plain(wanted.name);
  if (name == "ascii") return set_of(kAscii, wanted);
  if (name == "lc" || name == "casedletter") return set_of(kCasedLetters, wanted);
  if (name == "assigned") return set_of(kAssigned, wanted);
  if (name == "cn" || name == "unassigned") {
    wanted.negated = !wanted.negated;
    return set_of(kAssigned, wanted);
  }
  const auto found = std::find_if(kCategories.begin(), kCategories.end(),
                                  [&](const Category& each) { return each.name == name; });
  const std::string known =
      found != kCategories.end() ? std::string(found->short_name) : capitalized(wanted.name);
  return (wanted.negated ? "\\P{" : "\\p{") + known + "}";
}

}  // namespace

std::string rewrite_unicode_classes(std::string_view expression) {
  if (expression.find("\\p") == expression.npos && expression.find("\\P") == expression.npos) {
    return std::string(expression);
  }
  std::string out;
  bool in_brackets = false;
  const auto copy = [&](std::size_t bytes) {
    out += expression.substr(0, bytes);
    expression.remove_prefix(std::min(bytes, expression.size()));
  };
  while (!expression.empty()) {
    if (!in_brackets && expression.starts_with("\\Q")) {
      const std::size_t end = expression.find("\\E");
      copy(end == expression.npos ? expression.size() : end + 2);
    } else if (expression.starts_with("\\p") || expression.starts_with("\\P")) {
      const bool has_braces = expression.substr(2).starts_with('{');
      const std::size_t end = has_braces ? expression.find('}') : std::size_t{2};
      if (end >= expression.size()) break;
      Class wanted{has_braces ? expression.substr(3, end - 3) : expression.substr(2, 1),
                   expression[1] == 'P', in_brackets};
      if (wanted.name.starts_with('^')) {
        wanted.name.remove_prefix(1);
        wanted.negated = !wanted.negated;
      }
      const std::optional<std::string> known =
          wanted.name.empty() ? std::nullopt : translated(wanted);
      out += known.value_or(std::string(expression.substr(0, end + 1)));
      expression.remove_prefix(end + 1);
    } else if (expression[0] == '\\') {
      copy(2);
    } else if (in_brackets && expression.starts_with("[:")) {
      const std::size_t end = expression.find(":]");
      copy(end == expression.npos ? 2 : end + 2);
    } else if (in_brackets) {
      in_brackets = expression[0] != ']';
      copy(1);
    } else if (expression[0] == '[') {
      in_brackets = true;
      copy(expression.starts_with("[^") ? 2 : 1);
      if (expression.starts_with(']')) copy(1);  // the first one is a member
    } else {
      copy(1);
    }
  }
  return out.append(expression);
}

}  // namespace tailrace::regex
