// Text functions that several tables share. Characters are Unicode's, white space is what Go's
// unicode.IsSpace says it is.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "parse/template/functions.h"

namespace tailrace::tmpl {

bool is_white(char32_t c);
std::string lower(std::string_view text);
std::string upper(std::string_view text);
std::string_view trim_white(std::string_view text);
// Takes away characters of `set` at the start and at the end.
std::string_view trim_set(std::string_view text, std::string_view set, bool start, bool end);
std::string_view without_prefix(std::string_view text, std::string_view prefix);
std::string_view without_suffix(std::string_view text, std::string_view suffix);
// strings.Replace: at most `count` times, negative: all. An empty `from` matches before every
// character.
Result<Value> replaced(const Call& call, std::string_view text, std::string_view from,
                       std::string_view to, std::int64_t count);
// strings.SplitN; count < 0: all.
std::vector<std::string_view> split_n(std::string_view text, std::string_view separator,
                                      std::int64_t count);
Value text_list(Call& call, const std::vector<std::string_view>& texts);

// url.QueryEscape.
std::string escape_query(std::string_view text);

// An error if `bytes` is more than one text may have.
Result<void> check_size(const Call& call, std::size_t bytes);

}  // namespace tailrace::tmpl
