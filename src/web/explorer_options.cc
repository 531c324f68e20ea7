#include "web/explorer_options.h"

#include <algorithm>
#include <set>
#include <utility>

namespace tailrace {
namespace {

constexpr std::string_view kNameCharacters =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
// Names of sources that are there without being configured.
constexpr std::string_view kReserved[] = {"store", "client"};

void read_name(const ConfigNode& node, std::string& name) {
  node.read("name", name);
  if (name.empty() || name.find_first_not_of(kNameCharacters) != std::string::npos) {
    node.error("name", "a source needs a name of letters, digits, - and _");
  } else if (std::find(std::begin(kReserved), std::end(kReserved), name) != std::end(kReserved)) {
    node.error("name", "this name is that of a source which is always there");
  }
}

LokiSourceOptions read_source(const ConfigNode& node) {
  std::vector<std::string_view> known = {"name", "url", "tenant_id", "timeout"};
  known.insert(known.end(), kHttpClientKeys.begin(), kHttpClientKeys.end());
  node.strict(known);
  LokiSourceOptions out;
  read_name(node, out.name);
  std::string url;
  node.read("url", url);
  Result<Url> parsed = parse_url(url);
  if (!parsed) {
    node.error("url", url.empty() ? "a source needs the URL of a Loki, such as http://loki:3100"
                                  : parsed.error().text());
  } else {
    out.url = std::move(*parsed);
    strip_push_path(out.url);  // people copy it from `clients`
    while (out.url.path.ends_with('/')) out.url.path.pop_back();
  }
  node.read("tenant_id", out.tenant_id);
  GoDuration timeout{out.timeout_ns};
  node.read("timeout", timeout);
  out.timeout_ns = timeout.ns;
  read(node, out.http);
  return out;
}

void read_first_client(const ConfigNode& node, ExplorerOptions::FirstClient& out) {
  std::string text;
  node.read("first_client", text);
  if (text.empty() || text == "if_closed") {
    out = ExplorerOptions::FirstClient::kIfClosed;
  } else if (text == "always") {
    out = ExplorerOptions::FirstClient::kAlways;
  } else if (text == "never") {
    out = ExplorerOptions::FirstClient::kNever;
  } else {
    node.error("first_client", "use if_closed, always or never");
  }
}

}  // namespace

bool strip_push_path(Url& url) {
  for (const std::string_view push : {"/loki/api/v1/push", "/api/prom/push"}) {
    if (!url.path.ends_with(push)) continue;
    url.path.resize(url.path.size() - push.size());
    url.query.clear();
    url.has_query = false;
    return true;
  }
  return false;
}

void read(const ConfigNode& node, ExplorerOptions& options) {
  if (node.empty()) return;
  node.strict({"disable", "first_client", "sources"});
  node.read("disable", options.disable);
  read_first_client(node, options.first_client);
  std::set<std::string> names;
  for (const ConfigNode& item : node.get("sources").items()) {
    options.sources.push_back(read_source(item));
    if (!names.insert(options.sources.back().name).second) {
      item.error("name", "two sources of this name");
    }
  }
}

}  // namespace tailrace
