// The library's text functions; the subject comes last, so that pipes work. Lengths and positions
// count bytes, as they do in the library.
#include <algorithm>

#include "base/text.h"
#include "parse/template/strings.h"

namespace tailrace::tmpl {
namespace {

Value text_of(std::string_view text) { return Value::of_text(text); }

Result<Value> do_lower(Call& call) { return call.give(lower(call.text(0))); }
Result<Value> do_upper(Call& call) { return call.give(upper(call.text(0))); }
Result<Value> do_trim(Call& call) { return text_of(trim_white(call.text(0))); }
Result<Value> do_trim_all(Call& call) {
  return text_of(trim_set(call.text(1), call.text(0), true, true));
}
Result<Value> do_trim_prefix(Call& call) {
  return text_of(without_prefix(call.text(1), call.text(0)));
}
Result<Value> do_trim_suffix(Call& call) {
  return text_of(without_suffix(call.text(1), call.text(0)));
}
Result<Value> do_contains(Call& call) {
  return Value::of_bool(call.text(1).find(call.text(0)) != std::string_view::npos);
}
Result<Value> do_has_prefix(Call& call) {
  return Value::of_bool(call.text(1).starts_with(call.text(0)));
}
Result<Value> do_has_suffix(Call& call) {
  return Value::of_bool(call.text(1).ends_with(call.text(0)));
}
Result<Value> do_replace(Call& call) {
  return replaced(call, call.text(2), call.text(0), call.text(1), -1);
}

Result<Value> do_repeat(Call& call) {
  const std::int64_t count = call.integer(0);
  const std::string_view text = call.text(1);
  if (count < 0) return call_error("strings: negative Repeat count");
  if (text.empty() || count == 0) return text_of("");
  if (static_cast<std::uint64_t>(count) > call.run.bytes_max)
    return call_error("the result is too long");
  TAILRACE_CHECK(check_size(call, text.size() * static_cast<std::size_t>(count)));
  std::string out;
  for (std::int64_t i = 0; i < count; ++i) out += text;
  return call.give(out);
}

Result<Value> do_trunc(Call& call) {
  const std::int64_t count = call.integer(0);
  const std::string_view text = call.text(1);
  const auto size = static_cast<std::int64_t>(text.size());
  if (count < 0 && size + count > 0)
    return text_of(text.substr(static_cast<std::size_t>(size + count)));
  if (count >= 0 && size > count) return text_of(text.substr(0, static_cast<std::size_t>(count)));
  return text_of(text);
}

Result<Value> do_substr(Call& call) {
  const std::int64_t start = call.integer(0);
  const std::int64_t end = call.integer(1);
  const std::string_view text = call.text(2);
  const auto size = static_cast<std::int64_t>(text.size());
  const std::int64_t from = start < 0 ? 0 : start;
  const std::int64_t to = start >= 0 && (end < 0 || end > size) ? size : end;
  if (to < 0 || to > size || from > to) return call_error("slice bounds out of range");
  return text_of(text.substr(static_cast<std::size_t>(from), static_cast<std::size_t>(to - from)));
}

std::string abbreviate(std::string_view text, std::int64_t offset, std::int64_t width) {
  const auto size = static_cast<std::int64_t>(text.size());
  const auto part = [&](std::int64_t from, std::int64_t to) {
    return std::string(
        text.substr(static_cast<std::size_t>(from), static_cast<std::size_t>(to - from)));
  };
  if (width < 4) return "";
  if (size <= width) return std::string(text);
  offset = std::min(offset, size);
  if (size - offset < width - 3) offset = size - (width - 3);
  if (offset <= 4) return part(0, width - 3) + "...";
  if (width < 7) return "";
  if (offset + width - 3 < size) {
    return "..." + abbreviate(text.substr(static_cast<std::size_t>(offset)), 0, width - 3);
  }
  return "..." + part(size - (width - 3), size);
}
Result<Value> do_abbrev(Call& call) {
  if (call.integer(0) < 4) return call[1];
  return call.give(abbreviate(call.text(1), 0, call.integer(0)));
}
Result<Value> do_abbrevboth(Call& call) {
  const std::int64_t left = call.integer(0);
  const std::int64_t right = call.integer(1);
  if (right < 4 || (left > 0 && right < 7)) return call[2];
  return call.give(abbreviate(call.text(2), left, right));
}

Result<Value> do_indent(Call& call, std::string_view start) {
  if (call.integer(0) < 0) return call_error("strings: negative Repeat count");
  TAILRACE_CHECK(check_size(call, static_cast<std::size_t>(call.integer(0))));
  const std::string pad(static_cast<std::size_t>(call.integer(0)), ' ');
  std::string out(start);
  out += pad;
  for (const char c : call.text(1)) {
    out += c;
    if (c != '\n') continue;
    out += pad;
    TAILRACE_CHECK(check_size(call, out.size()));
  }
  return call.give(out);
}
Result<Value> do_plain_indent(Call& call) { return do_indent(call, ""); }
Result<Value> do_nindent(Call& call) { return do_indent(call, "\n"); }

Result<Value> do_quote(Call& call) {
  std::string out;
  for (const Value& value : call.args) {
    if (value.is_nil()) continue;
    if (!out.empty()) out += ' ';
    append_go_quoted(out, value_text(value));
  }
  return call.give(out);
}
Result<Value> do_squote(Call& call) {
  std::string out;
  for (const Value& value : call.args) {
    if (value.is_nil()) continue;
    if (!out.empty()) out += ' ';
    out += "'" + value_text(value) + "'";
  }
  return call.give(out);
}
Result<Value> do_cat(Call& call) {
  std::string out;
  bool is_first = true;
  for (const Value& value : call.args) {
    if (value.is_nil()) continue;
    if (!is_first) out += ' ';
    is_first = false;
    append_value(out, value);
  }
  return call.give(out);
}

Result<Value> do_plural(Call& call) { return call.integer(2) == 1 ? call[0] : call[1]; }
Result<Value> do_to_string(Call& call) { return call.give(value_text(call[0])); }
Result<Value> do_to_strings(Call& call) {
  return text_list(call, to_strings(call[0], call.run.heap));
}

Result<Value> do_join(Call& call) {
  std::string out;
  bool is_first = true;
  for (const std::string_view text : to_strings(call[1], call.run.heap)) {
    if (!is_first) out += call.text(0);
    is_first = false;
    out += text;
    TAILRACE_CHECK(check_size(call, out.size()));
  }
  return call.give(out);
}
Result<Value> do_sort_alpha(Call& call) {
  std::vector<std::string_view> texts = to_strings(call[0], call.run.heap);
  if (call[0].is_nil()) texts = {"<nil>"};
  std::ranges::sort(texts);
  return text_list(call, texts);
}

// The pieces under the names _0, _1, ...
Value numbered(Call& call, const std::vector<std::string_view>& pieces) {
  Map members;
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    members[call.run.heap.keep("_" + std::to_string(i))] = text_of(pieces[i]);
  }
  return call.run.heap.map(std::move(members), Kind::kString);
}
Result<Value> do_split(Call& call) {
  return numbered(call, split_n(call.text(1), call.text(0), -1));
}
Result<Value> do_splitn(Call& call) {
  return numbered(call, split_n(call.text(2), call.text(0), call.integer(1)));
}
Result<Value> do_split_list(Call& call) {
  return text_list(call, split_n(call.text(1), call.text(0), -1));
}

// Breaks at blanks so that lines hold at most `width` bytes; long words stay whole unless `cuts` is
// set.
std::string wrap(std::string_view text, std::int64_t width, std::string_view newline, bool cuts) {
  const std::size_t limit = static_cast<std::size_t>(std::max<std::int64_t>(width, 1));
  std::string out;
  std::size_t at = 0;
  const auto take = [&](std::size_t end, std::size_t next) {
    out += text.substr(at, end - at);
    out += newline;
    at = next;
  };
  while (at < text.size() && text.size() - at > limit) {
    if (text[at] == ' ') {
      ++at;
      continue;
    }
    const std::size_t blank = text.substr(at, limit + 1).rfind(' ');
    if (blank != std::string_view::npos) {
      take(at + blank, at + blank + 1);
    } else if (cuts) {
      take(at + limit, at + limit);
    } else {
      const std::size_t next = text.find(' ', at + limit);
      if (next == std::string_view::npos) break;
      take(next, next + 1);
    }
  }
  out += text.substr(std::min(at, text.size()));
  return out;
}
Result<Value> do_wrap(Call& call) {
  return call.give(wrap(call.text(1), call.integer(0), "\n", false));
}
Result<Value> do_wrap_with(Call& call) {
  const std::string_view newline = call.text(1).empty() ? "\n" : call.text(1);
  const std::string out = wrap(call.text(2), call.integer(0), newline, true);
  TAILRACE_CHECK(check_size(call, out.size()));
  return call.give(out);
}

Result<Value> do_hello(Call&) { return text_of("Hello!"); }

constexpr Function kFunctions[] = {
    {"abbrev", "is", do_abbrev},
    {"abbrevboth", "iis", do_abbrevboth},
    {"cat", "a*", do_cat},
    {"contains", "ss", do_contains},
    {"hasPrefix", "ss", do_has_prefix},
    {"hasSuffix", "ss", do_has_suffix},
    {"hello", "", do_hello},
    {"indent", "is", do_plain_indent},
    {"join", "sa", do_join},
    {"lower", "s", do_lower},
    {"nindent", "is", do_nindent},
    {"plural", "ssi", do_plural},
    {"quote", "a*", do_quote},
    {"repeat", "is", do_repeat},
    {"replace", "sss", do_replace},
    {"sortAlpha", "a", do_sort_alpha},
    {"split", "ss", do_split},
    {"splitList", "ss", do_split_list},
    {"splitn", "sis", do_splitn},
    {"squote", "a*", do_squote},
    {"substr", "iis", do_substr},
    {"toString", "a", do_to_string},
    {"toStrings", "a", do_to_strings},
    {"trim", "s", do_trim},
    {"trimAll", "ss", do_trim_all},
    {"trimPrefix", "ss", do_trim_prefix},
    {"trimSuffix", "ss", do_trim_suffix},
    {"trimall", "ss", do_trim_all},
    {"trunc", "is", do_trunc},
    {"upper", "s", do_upper},
    {"wrap", "is", do_wrap},
    {"wrapWith", "iss", do_wrap_with},
};

}  // namespace

std::span<const Function> string_functions() { return kFunctions; }

}  // namespace tailrace::tmpl
