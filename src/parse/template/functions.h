// What a template may call. Each group of functions has a file of its own (fn_*.cc) and gives its
// table; the tables are joined in functions.cc, later ones hiding earlier ones.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "parse/go_regex.h"
#include "parse/go_template.h"
#include "parse/template/value.h"

namespace tailrace::tmpl {

// What functions share during one execution.
struct Runtime {
  Heap heap;
  const Clock* clock = nullptr;
  std::size_t bytes_max = 0;  // of the heap, and of any one text
  // Expressions that regex functions met, compiled. Bounded: see regex().
  std::map<std::string, std::unique_ptr<GoRegex>, std::less<>> regexes;

  Result<const GoRegex*> regex(std::string_view expression);
};

// Calls come with arguments that fit the signature.
struct Call {
  std::span<const Value> args;
  Runtime& run;

  std::size_t count() const { return args.size(); }
  const Value& operator[](std::size_t i) const { return args[i]; }
  std::string_view text(std::size_t i) const { return args[i].text(); }
  std::int64_t integer(std::size_t i) const { return args[i].integer; }
  Value give(std::string_view text) const { return run.heap.text(text); }
};

Error call_error(std::string text);

// Signature: one letter for each parameter, "*" behind the last: any number of these.
//   a anything   s string   i int   f float64   b bool   m map[string]interface{}   t time.Time
struct Function {
  std::string_view name;
  std::string_view signature;
  Result<Value> (*run)(Call& call) = nullptr;  // null: known, but not done here
};

// Null if there is none of that name for those templates.
const Function* find_function(std::string_view name, TemplateFunctions of);

// Go's type name of a signature's letter.
std::string_view parameter_type(char letter);
// Whether a value may be passed for a letter.
bool fits(const Value& value, char letter);

// How the library of functions turns anything into a number or text.
std::int64_t to_int64(const Value& value);
double to_float64(const Value& value);
bool is_empty(const Value& value);
std::vector<std::string_view> to_strings(const Value& value, Heap& heap);

// fmt.Sprint, Sprintln, Sprintf.
std::string print(std::span<const Value> values);
std::string println(std::span<const Value> values);
std::string format(std::string_view format, std::span<const Value> values, std::size_t bytes_max);

// The tables.
std::span<const Function> builtin_functions();
std::span<const Function> compare_functions();
std::span<const Function> escape_functions();
std::span<const Function> promtail_functions();
std::span<const Function> query_functions();
std::span<const Function> string_functions();
std::span<const Function> word_functions();
std::span<const Function> regex_functions();
std::span<const Function> number_functions();
std::span<const Function> list_functions();
std::span<const Function> dict_functions();
std::span<const Function> encoding_functions();
std::span<const Function> hash_functions();
std::span<const Function> date_functions();
std::span<const Function> path_functions();
std::span<const Function> url_functions();
std::span<const Function> type_functions();
std::span<const Function> version_functions();
std::span<const Function> random_functions();

// Methods that values have: time.Time and *semver.Version. Nothing: no such method.
std::optional<Result<Value>> call_method(const Value& receiver, std::string_view name, Call& call);

}  // namespace tailrace::tmpl
