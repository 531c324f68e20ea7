#include "agent/label_flag.h"

#include <algorithm>
#include <string>
#include <vector>

namespace tailrace {
namespace {

Error unfit(std::string_view text) {
  return Error{ErrorCode::kInvalid, std::string(text) + " must be formatted as key=value"};
}

Error bad_quotes() { return Error{ErrorCode::kInvalid, "a double quote where none may stand"}; }

// "a=1,2",b=3
Result<std::vector<std::string>> comma_separated(std::string_view text) {
  std::vector<std::string> out;
  while (true) {
    std::string value;
    if (text.starts_with('"')) {
      text.remove_prefix(1);
      while (!text.starts_with('"') || text.starts_with("\"\"")) {
        if (text.empty()) return bad_quotes();
        value += text[0];
        text.remove_prefix(text[0] == '"' ? 2 : 1);
      }
      text.remove_prefix(1);
      if (!text.empty() && text[0] != ',') return bad_quotes();
    } else {
      value = text.substr(0, text.find(','));
      if (value.find('"') != value.npos) return bad_quotes();
      text.remove_prefix(value.size());
    }
    out.push_back(std::move(value));
    if (text.empty()) return out;
    text.remove_prefix(1);  // the comma
  }
}

}  // namespace

Result<Labels> parse_label_flag(std::string_view text) {
  std::vector<std::string> pairs;
  if (std::count(text.begin(), text.end(), '=') < 2) {
    while (text.starts_with('"')) text.remove_prefix(1);
    while (text.ends_with('"')) text.remove_suffix(1);
    pairs.emplace_back(text);
  } else {
    TAILRACE_TRY(pairs, comma_separated(text));
  }
  Labels labels;
  for (const std::string_view pair : pairs) {
    const std::size_t equals = pair.find('=');
    if (equals == pair.npos) return unfit(pair);
    if (equals == 0) return Error{ErrorCode::kInvalid, "\"\" is not a valid label name"};
    labels.set(pair.substr(0, equals), pair.substr(equals + 1));
  }
  return labels;
}

}  // namespace tailrace
