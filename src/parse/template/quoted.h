// The escapes of Go's string and character literals.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tailrace::tmpl {

// What stands between the quotes of a Go literal, as the text it means. Nothing if an escape is
// wrong.
std::optional<std::string> unquote_body(std::string_view body, char quote);

}  // namespace tailrace::tmpl
