// Dictionaries. set, unset and merge change the dictionary they get, which every variable that
// holds it sees.
#include <algorithm>

#include "parse/template/functions.h"

namespace tailrace::tmpl {
namespace {

Result<Value> do_dict(Call& call) {
  Map members;
  for (std::size_t i = 0; i < call.count(); i += 2) {
    const std::string_view key = call.run.heap.keep(value_text(call[i]));
    members[key] = i + 1 < call.count() ? call[i + 1] : Value::of_text("");
  }
  return call.run.heap.map(std::move(members));
}
Result<Value> do_get(Call& call) {
  const auto member = call[0].map->find(call.text(1));
  return member == call[0].map->end() ? Value::of_text("") : member->second;
}
Result<Value> do_set(Call& call) {
  (*call[0].map)[call.text(1)] = call[2];
  return call[0];
}
Result<Value> do_unset(Call& call) {
  call[0].map->erase(call.text(1));
  return call[0];
}
Result<Value> do_has_key(Call& call) { return Value::of_bool(call[0].map->contains(call.text(1))); }

Result<Value> do_keys(Call& call) {
  List keys;
  for (const Value& dict : call.args) {
    for (const auto& [key, value] : *dict.map) keys.push_back(Value::of_text(key));
  }
  return call.run.heap.list(std::move(keys), Kind::kString);
}
Result<Value> do_values(Call& call) {
  List values;
  for (const auto& [key, value] : *call[0].map) values.push_back(value);
  return call.run.heap.list(std::move(values));
}
Result<Value> do_pluck(Call& call) {
  List found;
  for (const Value& dict : call.args.subspan(1)) {
    const auto member = dict.map->find(call.text(0));
    if (member != dict.map->end()) found.push_back(member->second);
  }
  return call.run.heap.list(std::move(found));
}
Result<Value> do_pick(Call& call) {
  Map out;
  for (const Value& key : call.args.subspan(1)) {
    const auto member = call[0].map->find(key.text());
    if (member != call[0].map->end()) out.insert(*member);
  }
  return call.run.heap.map(std::move(out));
}
Result<Value> do_omit(Call& call) {
  Map out = *call[0].map;
  for (const Value& key : call.args.subspan(1)) out.erase(key.text());
  return call.run.heap.map(std::move(out));
}

// Values of `from` go into `to` where it has none (or an empty one), or always with `overwrites`;
// dictionaries in both are merged in turn. Empty values never replace.
void merge_into(Map& to, const Map& from, bool overwrites, int depth) {
  if (depth > kNestingMax || &to == &from) return;
  for (const auto& [key, value] : from) {
    const auto member = to.find(key);
    if (member == to.end()) {
      to[key] = value;
    } else if (member->second.is_map() && value.is_map()) {
      merge_into(*member->second.map, *value.map, overwrites, depth + 1);
    } else if (overwrites ? is_true(value) : !is_true(member->second)) {
      member->second = value;
    }
  }
}
Result<Value> do_merge(Call& call) {
  for (const Value& from : call.args.subspan(1)) merge_into(*call[0].map, *from.map, false, 0);
  return call[0];
}
Result<Value> do_merge_overwrite(Call& call) {
  for (const Value& from : call.args.subspan(1)) merge_into(*call[0].map, *from.map, true, 0);
  return call[0];
}

Result<Value> do_dig(Call& call) {
  if (call.count() < 3) return call_error("dig needs at least three arguments");
  Value value = call[call.count() - 1];
  for (const Value& key : call.args.first(call.count() - 2)) {
    if (!key.is_string()) return call_error("dig: keys must be strings");
    if (!value.is_map() || value.element != Kind::kNil) {
      return call_error("interface conversion: interface {} is " + std::string(type_name(value)) +
                        ", not map[string]interface {}");
    }
    const auto member = value.map->find(key.text());
    if (member == value.map->end()) return call[call.count() - 2];
    value = member->second;
  }
  return value;
}

Result<Value> deep_copy(Heap& heap, const Value& value, int depth) {
  if (depth > kNestingMax) return call_error("nested too deeply");
  if (value.is_list()) {
    List copy;
    for (const Value& item : *value.list) {
      TAILRACE_TRY(const Value inner, deep_copy(heap, item, depth + 1));
      copy.push_back(inner);
    }
    return heap.list(std::move(copy), value.element);
  }
  if (!value.is_map()) return value;
  Map copy;
  for (const auto& [key, member] : *value.map) {
    TAILRACE_TRY(copy[key], deep_copy(heap, member, depth + 1));
  }
  return heap.map(std::move(copy), value.element);
}
Result<Value> do_deep_copy(Call& call) {
  if (call[0].is_nil()) return call_error("nil cannot be copied");
  return deep_copy(call.run.heap, call[0], 0);
}
Result<Value> do_deep_equal(Call& call) { return Value::of_bool(deep_equal(call[0], call[1])); }

constexpr Function kFunctions[] = {
    {"deepCopy", "a", do_deep_copy},
    {"deepEqual", "aa", do_deep_equal},
    {"dict", "a*", do_dict},
    {"dig", "a*", do_dig},
    {"get", "ms", do_get},
    {"hasKey", "ms", do_has_key},
    {"keys", "m*", do_keys},
    {"merge", "mm*", do_merge},
    {"mergeOverwrite", "mm*", do_merge_overwrite},
    {"mustDeepCopy", "a", do_deep_copy},
    {"mustMerge", "mm*", do_merge},
    {"mustMergeOverwrite", "mm*", do_merge_overwrite},
    {"omit", "ms*", do_omit},
    {"pick", "ms*", do_pick},
    {"pluck", "sm*", do_pluck},
    {"set", "msa", do_set},
    {"unset", "ms", do_unset},
    {"values", "m", do_values},
};

}  // namespace

std::span<const Function> dict_functions() { return kFunctions; }

}  // namespace tailrace::tmpl
