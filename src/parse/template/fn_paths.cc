// Paths with slashes. The os... functions are the same: tailrace runs where slashes are used.
#include "parse/template/functions.h"

namespace tailrace::tmpl {
namespace {

// The shortest path that is equal by words: no "//", no ".", ".." only at the start of what has no
// root.
std::string clean(std::string_view path) {
  if (path.empty()) return ".";
  const bool is_rooted = path[0] == '/';
  std::vector<std::string_view> words;
  while (!path.empty()) {
    const std::size_t slash = path.find('/');
    const std::string_view word = path.substr(0, slash);
    path = slash == std::string_view::npos ? std::string_view{} : path.substr(slash + 1);
    if (word.empty() || word == ".") continue;
    if (word == ".." && !words.empty() && words.back() != "..") {
      words.pop_back();
    } else if (word != ".." || !is_rooted) {
      words.push_back(word);
    }
  }
  std::string out = is_rooted ? "/" : "";
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) out += '/';
    out += words[i];
  }
  return out.empty() ? "." : out;
}

Result<Value> do_base(Call& call) {
  std::string_view path = call.text(0);
  if (path.empty()) return Value::of_text(".");
  while (path.ends_with('/')) path.remove_suffix(1);
  if (path.empty()) return Value::of_text("/");
  return Value::of_text(path.substr(path.rfind('/') + 1));
}
Result<Value> do_dir(Call& call) {
  const std::string_view path = call.text(0);
  return call.give(clean(path.substr(0, path.rfind('/') + 1)));
}
Result<Value> do_clean(Call& call) { return call.give(clean(call.text(0))); }
Result<Value> do_ext(Call& call) {
  const std::string_view path = call.text(0);
  const std::size_t dot = path.find_last_of("./");
  if (dot == std::string_view::npos || path[dot] == '/') return Value::of_text("");
  return Value::of_text(path.substr(dot));
}
Result<Value> do_is_abs(Call& call) { return Value::of_bool(call.text(0).starts_with('/')); }

constexpr Function kFunctions[] = {
    {"base", "s", do_base},      {"clean", "s", do_clean},  {"dir", "s", do_dir},
    {"ext", "s", do_ext},        {"isAbs", "s", do_is_abs}, {"osBase", "s", do_base},
    {"osClean", "s", do_clean},  {"osDir", "s", do_dir},    {"osExt", "s", do_ext},
    {"osIsAbs", "s", do_is_abs},
};

}  // namespace

std::span<const Function> path_functions() { return kFunctions; }

}  // namespace tailrace::tmpl
