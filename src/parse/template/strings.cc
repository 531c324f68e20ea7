#include "parse/template/strings.h"

#include "base/text.h"
#include "base/unicode_case.h"

namespace tailrace::tmpl {
namespace {

bool is_in(std::string_view set, char32_t character) {
  for (std::size_t at = 0; at < set.size();) {
    if (decode_utf8(set, at) == character) return true;
  }
  return false;
}

// Start of the last character of `text`, as Go's DecodeLastRune finds it.
std::size_t last_start(std::string_view text) {
  const std::size_t size = text.size();
  for (std::size_t bytes = 1; bytes <= 4 && bytes <= size; ++bytes) {
    if ((static_cast<unsigned char>(text[size - bytes]) & 0xC0) == 0x80) continue;
    std::size_t at = size - bytes;
    decode_utf8(text, at);
    return at == size ? size - bytes : size - 1;
  }
  return size - 1;
}

template <class Belongs>
std::string_view trim_if(std::string_view text, bool start, bool end, Belongs&& belongs) {
  while (start && !text.empty()) {
    std::size_t at = 0;
    if (!belongs(decode_utf8(text, at))) break;
    text.remove_prefix(at);
  }
  while (end && !text.empty()) {
    const std::size_t last = last_start(text);
    std::size_t at = last;
    if (!belongs(decode_utf8(text, at))) break;
    text = text.substr(0, last);
  }
  return text;
}

}  // namespace

bool is_white(char32_t c) {
  return (c >= '\t' && c <= '\r') || c == ' ' || c == 0x85 || c == 0xA0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f ||
         c == 0x3000;
}

std::string lower(std::string_view text) { return to_lower(text); }
std::string upper(std::string_view text) { return to_upper(text); }

std::string_view trim_white(std::string_view text) { return trim_if(text, true, true, is_white); }
std::string_view trim_set(std::string_view text, std::string_view set, bool start, bool end) {
  return trim_if(text, start, end, [&](char32_t c) { return is_in(set, c); });
}
std::string_view without_prefix(std::string_view text, std::string_view prefix) {
  if (text.starts_with(prefix)) text.remove_prefix(prefix.size());
  return text;
}
std::string_view without_suffix(std::string_view text, std::string_view suffix) {
  if (text.ends_with(suffix)) text.remove_suffix(suffix.size());
  return text;
}

Result<void> check_size(const Call& call, std::size_t bytes) {
  if (bytes > call.run.bytes_max) return call_error("the result is too long");
  return {};
}

Result<Value> replaced(const Call& call, std::string_view text, std::string_view from,
                       std::string_view to, std::int64_t count) {
  std::string out;
  std::size_t at = 0;
  for (; count != 0; --count) {
    const std::size_t found = text.find(from, at);  // right here, if `from` is empty
    if (found == std::string_view::npos) break;
    out += text.substr(at, found - at);
    out += to;
    TAILRACE_CHECK(check_size(call, out.size()));
    at = found + from.size();
    if (!from.empty()) continue;
    if (at == text.size()) break;
    decode_utf8(text, at);
    out += text.substr(found, at - found);
  }
  out += text.substr(at);
  return call.give(out);
}

std::vector<std::string_view> split_n(std::string_view text, std::string_view separator,
                                      std::int64_t count) {
  std::vector<std::string_view> out;
  if (count == 0) return out;
  const auto has_room = [&] {
    return count < 0 || static_cast<std::int64_t>(out.size()) + 1 < count;
  };
  if (separator.empty()) {
    while (!text.empty() && has_room()) {
      std::size_t at = 0;
      decode_utf8(text, at);
      out.push_back(text.substr(0, at));
      text.remove_prefix(at);
    }
    if (!text.empty()) out.push_back(text);
    return out;
  }
  while (has_room()) {
    const std::size_t found = text.find(separator);
    if (found == std::string_view::npos) break;
    out.push_back(text.substr(0, found));
    text.remove_prefix(found + separator.size());
  }
  out.push_back(text);
  return out;
}

Value text_list(Call& call, const std::vector<std::string_view>& texts) {
  List items;
  items.reserve(texts.size());
  for (const std::string_view text : texts) items.push_back(Value::of_text(text));
  return call.run.heap.list(std::move(items), Kind::kString);
}

}  // namespace tailrace::tmpl
