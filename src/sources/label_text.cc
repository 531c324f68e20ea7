#include "sources/label_text.h"

#include <charconv>
#include <optional>
#include <string>

#include "base/text.h"

namespace tailrace {
namespace {

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Result<Labels> parse() {
    Labels labels;
    if (!take('{')) return fault("expected {");
    while (!take('}')) {
      TAILRACE_TRY(std::string name, name_text());
      if (!take('=')) return fault("expected = after the label " + name);
      TAILRACE_TRY(std::string value, quoted());
      if (labels.find(name)) return fault("label " + name + " stands twice");
      labels.set(name, value);
      if (take(',')) continue;
      if (!take('}')) return fault("expected , or }");
      break;
    }
    skip_space();
    if (at_ != text_.size()) return fault("unexpected text behind }");
    return labels;
  }

 private:
  Error fault(const std::string& what) const {
    return Error{ErrorCode::kInvalid,
                 "label set at position " + std::to_string(at_ + 1) + ": " + what};
  }
  void skip_space() {
    while (at_ < text_.size() && (text_[at_] == ' ' || (text_[at_] >= '\t' && text_[at_] <= '\r')))
      ++at_;
  }
  bool take(char wanted) {
    skip_space();
    if (at_ >= text_.size() || text_[at_] != wanted) return false;
    ++at_;
    return true;
  }
  bool is_quote() {
    skip_space();
    return at_ < text_.size() && (text_[at_] == '"' || text_[at_] == '\'' || text_[at_] == '`');
  }

  Result<std::string> name_text() {
    if (is_quote()) return quoted();
    const std::size_t begin = at_;
    while (at_ < text_.size() && is_label_name(text_.substr(begin, at_ + 1 - begin))) ++at_;
    if (at_ == begin) return fault("expected the name of a label");
    return std::string(text_.substr(begin, at_ - begin));
  }

  Result<std::string> quoted() {
    if (!is_quote()) return fault("expected a quoted string");
    const char quote = text_[at_++];
    std::string out;
    while (at_ < text_.size() && text_[at_] != quote) {
      const char c = text_[at_];
      if (c == '\n' && quote != '`') break;
      ++at_;
      if (c != '\\' || quote == '`') {
        out += c;
      } else if (!escape(out, quote)) {
        return fault("bad escape in a string");
      }
    }
    if (at_ >= text_.size() || text_[at_] != quote) return fault("a string does not end");
    ++at_;
    return out;
  }

  bool escape(std::string& out, char quote) {
    if (at_ >= text_.size()) return false;
    const char c = text_[at_++];
    constexpr std::string_view kNames = "abfnrtv\\";
    constexpr std::string_view kMeans = "\a\b\f\n\r\t\v\\";
    const std::size_t simple = kNames.find(c);
    if (simple != std::string_view::npos) return out += kMeans[simple], true;
    if (c == quote) return out += c, true;
    if (c >= '0' && c <= '7') {
      --at_;
      const std::optional<std::uint32_t> byte = number(3, 8);
      if (!byte || *byte > 255) return false;
      return out += static_cast<char>(*byte), true;
    }
    const std::size_t digits = c == 'x' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : 0;
    const std::optional<std::uint32_t> code = digits == 0 ? std::nullopt : number(digits, 16);
    if (!code) return false;
    if (c == 'x') return out += static_cast<char>(*code), true;
    if (*code > 0x10ffff || (*code >= 0xd800 && *code < 0xe000)) return false;
    append_utf8(out, static_cast<char32_t>(*code));
    return true;
  }

  std::optional<std::uint32_t> number(std::size_t digits, int base) {
    const std::string_view part = text_.substr(at_, digits);
    std::uint32_t value = 0;
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), value, base);
    if (part.size() != digits || error != std::errc() || end != part.data() + part.size()) {
      return std::nullopt;
    }
    at_ += digits;
    return value;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

Result<Labels> parse_label_text(std::string_view text) { return Parser(text).parse(); }

}  // namespace tailrace
