// The functions of text/template itself, but for comparisons and escaping.
#include "parse/template/functions.h"

namespace tailrace::tmpl {
namespace {

Result<Value> do_not(Call& call) { return Value::of_bool(!is_true(call[0])); }
Result<Value> do_print(Call& call) { return call.give(print(call.args)); }
Result<Value> do_println(Call& call) { return call.give(println(call.args)); }
Result<Value> do_printf(Call& call) {
  const std::string text = format(call.text(0), call.args.subspan(1), call.run.bytes_max);
  return call.give(text);
}

Result<Value> do_len(Call& call) {
  const Value& value = call[0];
  const auto count = [](std::size_t size) {
    return Value::of_int(static_cast<std::int64_t>(size));
  };
  if (value.is_string()) return count(value.size);
  if (value.is_list()) return count(value.list->size());
  if (value.is_map()) return count(value.map->size());
  if (value.is_nil()) return call_error("len of nil pointer");
  return call_error("len of type " + std::string(type_name(value)));
}

Result<std::size_t> checked_index(const Value& index, std::size_t size) {
  if (!index.is_integer()) {
    if (index.is_nil()) return call_error("cannot index slice/array with nil");
    return call_error("cannot index slice/array with type " + std::string(type_name(index)));
  }
  if (index.integer < 0 || static_cast<std::uint64_t>(index.integer) >= size) {
    return call_error("index out of range: " + std::to_string(index.integer));
  }
  return static_cast<std::size_t>(index.integer);
}

Result<Value> do_index(Call& call) {
  Value item = call[0];
  if (item.is_nil()) return call_error("index of untyped nil");
  for (const Value& index : call.args.subspan(1)) {
    if (item.is_list()) {
      TAILRACE_TRY(const std::size_t at, checked_index(index, item.list->size()));
      item = (*item.list)[at];
    } else if (item.is_string()) {
      TAILRACE_TRY(const std::size_t at, checked_index(index, item.size));
      item = Value::of_int(static_cast<unsigned char>(item.chars[at]), Kind::kByte);
    } else if (item.is_map()) {
      if (!index.is_string()) {
        return call_error("value has type " + std::string(type_name(index)) + "; should be string");
      }
      const auto member = item.map->find(index.text());
      const Value none = item.element == Kind::kString ? Value::of_text("") : Value();
      item = member == item.map->end() ? none : member->second;
    } else {
      return call_error("can't index item of type " + std::string(type_name(item)));
    }
  }
  return item;
}

Result<Value> do_call(Call& call) {
  if (call[0].is_nil()) return call_error("call of nil");
  return call_error("non-function of type " + std::string(type_name(call[0])));
}

// Never run: the executor evaluates their arguments one by one.
Result<Value> do_shortcut(Call&) { return call_error("not callable"); }

constexpr Function kFunctions[] = {
    {"and", "aa*", do_shortcut}, {"call", "aa*", do_call},     {"index", "aa*", do_index},
    {"len", "a", do_len},        {"not", "a", do_not},         {"or", "aa*", do_shortcut},
    {"print", "a*", do_print},   {"printf", "sa*", do_printf}, {"println", "a*", do_println},
};

}  // namespace

std::span<const Function> builtin_functions() { return kFunctions; }

}  // namespace tailrace::tmpl
