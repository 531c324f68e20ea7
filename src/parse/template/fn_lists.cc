// Lists. Nothing changes the list it gets; what is no list is an error.
#include <algorithm>

#include "parse/template/functions.h"

namespace tailrace::tmpl {
namespace {

Error no_list(std::string_view what, const Value& value) {
  // A typeless nil makes the library stop with another error, which is one all the same.
  return call_error("Cannot " + std::string(what) + " type " + std::string(kind_name(value)));
}

bool holds(const List& list, const Value& value) {
  return std::ranges::any_of(list, [&](const Value& item) { return deep_equal(value, item); });
}

Result<Value> do_list(Call& call) {
  return call.run.heap.list(List(call.args.begin(), call.args.end()));
}

Result<Value> do_first(Call& call) {
  if (!call[0].is_list()) return no_list("find first on", call[0]);
  return call[0].list->empty() ? Value() : call[0].list->front();
}
Result<Value> do_last(Call& call) {
  if (!call[0].is_list()) return no_list("find last on", call[0]);
  return call[0].list->empty() ? Value() : call[0].list->back();
}
Result<Value> do_rest(Call& call) {
  if (!call[0].is_list()) return no_list("find rest on", call[0]);
  const List& list = *call[0].list;
  if (list.empty()) return call.run.heap.null_list();
  return call.run.heap.list(List(list.begin() + 1, list.end()));
}
Result<Value> do_initial(Call& call) {
  if (!call[0].is_list()) return no_list("find initial on", call[0]);
  const List& list = *call[0].list;
  if (list.empty()) return call.run.heap.null_list();
  return call.run.heap.list(List(list.begin(), list.end() - 1));
}
Result<Value> do_append(Call& call) {
  if (!call[0].is_list()) return no_list("push on", call[0]);
  List list = *call[0].list;
  list.push_back(call[1]);
  return call.run.heap.list(std::move(list));
}
Result<Value> do_prepend(Call& call) {
  if (!call[0].is_list()) return no_list("prepend on", call[0]);
  List list = *call[0].list;
  list.insert(list.begin(), call[1]);
  return call.run.heap.list(std::move(list));
}
Result<Value> do_concat(Call& call) {
  List all;
  for (const Value& value : call.args) {
    if (!value.is_list()) return no_list("concat", value);
    all.insert(all.end(), value.list->begin(), value.list->end());
  }
  return all.empty() ? call.run.heap.null_list() : call.run.heap.list(std::move(all));
}
Result<Value> do_reverse(Call& call) {
  if (!call[0].is_list()) return no_list("find reverse on", call[0]);
  return call.run.heap.list(List(call[0].list->rbegin(), call[0].list->rend()));
}
Result<Value> do_uniq(Call& call) {
  if (!call[0].is_list()) return no_list("find uniq on", call[0]);
  List out;
  for (const Value& item : *call[0].list) {
    if (!holds(out, item)) out.push_back(item);
  }
  return call.run.heap.list(std::move(out));
}
Result<Value> do_without(Call& call) {
  if (!call[0].is_list()) return no_list("find without on", call[0]);
  const List omitted(call.args.begin() + 1, call.args.end());
  List out;
  for (const Value& item : *call[0].list) {
    if (!holds(omitted, item)) out.push_back(item);
  }
  return call.run.heap.list(std::move(out));
}
Result<Value> do_compact(Call& call) {
  if (!call[0].is_list()) return no_list("compact on", call[0]);
  List out;
  std::ranges::copy_if(*call[0].list, std::back_inserter(out), is_true);
  return call.run.heap.list(std::move(out));
}
Result<Value> do_has(Call& call) {
  if (call[1].is_nil()) return Value::of_bool(false);
  if (!call[1].is_list()) return no_list("find has on", call[1]);
  return Value::of_bool(holds(*call[1].list, call[0]));
}

Result<Value> do_slice(Call& call) {
  if (!call[0].is_list())
    return call_error("list should be type of slice or array but " +
                      std::string(kind_name(call[0])));
  const List& list = *call[0].list;
  if (list.empty()) return Value();
  const auto size = static_cast<std::int64_t>(list.size());
  const std::int64_t start = call.count() > 1 ? to_int64(call[1]) : 0;
  const std::int64_t end = call.count() > 2 ? to_int64(call[2]) : size;
  if (start < 0 || end > size || start > end) return call_error("slice index out of bounds");
  return call.run.heap.list(List(list.begin() + start, list.begin() + end), call[0].element);
}

Result<Value> do_chunk(Call& call) {
  if (!call[1].is_list()) return no_list("chunk", call[1]);
  const std::int64_t size = call.integer(0);
  if (size <= 0) return call_error("the size of a chunk must be above 0");
  const List& list = *call[1].list;
  List chunks;
  for (std::size_t at = 0; at < list.size(); at += static_cast<std::size_t>(size)) {
    const std::size_t end = std::min(list.size(), at + static_cast<std::size_t>(size));
    const auto begin = list.begin() + static_cast<std::ptrdiff_t>(at);
    chunks.push_back(
        call.run.heap.list(List(begin, list.begin() + static_cast<std::ptrdiff_t>(end))));
  }
  return call.run.heap.list(std::move(chunks), Kind::kList);
}

constexpr Function kFunctions[] = {
    {"append", "aa", do_append},
    {"chunk", "ia", do_chunk},
    {"compact", "a", do_compact},
    {"concat", "a*", do_concat},
    {"first", "a", do_first},
    {"has", "aa", do_has},
    {"initial", "a", do_initial},
    {"last", "a", do_last},
    {"list", "a*", do_list},
    {"mustAppend", "aa", do_append},
    {"mustChunk", "ia", do_chunk},
    {"mustCompact", "a", do_compact},
    {"mustFirst", "a", do_first},
    {"mustHas", "aa", do_has},
    {"mustInitial", "a", do_initial},
    {"mustLast", "a", do_last},
    {"mustPrepend", "aa", do_prepend},
    {"mustPush", "aa", do_append},
    {"mustRest", "a", do_rest},
    {"mustReverse", "a", do_reverse},
    {"mustSlice", "aa*", do_slice},
    {"mustUniq", "a", do_uniq},
    {"mustWithout", "aa*", do_without},
    {"prepend", "aa", do_prepend},
    {"push", "aa", do_append},
    {"rest", "a", do_rest},
    {"reverse", "a", do_reverse},
    {"slice", "aa*", do_slice},
    {"tuple", "a*", do_list},
    {"uniq", "a", do_uniq},
    {"without", "aa*", do_without},
};

}  // namespace

std::span<const Function> list_functions() { return kFunctions; }

}  // namespace tailrace::tmpl
