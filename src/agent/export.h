// The subcommand `export`: pushes what the embedded store holds to a Loki, with progress shown.
//
// The store may be in use by a running tailrace meanwhile. Repeating an export does no harm: lines
// keep their times, and Loki stores the same line once.
#pragma once

#include <string>

#include "agent/command_line.h"
#include "base/result.h"

namespace tailrace {

// `target`: the URL or the name of one of the file's clients, whose authentication, tenant and
// limits are then used; any other push URL; "": the file's one client that is not the store. An
// error if a line could not be read, or was refused.
Result<void> run_export(const CommandLine& flags, const std::string& target);

}  // namespace tailrace
