// Writing YAML scalars so that every reader takes them for the same text.
#pragma once

#include <string>
#include <string_view>

namespace tailrace {

// Appends `text` plain if that is safe, else in double quotes; bytes that are not UTF-8 as
// !!binary, as yaml.v2 writes them. Texts that YAML would take for a number, boolean or null are
// quoted.
void append_yaml_scalar(std::string& out, std::string_view text);

// Appends "<indent><key>: <value>\n"; a key too long for one line of YAML stands behind a question
// mark.
void append_yaml_pair(std::string& out, std::string_view indent, std::string_view key,
                      std::string_view value);

}  // namespace tailrace
