// Target groups as text: the form that static_configs, file_sd and http_sd share.
//
//   - targets: [localhost]
//     labels: {job: web, __path__: /var/log/web/*.log}
//
// Each target becomes the label __address__ of a target of its own.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/config_node.h"
#include "model/target.h"

namespace tailrace {

// Reads a list of groups; problems are recorded at the nodes. Sources are "<source>:<index>".
std::vector<TargetGroup> read_target_groups(const ConfigNode& list, const std::string& source);

// The same from a whole file. Strict: kInvalid, with the place, for the first thing that is wrong.
Result<std::vector<TargetGroup>> parse_target_groups_yaml(const std::string& source,
                                                          const std::string& text);
Result<std::vector<TargetGroup>> parse_target_groups_json(const std::string& source,
                                                          std::string_view text);

}  // namespace tailrace
