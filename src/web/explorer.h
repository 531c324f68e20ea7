// The explorer: one page with logs, metrics and the agent, made of the files in assets/.
//
// It runs in a browser and asks only this listener, by relative paths, so it works behind any
// prefix. What comes from logs reaches the page as text nodes only; the headers below forbid the
// browser everything else (see kPolicy in explorer.cc).
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "net/router.h"
#include "web/loki_source.h"

namespace tailrace {

struct ExplorerPlace {
  std::string version;
  std::string path;  // of the page: "" at the root, "/ui"
  // From the page, relative: "../metrics"; "" if this listener has none.
  std::string metrics;
  std::string agent;
  bool has_store = false;  // Loki's API is at the page's own loki/api/v1/
  std::vector<std::shared_ptr<LokiSource>> sources{};  // others, asked through us
};

// Adds <path>/, <path>/assets/*, <path>/explorer.json (what the page finds here), and the routes of
// the sources.
void add_explorer(Router& router, const ExplorerPlace& place);

}  // namespace tailrace
