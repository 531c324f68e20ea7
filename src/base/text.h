// Small text helpers that several folders need: quoting as Go does, UTF-8 checks, numbers as text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tailrace {

// Appends `text` in double quotes with the escapes of Go's strconv.Quote: \a \b \f \n \r \t \v
// \\ \", printable Unicode as it is, the rest as \xNN (bytes that are not UTF-8), \uNNNN or
// \UNNNNNNNN.
void append_go_quoted(std::string& out, std::string_view text);
std::string go_quoted(std::string_view text);

bool is_valid_utf8(std::string_view text) noexcept;

// Decodes one character at text[at], advances `at`. An invalid byte gives U+FFFD and advances by
// one, as Go's utf8.DecodeRuneInString does; `valid` tells the two apart.
char32_t decode_utf8(std::string_view text, std::size_t& at, bool* valid = nullptr) noexcept;
void append_utf8(std::string& out, char32_t character);

// Replaces every byte that is not part of valid UTF-8 by U+FFFD.
std::string to_valid_utf8(std::string_view text);

// Whether Go's unicode.IsPrint says yes: letters, marks, numbers, punctuation, symbols, ASCII
// space. Exact for all characters of Unicode 15.0 (go_printable.cc).
bool is_go_printable(char32_t character) noexcept;

std::string_view trim_space(std::string_view text) noexcept;  // ASCII white space at both ends
std::string ascii_lower(std::string_view text);
bool equals_ignoring_case(std::string_view a, std::string_view b) noexcept;  // ASCII
std::vector<std::string_view> split(std::string_view text, char separator);

// Shortest decimal that reads back as the same double, never with an exponent: 42, 3.14159,
// 0.0000001; as Go's FormatFloat(value, 'f', -1, 64), so also NaN, +Inf and -Inf. Writes at most
// kDoubleTextBytesMax bytes at `out`, returns the new end.
inline constexpr std::size_t kDoubleTextBytesMax = 400;
char* put_double(char* out, double value) noexcept;
std::string double_text(double value);

// The name in `names` closest to `word`, if it is close enough to be a typing mistake; else "".
std::string_view closest(std::string_view word, const std::vector<std::string_view>& names);

}  // namespace tailrace
