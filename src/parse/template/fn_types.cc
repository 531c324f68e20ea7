// Types, defaults, and the environment.
#include <cstdlib>

#include "parse/template/functions.h"

namespace tailrace::tmpl {
namespace {

Result<Value> do_default(Call& call) {
  if (call.count() < 2 || is_empty(call[1])) return call[0];
  return call[1];
}
Result<Value> do_coalesce(Call& call) {
  for (const Value& value : call.args) {
    if (!is_empty(value)) return value;
  }
  return Value();
}
Result<Value> do_empty(Call& call) { return Value::of_bool(is_empty(call[0])); }
Result<Value> do_ternary(Call& call) { return call[2].boolean ? call[0] : call[1]; }
Result<Value> do_all(Call& call) {
  for (const Value& value : call.args) {
    if (is_empty(value)) return Value::of_bool(false);
  }
  return Value::of_bool(true);
}
Result<Value> do_any(Call& call) {
  for (const Value& value : call.args) {
    if (!is_empty(value)) return Value::of_bool(true);
  }
  return Value::of_bool(false);
}
Result<Value> do_fail(Call& call) { return call_error(std::string(call.text(0))); }

Result<Value> do_kind_of(Call& call) { return Value::of_text(kind_name(call[0])); }
Result<Value> do_kind_is(Call& call) { return Value::of_bool(call.text(0) == kind_name(call[1])); }
Result<Value> do_type_of(Call& call) { return Value::of_text(type_name(call[0])); }
Result<Value> do_type_is(Call& call) { return Value::of_bool(call.text(0) == type_name(call[1])); }
Result<Value> do_type_is_like(Call& call) {
  const std::string_view type = type_name(call[1]);
  return Value::of_bool(call.text(0) == type || "*" + std::string(call.text(0)) == type);
}

Value environment(Call& call, std::string_view name) {
  const char* value = std::getenv(std::string(name).c_str());
  return value == nullptr ? Value::of_text("") : call.give(value);
}
Result<Value> do_env(Call& call) { return environment(call, call.text(0)); }

bool is_name(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool is_special(char c) {
  return std::string_view("*#$@!?-0123456789").find(c) != std::string_view::npos;
}

// $NAME and ${NAME}, as os.ExpandEnv: "${" without an end vanishes, a "$" alone stays.
Result<Value> do_expandenv(Call& call) {
  const std::string_view text = call.text(0);
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '$' || at + 1 == text.size()) {
      out += text[at];
      continue;
    }
    const char next = text[at + 1];
    if (next == '{') {
      const std::size_t close = text.find('}', at + 2);
      if (close == std::string_view::npos || close == at + 2) {
        at += close == at + 2 ? 2 : 1;
        continue;
      }
      out += environment(call, text.substr(at + 2, close - at - 2)).text();
      at = close;
    } else if (is_special(next)) {
      out += environment(call, text.substr(at + 1, 1)).text();
      ++at;
    } else {
      std::size_t end = at + 1;
      while (end < text.size() && is_name(text[end])) ++end;
      if (end == at + 1) {
        out += '$';
        continue;
      }
      out += environment(call, text.substr(at + 1, end - at - 1)).text();
      at = end - 1;
    }
  }
  return call.give(out);
}

constexpr Function kFunctions[] = {
    {"all", "a*", do_all},
    {"any", "a*", do_any},
    {"coalesce", "a*", do_coalesce},
    {"default", "aa*", do_default},
    {"empty", "a", do_empty},
    {"env", "s", do_env},
    {"expandenv", "s", do_expandenv},
    {"fail", "s", do_fail},
    {"kindIs", "sa", do_kind_is},
    {"kindOf", "a", do_kind_of},
    {"ternary", "aab", do_ternary},
    {"typeIs", "sa", do_type_is},
    {"typeIsLike", "sa", do_type_is_like},
    {"typeOf", "a", do_type_of},
};

}  // namespace

std::span<const Function> type_functions() { return kFunctions; }

}  // namespace tailrace::tmpl
