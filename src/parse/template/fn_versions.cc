// semver and semverCompare: versions and constraints such as ">=1.2, <2 || ~3.1".
//
//   =  !=  >  <  >=  <=   compare with the version; parts that are not given (or x, X, *) are open
//   ~1.2.3  1.2.3 up to before 1.3     ^1.2.3  1.2.3 up to before 2     1.2 - 2.3  both ends count
//
// A version with a prerelease ("1.2.3-rc1") fits only constraints that name a prerelease
// themselves.
#include <optional>
#include <vector>

#include "parse/template/functions.h"
#include "parse/template/strings.h"

namespace tailrace::tmpl {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_identifier_character(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
}

std::optional<std::uint64_t> take_number(std::string_view& rest) {
  std::size_t digits = 0;
  std::uint64_t value = 0;
  for (; digits < rest.size() && is_digit(rest[digits]); ++digits) {
    if (__builtin_mul_overflow(value, std::uint64_t{10}, &value)) return std::nullopt;
    if (__builtin_add_overflow(value, static_cast<std::uint64_t>(rest[digits] - '0'), &value))
      return std::nullopt;
  }
  if (digits == 0) return std::nullopt;
  rest.remove_prefix(digits);
  return value;
}

// "alpha.1": words of letters, digits and dashes with dots between them.
std::optional<std::string_view> take_identifiers(std::string_view& rest) {
  std::size_t end = 0;
  bool in_word = false;
  for (; end < rest.size(); ++end) {
    if (is_identifier_character(rest[end])) {
      in_word = true;
    } else if (rest[end] == '.' && in_word) {
      in_word = false;
    } else {
      break;
    }
  }
  if (!in_word) return std::nullopt;
  const std::string_view out = rest.substr(0, end);
  rest.remove_prefix(end);
  return out;
}

// "v1", "1.2", "1.2.3-rc1+build"; parts not given are 0.
std::optional<Version> take_version(std::string_view& rest, int* given = nullptr) {
  Version out;
  out.original = rest;
  if (rest.starts_with('v')) rest.remove_prefix(1);
  std::uint64_t* const parts[] = {&out.major, &out.minor, &out.patch};
  int count = 0;
  bool is_open = false;
  for (; count < 3; ++count) {
    if (count > 0) {
      if (!rest.starts_with('.')) break;
      rest.remove_prefix(1);
    }
    const bool is_wild =
        given != nullptr && !rest.empty() && (rest[0] == 'x' || rest[0] == 'X' || rest[0] == '*');
    if (is_wild) {
      rest.remove_prefix(1);
      if (!is_open) *given = count;
      is_open = true;
      continue;
    }
    const auto number = take_number(rest);
    if (!number) return std::nullopt;
    *parts[count] = *number;
  }
  if (given != nullptr && !is_open) *given = count;
  if (rest.starts_with('-')) {
    rest.remove_prefix(1);
    const auto words = take_identifiers(rest);
    if (!words) return std::nullopt;
    out.prerelease = *words;
  }
  if (rest.starts_with('+')) {
    rest.remove_prefix(1);
    const auto words = take_identifiers(rest);
    if (!words) return std::nullopt;
    out.metadata = *words;
  }
  return out;
}

std::optional<Version> parse_version(std::string_view text) {
  std::string_view rest = text;
  auto out = take_version(rest);
  if (!out || !rest.empty()) return std::nullopt;
  return out;
}

template <class T>
int order(const T& a, const T& b) {
  return a < b ? -1 : a > b ? 1 : 0;
}

// Word by word: numbers by value and before words, a shorter list before a longer one; none at all
// is last.
int order_prereleases(std::string_view a, std::string_view b) {
  if (a == b) return 0;
  if (a.empty() || b.empty()) return a.empty() ? 1 : -1;
  while (!a.empty() || !b.empty()) {
    if (a.empty() || b.empty()) return a.empty() ? -1 : 1;
    const std::string_view x = a.substr(0, a.find('.'));
    const std::string_view y = b.substr(0, b.find('.'));
    a.remove_prefix(std::min(x.size() + 1, a.size()));
    b.remove_prefix(std::min(y.size() + 1, b.size()));
    std::string_view x_rest = x;
    std::string_view y_rest = y;
    const auto x_number = take_number(x_rest);
    const auto y_number = take_number(y_rest);
    const bool x_is_number = x_number && x_rest.empty();
    const bool y_is_number = y_number && y_rest.empty();
    int result = 0;
    if (x_is_number && y_is_number) {
      result = order(*x_number, *y_number);
    } else if (x_is_number != y_is_number) {
      result = x_is_number ? -1 : 1;
    } else {
      result = order(x, y);
    }
    if (result != 0) return result;
  }
  return 0;
}

int order_versions(const Version& a, const Version& b) {
  if (const int major = order(a.major, b.major); major != 0) return major;
  if (const int minor = order(a.minor, b.minor); minor != 0) return minor;
  if (const int patch = order(a.patch, b.patch); patch != 0) return patch;
  return order_prereleases(a.prerelease, b.prerelease);
}

struct Constraint {
  std::string_view operation;
  Version version;
  int given = 3;  // how many parts were written
};

bool is_same_to(const Version& a, const Version& b, int parts) {
  return (parts < 1 || a.major == b.major) && (parts < 2 || a.minor == b.minor) &&
         (parts < 3 || a.patch == b.patch);
}

// ^: nothing may change left of, or at, the first part that is not 0.
bool fits_caret(const Version& version, const Constraint& constraint) {
  const Version& base = constraint.version;
  if (order_versions(version, base) < 0) return false;
  if (base.major > 0 || constraint.given < 2) return version.major == base.major;
  if (version.major > 0) return false;
  if (base.minor > 0 || constraint.given < 3) return version.minor == base.minor;
  return version.minor == 0 && version.patch == base.patch;
}

bool fits(const Version& version, const Constraint& constraint) {
  const Version& base = constraint.version;
  const std::string_view operation = constraint.operation;
  const bool is_prerelease = !version.prerelease.empty();
  if (is_prerelease && base.prerelease.empty()) return operation == "!=" && constraint.given == 3;
  const int result = order_versions(version, base);
  const bool is_whole = constraint.given == 3;
  const bool is_same = is_same_to(version, base, constraint.given);
  if (constraint.given == 0) return operation != "!=" && operation != "<" && operation != ">";
  if (operation == "!=") return is_whole ? result != 0 : !is_same;
  if (operation == ">") return is_whole ? result > 0 : result > 0 && !is_same;
  if (operation == "<") return result < 0;
  if (operation == ">=" || operation == "=>") return result >= 0;
  if (operation == "<=" || operation == "=<") return is_whole ? result <= 0 : result < 0 || is_same;
  if (operation == "~" || operation == "~>")
    return result >= 0 && is_same_to(version, base, std::min(constraint.given, 2));
  if (operation == "^") return fits_caret(version, constraint);
  return is_whole ? result == 0 : is_same;  // "=" and nothing
}

class ConstraintReader {
 public:
  explicit ConstraintReader(std::string_view text) : rest_(text) {}

  // Alternatives of constraints that must all hold. Nothing: the text is wrong.
  std::optional<std::vector<std::vector<Constraint>>> run() {
    std::vector<std::vector<Constraint>> out(1);
    for (;;) {
      skip_blanks();
      if (rest_.starts_with("||")) {
        if (out.back().empty()) return std::nullopt;
        rest_.remove_prefix(2);
        out.emplace_back();
        continue;
      }
      if (rest_.empty()) break;
      if (!out.back().empty() && rest_.starts_with(',')) {
        rest_.remove_prefix(1);
        skip_blanks();
      }
      if (!read_one(out.back())) return std::nullopt;
    }
    if (out.back().empty()) return std::nullopt;
    return out;
  }

 private:
  void skip_blanks() {
    while (!rest_.empty() && is_white(static_cast<unsigned char>(rest_[0]))) rest_.remove_prefix(1);
  }

  bool read_one(std::vector<Constraint>& out) {
    Constraint constraint;
    for (const std::string_view operation :
         {"!=", ">=", "=>", "<=", "=<", "~>", "=", ">", "<", "~", "^"}) {
      if (!rest_.starts_with(operation)) continue;
      constraint.operation = operation;
      rest_.remove_prefix(operation.size());
      break;
    }
    skip_blanks();
    const auto version = take_version(rest_, &constraint.given);
    if (!version) return false;
    constraint.version = *version;
    // "1.2 - 2.3": from one to the other.
    std::string_view behind = rest_;
    skip_blanks();
    if (constraint.operation.empty() && rest_.starts_with("- ")) {
      rest_.remove_prefix(1);
      skip_blanks();
      Constraint last{"<=", {}, 3};
      const auto end = take_version(rest_, &last.given);
      if (!end) return false;
      last.version = *end;
      constraint.operation = ">=";
      out.push_back(constraint);
      out.push_back(last);
      return true;
    }
    rest_ = behind;
    out.push_back(constraint);
    return true;
  }

  std::string_view rest_;
};

Result<Value> do_semver(Call& call) {
  const auto version = parse_version(call.text(0));
  if (!version) return call_error("Invalid Semantic Version");
  return call.run.heap.version(*version);
}

Result<Value> do_semver_compare(Call& call) {
  const auto alternatives = ConstraintReader(call.text(0)).run();
  if (!alternatives) return call_error("improper constraint: " + std::string(call.text(0)));
  const auto version = parse_version(call.text(1));
  if (!version) return call_error("Invalid Semantic Version");
  for (const std::vector<Constraint>& all : *alternatives) {
    bool holds = true;
    for (const Constraint& constraint : all) holds = holds && fits(*version, constraint);
    if (holds) return Value::of_bool(true);
  }
  return Value::of_bool(false);
}

constexpr Function kFunctions[] = {{"semver", "s", do_semver},
                                   {"semverCompare", "ss", do_semver_compare}};

}  // namespace

std::span<const Function> version_functions() { return kFunctions; }

}  // namespace tailrace::tmpl
