// The functions that Promtail adds. Unlike in the library the subject comes first (but for the
// hashes).
#include "parse/template/functions.h"
#include "parse/template/hashes.h"
#include "parse/template/strings.h"

namespace tailrace::tmpl {
namespace {

Result<Value> do_to_lower(Call& call) { return call.give(lower(call.text(0))); }
Result<Value> do_to_upper(Call& call) { return call.give(upper(call.text(0))); }
Result<Value> do_replace(Call& call) {
  return replaced(call, call.text(0), call.text(1), call.text(2), call.integer(3));
}
Result<Value> do_trim(Call& call) {
  return Value::of_text(trim_set(call.text(0), call.text(1), true, true));
}
Result<Value> do_trim_left(Call& call) {
  return Value::of_text(trim_set(call.text(0), call.text(1), true, false));
}
Result<Value> do_trim_right(Call& call) {
  return Value::of_text(trim_set(call.text(0), call.text(1), false, true));
}
Result<Value> do_trim_prefix(Call& call) {
  return Value::of_text(without_prefix(call.text(0), call.text(1)));
}
Result<Value> do_trim_suffix(Call& call) {
  return Value::of_text(without_suffix(call.text(0), call.text(1)));
}
Result<Value> do_trim_space(Call& call) { return Value::of_text(trim_white(call.text(0))); }

Result<Value> do_hash(Call& call) {
  return call.give(hex(digest("SHA3-256", std::string(call.text(0)) + std::string(call.text(1)))));
}
Result<Value> do_sha2_hash(Call& call) {
  return call.give(hex(digest("SHA256", std::string(call.text(0)) + std::string(call.text(1)))));
}

constexpr Function kFunctions[] = {
    {"Hash", "ss", do_hash},
    {"Replace", "sssi", do_replace},
    {"Sha2Hash", "ss", do_sha2_hash},
    {"ToLower", "s", do_to_lower},
    {"ToUpper", "s", do_to_upper},
    {"Trim", "ss", do_trim},
    {"TrimLeft", "ss", do_trim_left},
    {"TrimPrefix", "ss", do_trim_prefix},
    {"TrimRight", "ss", do_trim_right},
    {"TrimSpace", "s", do_trim_space},
    {"TrimSuffix", "ss", do_trim_suffix},
};

}  // namespace

std::span<const Function> promtail_functions() { return kFunctions; }

}  // namespace tailrace::tmpl
