#include "agent/explorer_setup.h"

#include <utility>

#include "agent/version.h"

namespace tailrace {
namespace {

bool allowed(const AgentConfig& config) {
  switch (config.explorer.first_client) {
    case ExplorerOptions::FirstClient::kAlways:
      return true;
    case ExplorerOptions::FirstClient::kNever:
      return false;
    case ExplorerOptions::FirstClient::kIfClosed:
      break;
  }
  return is_closed(config.server.listen);
}

}  // namespace

std::vector<std::shared_ptr<LokiSource>> configured_sources(const Executor& executor,
                                                            const ExplorerOptions& options) {
  std::vector<std::shared_ptr<LokiSource>> out;
  for (const LokiSourceOptions& source : options.sources)
    out.push_back(std::make_shared<LokiSource>(executor, source, user_agent()));
  return out;
}

std::shared_ptr<LokiSource> first_client_source(const Executor& executor,
                                                const AgentConfig& config) {
  if (config.clients.empty() || !allowed(config)) return nullptr;
  const ClientOptions& client = config.clients.front();
  LokiSourceOptions options;
  options.name = "client";
  options.url = client.url;
  if (!strip_push_path(options.url)) return nullptr;
  options.tenant_id = client.tenant_id;
  options.headers = client.headers;
  options.http = client.http;
  return std::make_shared<LokiSource>(executor, std::move(options), user_agent());
}

}  // namespace tailrace
