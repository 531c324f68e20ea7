// AgentConfig: a whole configuration, read and checked, with the command line applied; nothing is
// started yet.
//
// A component owns its options and how they are read; this only knows which blocks there are. All
// problems of a file are gathered in one run.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/command_line.h"
#include "app/app_options.h"
#include "config/config_node.h"
#include "discovery/discoveries.h"
#include "net/server_config.h"
#include "positions/positions_file.h"
#include "relabel/relabel.h"
#include "sinks/client_options.h"
#include "telemetry/log.h"
#include "web/explorer_options.h"
#include "web/store_service.h"

namespace tailrace {

struct GlobalOptions {
  std::int64_t poll_min_ns = 250 * kNsPerMs;
  std::int64_t poll_max_ns = 250 * kNsPerMs;
};

struct LimitsOptions {
  double readline_rate = 10'000;
  std::int64_t readline_burst = 10'000;
  bool readline_rate_enabled = false;
  bool readline_rate_drop = true;
  ClientLimits client;
};

// Where the lines of a scrape config come from. One kind each: the first that is present, in this
// order.
enum class SourceKind : std::uint8_t {
  kFiles,  // static_configs and all service discoveries but docker
  kBlock,  // a source of sources/registry.h, by the name of its block
  kStdin,  // not from a key: -stdin makes the first scrape config one
  kUnsupported,
};

struct ScrapeConfig {
  std::string job_name;
  SourceKind kind = SourceKind::kFiles;
  std::string_view source_key;  // of kBlock: "syslog"; a literal
  ConfigNode node;              // for the parts that the source reads when it is built
  DiscoveryOptions discovery;
  ConfigNode pipeline_stages;
  RelabelConfigs relabel_configs;
  std::string encoding;  // "": bytes pass unchanged
  Labels stdin_labels;   // of kStdin
};

struct AgentConfig {
  std::string file_name;
  std::string text;  // as read, environment expanded
  // Owners: this, and copies of it (a reload keeps the old one until it is stopped). The nodes
  // below point into the file, and record problems, also those of what is built later, in the
  // errors.
  std::shared_ptr<ConfigErrors> errors;
  std::shared_ptr<YamlFile> yaml;

  GlobalOptions global;
  ServerConfig server;
  std::vector<ClientOptions> clients;
  PositionsOptions positions;
  std::vector<ScrapeConfig> scrape_configs;
  std::int64_t sync_period_ns = 10 * kNsPerSecond;
  bool read_stdin = false;
  LimitsOptions limits;
  log::Output log;            // of tailrace's own log
  AppOptions app;             // off if its section is absent
  StoreServiceOptions store;  // the same
  ExplorerOptions explorer;
};

// Reads the file that -config.file names. kNotFound if none of its candidates exists; kInvalid with
// all problems, one a line, if it cannot be used. Warnings are logged.
Result<AgentConfig> load_agent_config(const CommandLine& command_line);

// The same from a text, for tests and for standard input.
AgentConfig read_agent_config(std::string file_name, std::string text,
                              const CommandLine& command_line);

}  // namespace tailrace
