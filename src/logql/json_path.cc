#include "logql/json_path.h"

#include <algorithm>
#include <charconv>

#include "logql/lexer.h"
#include "parse/json/lexer.h"

namespace tailrace::logql {
namespace {

// From the container's first byte to the value of a key; null: none.
const char* find_key(const char* at, const char* end, std::string_view key, Arena& arena) {
  if (at == end || *at != '{') return nullptr;
  at = json::skip_blanks(at + 1, end);
  while (at != end && *at == '"') {
    json::StringShape shape;
    const char* const body = at + 1;
    at = json::skip_string(body, end, shape);
    if (at == nullptr) return nullptr;
    const bool found =
        json::string_text({body, static_cast<std::size_t>(at - 1 - body)}, shape, arena) == key;
    at = json::skip_blanks(at, end);
    if (at == end || *at != ':') return nullptr;
    at = json::skip_blanks(at + 1, end);
    if (found) return at;
    if (at == end) return nullptr;
    at = json::skip_value(at, end, 1);
    if (at == nullptr) return nullptr;
    at = json::skip_blanks(at, end);
    if (at == end || *at != ',') return nullptr;
    at = json::skip_blanks(at + 1, end);
  }
  return nullptr;
}

const char* find_index(const char* at, const char* end, std::size_t index) {
  if (at == end || *at != '[') return nullptr;
  at = json::skip_blanks(at + 1, end);
  if (at == end || *at == ']') return nullptr;
  for (; index > 0; --index) {
    at = json::skip_value(at, end, 1);
    if (at == nullptr) return nullptr;
    at = json::skip_blanks(at, end);
    if (at == end || *at != ',') return nullptr;
    at = json::skip_blanks(at + 1, end);
    if (at == end) return nullptr;
  }
  return at;
}

}  // namespace

Result<JsonPath> JsonPath::compile(std::string_view text) {
  JsonPath out;
  const std::vector<Token> tokens = tokenize(text);
  const auto bad = [&](std::string_view expected) {
    return Error{ErrorCode::kInvalid, "syntax error: expected " + std::string(expected)};
  };
  std::size_t at = 0;
  bool wants_key = true;  // at the start and behind a dot
  while (tokens[at].kind != TokenKind::kEnd) {
    const Token& token = tokens[at];
    if (token.kind == TokenKind::kIdentifier && wants_key) {
      out.steps_.push_back({false, token.text, 0});
      ++at;
    } else if (token.is("[") && (!wants_key || out.steps_.empty())) {
      const Token& inside = tokens[at + 1];
      Step step;
      if (inside.kind == TokenKind::kString || inside.kind == TokenKind::kRawString) {
        step.key = inside.text;
      } else if (inside.kind == TokenKind::kNumber &&
                 std::from_chars(inside.text.data(), inside.text.data() + inside.text.size(),
                                 step.index)
                         .ptr == inside.text.data() + inside.text.size()) {
        step.is_index = true;
      } else {
        return bad("a number or a quoted key between [ and ]");
      }
      if (at + 2 >= tokens.size() || !tokens[at + 2].is("]")) return bad("]");
      out.steps_.push_back(std::move(step));
      at += 3;
    } else {
      return bad("a key or [");
    }
    wants_key = tokens[at].is(".");
    if (wants_key && tokens[++at].kind != TokenKind::kIdentifier)
      return bad("a key behind the dot");
  }
  if (out.steps_.empty()) return bad("a path");
  return out;
}

std::optional<JsonPath::Found> JsonPath::find(std::string_view document, Arena& arena) const {
  const char* const end = document.data() + document.size();
  const char* at = json::skip_blanks(document.data(), end);
  for (const Step& step : steps_) {
    at = step.is_index ? find_index(at, end, step.index) : find_key(at, end, step.key, arena);
    if (at == nullptr) return std::nullopt;
  }
  // To Loki's reader what breaks off within a list is not there.
  const bool in_list =
      std::any_of(steps_.begin(), steps_.end(), [](const Step& step) { return step.is_index; });
  const std::optional<Found> broken =
      in_list ? std::nullopt
              : std::optional(Found{.text = {}, .is_string = false, .is_broken = true});
  if (at == end) return broken;
  if (*at == '"') {
    json::StringShape shape;
    const char* const behind = json::skip_string(at + 1, end, shape);
    if (behind == nullptr) return broken;
    return Found{
        json::string_text({at + 1, static_cast<std::size_t>(behind - at - 2)}, shape, arena), true};
  }
  const char* const behind = json::skip_value(at, end, 1);
  if (behind == nullptr) return broken;
  if (*at == 'n') return Found{};
  return Found{{at, static_cast<std::size_t>(behind - at)}};
}

std::vector<std::string> JsonPath::step_texts() const {
  std::vector<std::string> out;
  for (const Step& step : steps_)
    out.push_back(step.is_index ? "[" + std::to_string(step.index) + "]" : step.key);
  return out;
}

}  // namespace tailrace::logql
