// expand_env: the substitutions of a shell's ${...}, as the library of Promtail (envsubst)
// understands them.
//
// A recursive descent over the text: text with ${...} in it; ${ name operator word... }; words may
// hold ${...} again. The first that does not parse ends it with an error.
#include "config/expand_env.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>

#include "base/text.h"
#include "base/unicode_case.h"
#include "base/wildcard.h"

namespace tailrace {
namespace {

constexpr int kDepthMax = 50;

bool is_name_byte(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

template <class Map>
std::string map_first(std::string_view text, Map map) {
  if (text.empty()) return {};
  std::size_t at = 0;
  std::string out;
  append_utf8(out, map(decode_utf8(text, at)));
  out += text.substr(at);
  return out;
}

std::optional<std::int64_t> whole_number(std::string_view text) {
  if (text.size() > 1 && text.front() == '+') text.remove_prefix(1);
  std::int64_t out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return out;
}

// Bytes, as in the original. Arguments that are no numbers change nothing.
std::string substring(const std::string& text, std::string_view offset_text,
                      const std::optional<std::string>& length_text) {
  const std::optional<std::int64_t> offset = whole_number(offset_text);
  if (!offset) return text;
  const auto size = static_cast<std::int64_t>(text.size());
  const std::int64_t begin =
      *offset < 0 ? std::max<std::int64_t>(size + *offset, 0) : std::min(*offset, size);
  std::int64_t length = size - begin;
  if (length_text) {
    const std::optional<std::int64_t> wanted = whole_number(*length_text);
    if (!wanted || *wanted < 0) return text;
    length = std::min(length, *wanted);
  }
  return text.substr(static_cast<std::size_t>(begin), static_cast<std::size_t>(length));
}

// Cuts what `pattern` matches off the front or the back, as little or as much as possible.
std::string trim(const std::string& text, const std::string& pattern, bool front, bool longest) {
  const Result<Wildcard> wildcard = Wildcard::compile(pattern);
  if (!wildcard) return text;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    const std::size_t cut = longest ? text.size() - i : i;
    const std::string_view part = front ? std::string_view(text).substr(0, cut)
                                        : std::string_view(text).substr(text.size() - cut);
    if (wildcard->matches(part))
      return front ? text.substr(cut) : text.substr(0, text.size() - cut);
  }
  return text;
}

std::string replace(const std::string& text, std::string_view operation, const std::string& from,
                    const std::string& to) {
  if (operation == "/#")
    return text.compare(0, from.size(), from) == 0 ? to + text.substr(from.size()) : text;
  if (operation == "/%") {
    const bool ends = text.size() >= from.size() &&
                      text.compare(text.size() - from.size(), from.size(), from) == 0;
    return ends ? text.substr(0, text.size() - from.size()) + to : text;
  }
  std::string out;
  std::size_t at = 0;
  for (;;) {
    const std::size_t found = text.find(from, at);
    if (found == std::string::npos) break;
    out.append(text, at, found - at);
    out += to;
    at = found + from.size();
    if (operation == "/") break;
  }
  return out.append(text, at);
}

class Expander {
 public:
  Expander(std::string_view text, const EnvLookup& lookup) : text_(text), lookup_(lookup) {}

  Result<std::string> run() {
    std::string out;
    while (at_ < text_.size()) {
      if (looking_at_escape()) {
        out += text_[at_ + 1];
        at_ += 2;
        continue;
      }
      if (looking_at("${")) {
        const std::size_t start = at_;
        const std::optional<std::string> value = expansion();
        if (!value) return bad_substitution(start);
        out += *value;
        continue;
      }
      out += text_[at_++];
    }
    return out;
  }

 private:
  bool looking_at(std::string_view what) const {
    return text_.compare(at_, what.size(), what) == 0;
  }
  // $$ and, also in text without any ${...}, \\ and \/ stand for their second character.
  bool looking_at_escape() const {
    return looking_at("$$") || looking_at("\\\\") || looking_at("\\/");
  }
  bool take(std::string_view what) {
    if (!looking_at(what)) return false;
    at_ += what.size();
    return true;
  }
  Error bad_substitution(std::size_t start) const {
    const std::string_view before = text_.substr(0, start);
    const std::size_t line_start = before.rfind('\n') + 1;  // 0 if there is none
    const auto line = std::count(before.begin(), before.end(), '\n') + 1;
    const std::string_view shown =
        text_.substr(start, text_.substr(start, 40).find_first_of("\r\n"));
    return Error{ErrorCode::kInvalid,
                 std::to_string(line) + ":" + std::to_string(start - line_start + 1) +
                     ": bad substitution " + std::string(shown.substr(0, 40)) +
                     ": a missing closing brace, or a variable name or operation that cannot be "
                     "read; write $${ for a literal ${"};
  }

  // The longest of `operations` that stands here; "" if none. Longer ones must come first.
  std::string_view take_one_of(std::initializer_list<std::string_view> operations) {
    for (std::string_view operation : operations) {
      if (take(operation)) return operation;
    }
    return {};
  }

  std::string_view name() {
    const std::size_t start = at_;
    while (at_ < text_.size() && is_name_byte(text_[at_])) ++at_;
    return text_.substr(start, at_ - start);
  }
  std::string value_of(std::string_view variable) const {
    return lookup_(variable).value_or(std::string());
  }

  // Text up to one of `ends` (not taken), with ${...} expanded. Nothing if the text ends before.
  // `escapes`: see looking_at_escape().
  std::optional<std::string> word(std::string_view ends, bool escapes) {
    std::string out;
    while (at_ < text_.size() && ends.find(text_[at_]) == std::string_view::npos) {
      if (escapes && looking_at_escape()) ++at_;
      if (looking_at("${") && (!escapes || text_[at_ - 1] != '$')) {
        std::optional<std::string> inner = expansion();
        if (!inner) return std::nullopt;
        out += *inner;
        continue;
      }
      out += text_[at_++];
    }
    if (at_ >= text_.size()) return std::nullopt;
    return out;
  }
  std::optional<std::string> last_word(bool escapes) {
    std::optional<std::string> out = word("}", escapes);
    if (out) ++at_;
    return out;
  }

  // At "${": the value, behind the closing brace; nothing if this makes no sense.
  std::optional<std::string> expansion() {
    if (depth_ >= kDepthMax) return std::nullopt;
    ++depth_;
    at_ += 2;
    std::optional<std::string> out = take("#") ? length() : substitution();
    --depth_;
    return out;
  }

  std::optional<std::string> length() {
    const std::string_view variable = name();
    if (variable.empty() || !take("}")) return std::nullopt;
    return std::to_string(value_of(variable).size());
  }

  std::optional<std::string> substitution() {
    const std::string_view variable = name();
    if (variable.empty()) return std::nullopt;
    const std::string value = value_of(variable);
    if (take("}")) return value;
    if (!take_one_of({":-", ":=", ":?", ":+", "=", "-"}).empty()) {
      std::optional<std::string> other = last_word(false);
      return other && !value.empty() ? value : other;
    }
    if (take(":")) return substring_of(value);
    if (const std::string_view operation = take_one_of({"^^", "^", ",,", ","});
        !operation.empty()) {
      if (!take("}")) return std::nullopt;
      return change_case(value, operation);
    }
    if (const std::string_view operation = take_one_of({"##", "#", "%%", "%"});
        !operation.empty()) {
      const std::optional<std::string> pattern = last_word(false);
      if (!pattern || pattern->empty()) return std::nullopt;
      return trim(value, *pattern, operation.front() == '#', operation.size() == 2);
    }
    if (const std::string_view operation = take_one_of({"//", "/#", "/%", "/"});
        !operation.empty()) {
      const std::optional<std::string> from = word("/}", true);
      if (!from || from->empty() || !take("/")) return std::nullopt;
      const std::optional<std::string> to = last_word(true);
      if (!to) return std::nullopt;
      return replace(value, operation, *from, *to);
    }
    return std::nullopt;
  }

  static std::string change_case(const std::string& value, std::string_view operation) {
    if (operation == "^^") return to_upper(value);
    if (operation == ",,") return to_lower(value);
    return operation == "^" ? map_first(value, [](char32_t c) { return to_upper(c); })
                            : map_first(value, [](char32_t c) { return to_lower(c); });
  }

  std::optional<std::string> substring_of(const std::string& value) {
    const std::optional<std::string> offset = word(":}", false);
    if (!offset || offset->empty()) return std::nullopt;
    if (take("}")) return substring(value, *offset, std::nullopt);
    ++at_;  // the colon
    const std::optional<std::string> length = last_word(false);
    if (!length || length->empty()) return std::nullopt;
    return substring(value, *offset, length);
  }

  const std::string_view text_;
  const EnvLookup& lookup_;
  std::size_t at_ = 0;
  int depth_ = 0;
};

}  // namespace

Result<std::string> expand_env(std::string_view text, const EnvLookup& lookup) {
  return Expander(text, lookup).run();
}

std::optional<std::string> process_env(std::string_view name) {
  const char* value = std::getenv(std::string(name).c_str());
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

}  // namespace tailrace
