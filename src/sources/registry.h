// The sources that a scrape config can ask for, by the name of their block. Files have a place of
// their own (sources/file), since their targets come from discovery.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "config/config_node.h"
#include "relabel/relabel.h"
#include "sources/source.h"

namespace tailrace {

// What sources need to know of the rest of the configuration.
struct SourceSettings {
  std::size_t line_bytes_max = 0;  // limits_config.max_line_size; 0: none
};

// Makes the source whose block of a scrape config is called `kind`: "journal", "syslog",
// "loki_push_api", "gelf", "docker_sd_configs" or "heroku_drain". `node` is the value of that key;
// problems are recorded there, and the source must not be started then. Null: no such kind.
// `context` outlives the source.
std::unique_ptr<Source> make_source(std::string_view kind, const ConfigNode& node,
                                    RelabelConfigs rules, SourceContext& context,
                                    const SourceSettings& settings);

}  // namespace tailrace
