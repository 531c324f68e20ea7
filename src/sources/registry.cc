#include "sources/registry.h"

#include <utility>
#include <vector>

#include "sources/docker/docker_source.h"
#include "sources/gelf/gelf_source.h"
#include "sources/heroku/heroku_source.h"
#include "sources/journal/journal_source.h"
#include "sources/push/push_source.h"
#include "sources/syslog/syslog_source.h"

namespace tailrace {
namespace {

struct Ask {
  const ConfigNode& node;
  RelabelConfigs rules;
  SourceContext& context;
  const SourceSettings& settings;
};

std::unique_ptr<Source> make_docker(Ask ask) {
  std::vector<DockerSdOptions> hosts = read_docker_sd_configs(ask.node);
  if (ask.settings.line_bytes_max > 0) {
    for (DockerSdOptions& host : hosts) host.line_bytes_max = ask.settings.line_bytes_max;
  }
  return std::make_unique<DockerSource>(ask.context, std::move(ask.rules), std::move(hosts));
}

template <class Made, class Options>
std::unique_ptr<Source> make(Ask ask, Options options) {
  return std::make_unique<Made>(ask.context, std::move(ask.rules), std::move(options));
}

struct Kind {
  std::string_view name;
  std::unique_ptr<Source> (*make)(Ask ask);
};

constexpr Kind kKinds[] = {
    {"journal", [](Ask ask) { return make<JournalSource>(ask, read_journal_options(ask.node)); }},
    {"syslog", [](Ask ask) { return make<SyslogSource>(ask, read_syslog_options(ask.node)); }},
    {"loki_push_api", [](Ask ask) { return make<PushSource>(ask, read_push_options(ask.node)); }},
    {"gelf", [](Ask ask) { return make<GelfSource>(ask, read_gelf_options(ask.node)); }},
    {"docker_sd_configs", [](Ask ask) { return make_docker(std::move(ask)); }},
    {"heroku_drain",
     [](Ask ask) { return make<HerokuSource>(ask, read_heroku_options(ask.node)); }},
};

}  // namespace

std::unique_ptr<Source> make_source(std::string_view kind, const ConfigNode& node,
                                    RelabelConfigs rules, SourceContext& context,
                                    const SourceSettings& settings) {
  for (const Kind& known : kKinds) {
    if (known.name == kind) return known.make({node, std::move(rules), context, settings});
  }
  return nullptr;
}

}  // namespace tailrace
