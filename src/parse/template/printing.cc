// fmt.Sprint and Sprintln.
#include "parse/template/functions.h"

namespace tailrace::tmpl {

std::string print(std::span<const Value> values) {
  std::string out;
  for (std::size_t i = 0; i < values.size(); ++i) {
    // A blank stands between two operands of which neither is a string.
    if (i > 0 && !values[i - 1].is_string() && !values[i].is_string()) out += ' ';
    append_value(out, values[i]);
  }
  return out;
}

std::string println(std::span<const Value> values) {
  std::string out;
  for (const Value& value : values) {
    if (&value != values.data()) out += ' ';
    append_value(out, value);
  }
  return out + "\n";
}

}  // namespace tailrace::tmpl
