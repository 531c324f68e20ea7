#include "logql/literal.h"

namespace tailrace::logql {
namespace {

bool is_punctuation(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte > 0x20 && byte < 0x7f && !(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'z') &&
         !(c >= 'A' && c <= 'Z');
}

class Scan {
 public:
  explicit Scan(std::string_view expression) : text_(expression) {}

  std::string run() {
    // Flags change what letters mean.
    if (text_.find("(?") != text_.npos && has_flags()) return {};
    int depth = 0;
    for (std::size_t at = 0; at < text_.size(); ++at) {
      const char c = text_[at];
      if (c == '|' && depth == 0) return {};
      if (c == '(') {
        ++depth;
        end_run();
      } else if (c == ')') {
        --depth;
        end_run();
      } else if (c == '[') {
        end_run();
        if (!skip_class(at)) return {};
      } else if (c == '\\') {
        if (at + 1 >= text_.size() || !is_punctuation(text_[at + 1])) {
          end_run();
          if (at + 1 < text_.size() &&
              std::string_view("QEpPxCAzbB01234567").find(text_[at + 1]) != std::string_view::npos)
            return {};
          ++at;
          continue;
        }
        ++at;
        if (depth == 0) run_ += text_[at];
      } else if (c == '*' || c == '?' || c == '{') {
        // The character in front may be missing (or, behind UTF-8, only the last of its bytes is
        // here).
        while (!run_.empty() && (static_cast<unsigned char>(run_.back()) & 0xc0) == 0x80)
          run_.pop_back();
        if (!run_.empty()) run_.pop_back();
        end_run();
        if (c == '{') {
          const std::size_t end = text_.find('}', at);
          if (end == text_.npos) return {};
          at = end;
        }
      } else if (c == '.' || c == '^' || c == '$' || c == '+') {
        end_run();
      } else if (depth == 0) {
        run_ += c;
      }
    }
    end_run();
    return best_;
  }

 private:
  bool has_flags() const {
    for (std::size_t at = text_.find("(?"); at != text_.npos; at = text_.find("(?", at + 2)) {
      const char next = at + 2 < text_.size() ? text_[at + 2] : ')';
      if (next != ':' && next != 'P' && next != '<') return true;
    }
    return false;
  }
  // From '[' to its ']'.
  bool skip_class(std::size_t& at) const {
    std::size_t i = at + 1;
    if (i < text_.size() && text_[i] == '^') ++i;
    if (i < text_.size() && text_[i] == ']') ++i;
    for (; i < text_.size(); ++i) {
      if (text_[i] == '\\') {
        ++i;
      } else if (text_[i] == '[' && i + 1 < text_.size() && text_[i + 1] == ':') {
        const std::size_t end = text_.find(":]", i + 2);
        if (end == text_.npos) return false;
        i = end + 1;
      } else if (text_[i] == ']') {
        at = i;
        return true;
      }
    }
    return false;
  }
  void end_run() {
    if (run_.size() > best_.size()) best_ = run_;
    run_.clear();
  }

  std::string_view text_;
  std::string run_;
  std::string best_;
};

}  // namespace

std::string required_literal(std::string_view expression) { return Scan(expression).run(); }

}  // namespace tailrace::logql
