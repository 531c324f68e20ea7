// ${VAR} in a configuration file, before YAML is parsed (-config.expand-env).
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tailrace {

using EnvLookup = std::function<std::optional<std::string>(std::string_view name)>;

// Expands ${VAR}, ${VAR:-default} and the other forms that Promtail knows (defaults, case, length,
// substring, trimming by glob, replacement); `$${VAR}` stands for a literal `${VAR}`, `\\` for a
// backslash and `\/` for a slash, wherever they are, and `$VAR` without braces is left alone.
// kInvalid for a `${` that makes no sense, with line and column, as "3:14: bad substitution...".
Result<std::string> expand_env(std::string_view text, const EnvLookup& lookup);

// Looks in the environment of the process.
std::optional<std::string> process_env(std::string_view name);

}  // namespace tailrace
