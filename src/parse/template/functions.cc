#include "parse/template/functions.h"

#include <algorithm>
#include <unordered_map>

#include "parse/go_number.h"

namespace tailrace::tmpl {
namespace {

constexpr std::size_t kRegexesMax = 100;

// Promtail knows these, but they make keys and certificates, or ask the network for every line.
constexpr std::string_view kUnsupported[] = {"bcrypt",
                                             "buildCustomCert",
                                             "decryptAES",
                                             "derivePassword",
                                             "encryptAES",
                                             "genCA",
                                             "genCAWithKey",
                                             "genPrivateKey",
                                             "genSelfSignedCert",
                                             "genSelfSignedCertWithKey",
                                             "genSignedCert",
                                             "genSignedCertWithKey",
                                             "getHostByName",
                                             "htpasswd"};

using Table = std::unordered_map<std::string_view, Function>;

// Of the library's functions queries have these.
constexpr std::string_view kOfQueries[] = {"ToLower",
                                           "ToUpper",
                                           "Replace",
                                           "Trim",
                                           "TrimLeft",
                                           "TrimRight",
                                           "TrimPrefix",
                                           "TrimSuffix",
                                           "TrimSpace",
                                           "b64dec",
                                           "b64enc",
                                           "lower",
                                           "upper",
                                           "title",
                                           "trunc",
                                           "substr",
                                           "contains",
                                           "hasPrefix",
                                           "hasSuffix",
                                           "indent",
                                           "nindent",
                                           "replace",
                                           "repeat",
                                           "trim",
                                           "trimAll",
                                           "trimSuffix",
                                           "trimPrefix",
                                           "int",
                                           "float64",
                                           "add",
                                           "sub",
                                           "mul",
                                           "div",
                                           "mod",
                                           "addf",
                                           "subf",
                                           "mulf",
                                           "divf",
                                           "max",
                                           "min",
                                           "maxf",
                                           "minf",
                                           "ceil",
                                           "floor",
                                           "round",
                                           "fromJson",
                                           "date",
                                           "toDate",
                                           "now",
                                           "unixEpoch",
                                           "default",
                                           "regexReplaceAll",
                                           "regexReplaceAllLiteral"};

Table join_tables() {
  Table all;
  for (const std::string_view name : kUnsupported) all[name] = {name, "a*", nullptr};
  for (const std::span<const Function> table :
       {builtin_functions(), compare_functions(), escape_functions(), promtail_functions(),
        string_functions(), word_functions(), regex_functions(), number_functions(),
        list_functions(), dict_functions(), encoding_functions(), hash_functions(),
        date_functions(), path_functions(), url_functions(), type_functions(), version_functions(),
        random_functions()}) {
    for (const Function& function : table) all[function.name] = function;
  }
  return all;
}

Table join_for_queries(const Table& all) {
  Table out;
  for (const std::string_view name : kOfQueries) out[name] = all.at(name);
  for (const std::span<const Function> table :
       {builtin_functions(), compare_functions(), escape_functions(), query_functions()}) {
    for (const Function& function : table) out[function.name] = function;
  }
  return out;
}

// "12.000" is a whole number to the library.
std::string_view without_zero_fraction(std::string_view text) {
  const std::size_t last = text.find_last_not_of('0');
  const bool is_zero =
      last != std::string_view::npos && text[last] == '.' && last + 1 < text.size();
  return is_zero ? text.substr(0, last) : text;
}

}  // namespace

Error call_error(std::string text) { return {ErrorCode::kInvalid, std::move(text)}; }

const Function* find_function(std::string_view name, TemplateFunctions of) {
  static const Table all = join_tables();
  static const Table queries = join_for_queries(all);
  const Table& table = of == TemplateFunctions::kQuery ? queries : all;
  const auto found = table.find(name);
  return found == table.end() ? nullptr : &found->second;
}

std::string_view parameter_type(char letter) {
  switch (letter) {
    case 's':
      return "string";
    case 'i':
      return "int";
    case 'f':
      return "float64";
    case 'b':
      return "bool";
    case 'm':
      return "map[string]interface {}";
    case 't':
      return "time.Time";
    default:
      return "interface {}";
  }
}

bool fits(const Value& value, char letter) {
  switch (letter) {
    case 's':
      return value.kind == Kind::kString;
    case 'i':
      return value.kind == Kind::kInt;
    case 'f':
      return value.kind == Kind::kFloat;
    case 'b':
      return value.kind == Kind::kBool;
    case 'm':
      return value.kind == Kind::kMap && value.element == Kind::kNil;
    case 't':
      return value.kind == Kind::kTime;
    default:
      return true;
  }
}

Result<const GoRegex*> Runtime::regex(std::string_view expression) {
  if (const auto known = regexes.find(expression); known != regexes.end())
    return known->second.get();
  TAILRACE_TRY(GoRegex compiled, GoRegex::compile(expression));
  // Expressions made from lines could be endless; those of the template fit.
  if (regexes.size() >= kRegexesMax) regexes.clear();
  auto owned = std::make_unique<GoRegex>(std::move(compiled));
  const GoRegex* pointer = owned.get();
  regexes.emplace(expression, std::move(owned));
  return pointer;
}

std::int64_t to_int64(const Value& value) {
  switch (value.kind) {
    case Kind::kBool:
      return value.boolean ? 1 : 0;
    case Kind::kInt:
    case Kind::kInt64:
    case Kind::kByte:
      return value.integer;
    case Kind::kFloat:
      // Go leaves the result open for what does not fit; the processors it runs on give the
      // smallest number.
      if (!(value.number > -9.3e18 && value.number < 9.223372036854775e18)) return INT64_MIN;
      return static_cast<std::int64_t>(value.number);
    case Kind::kString:
      return parse_go_int(without_zero_fraction(value.text()), 0).value_or(0);
    default:
      return 0;
  }
}

double to_float64(const Value& value) {
  switch (value.kind) {
    case Kind::kBool:
      return value.boolean ? 1 : 0;
    case Kind::kInt:
    case Kind::kInt64:
    case Kind::kByte:
      return static_cast<double>(value.integer);
    case Kind::kFloat:
      return value.number;
    case Kind::kString:
      return parse_go_float(value.text()).value_or(0);
    default:
      return 0;
  }
}

bool is_empty(const Value& value) { return !is_true(value); }

std::vector<std::string_view> to_strings(const Value& value, Heap& heap) {
  std::vector<std::string_view> out;
  if (value.is_nil()) return out;
  if (!value.is_list()) {
    out.push_back(value.is_string() ? value.text() : heap.keep(value_text(value)));
    return out;
  }
  for (const Value& item : *value.list) {
    if (item.is_nil()) continue;
    out.push_back(item.is_string() ? item.text() : heap.keep(value_text(item)));
  }
  return out;
}

}  // namespace tailrace::tmpl
