#include "web/agent_pages.h"

#include <memory>

#include "web/html.h"

namespace tailrace {
namespace {

// Nothing on these pages runs or loads anything.
constexpr const char* kContentPolicy =
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

Response page(const AgentPageOptions& options, std::string_view title, std::string_view body) {
  Response response = html_response(200, html_page(title, body, options.explorer));
  response.headers.emplace_back("Content-Security-Policy", kContentPolicy);
  response.compressible = true;
  return response;
}

void append_labels(std::string& out, const Labels& labels) {
  out += "<code>";
  append_html(out, labels.text());
  out += "</code>";
}

std::string targets_body(const std::vector<PageJob>& jobs) {
  std::string out;
  for (const PageJob& job : jobs) {
    out += "<h2>";
    append_html(out, job.name);
    out += "</h2><table><tr><th>Type</th><th>Ready</th><th>Labels</th><th>Details</th></tr>";
    for (const PageTarget& target : job.targets) {
      out += "<tr><td>";
      append_html(out, target.type);
      out +=
          target.ready ? "</td><td class=\"ok\">yes</td><td>" : "</td><td class=\"no\">no</td><td>";
      append_labels(out, target.labels);
      out += "</td><td>";
      for (const auto& [name, value] : target.details) {
        append_html(out, name);
        out += ": ";
        append_html(out, value);
        out += "<br>";
      }
      out += "</td></tr>";
    }
    out += "</table>";
  }
  return out.empty() ? "<p>No scrape configs.</p>" : out;
}

std::string discovery_body(const std::vector<PageJob>& jobs) {
  std::string out;
  for (const PageJob& job : jobs) {
    out += "<h2>";
    append_html(out, job.name);
    out += "</h2><table><tr><th>Discovered labels</th><th>Target labels</th></tr>";
    for (const PageTarget& target : job.targets) {
      out += "<tr><td>";
      append_labels(out, target.discovered);
      out += "</td><td>";
      append_labels(out, target.labels);
      out += "</td></tr>";
    }
    for (const PageDroppedTarget& dropped : job.dropped) {
      out += "<tr><td>";
      append_labels(out, dropped.discovered);
      out += "</td><td class=\"no\">dropped: ";
      append_html(out, dropped.reason);
      out += "</td></tr>";
    }
    out += "</table>";
  }
  return out.empty() ? "<p>No scrape configs.</p>" : out;
}

// The handlers; they share one view, which lives as long as the router.
struct AgentPages {
  AgentView view;
  AgentPageOptions options;
};
using Pages = std::shared_ptr<const AgentPages>;

awaitable<Response> show_ready(Pages pages) {
  bool ready = true;
  if (pages->options.check_targets) {
    awaitable<bool> asked = pages->view.ready();
    ready = co_await std::move(asked);
  }
  if (ready) co_return text_response(200, "Ready\n");
  co_return text_response(500,
                          "Not ready: Unable to find any logs to tail. Please verify permissions, "
                          "volumes, scrape_config, etc.\n");
}

awaitable<Response> show_targets(Pages pages) {
  awaitable<std::vector<PageJob>> asked = pages->view.jobs();
  const std::vector<PageJob> jobs = co_await std::move(asked);
  co_return page(pages->options, "Targets", targets_body(jobs));
}

awaitable<Response> show_discovery(Pages pages) {
  awaitable<std::vector<PageJob>> asked = pages->view.jobs();
  const std::vector<PageJob> jobs = co_await std::move(asked);
  co_return page(pages->options, "Service discovery", discovery_body(jobs));
}

awaitable<Response> reload(Pages pages) {
  awaitable<Result<void>> asked = pages->view.reload();
  const Result<void> reloaded = co_await std::move(asked);
  if (reloaded) co_return text_response(200, "");
  co_return text_response(500, "failed to reload config: " + reloaded.error().text() + "\n");
}

}  // namespace

void add_metrics_route(Router& router, Metrics& metrics) {
  router.add("*", "/metrics", [&metrics](Request& request, Response& response) {
    const bool open_metrics =
        request.header("Accept").find("application/openmetrics-text") != std::string_view::npos;
    response.content_type = open_metrics
                                ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
                                : "text/plain; version=0.0.4; charset=utf-8";
    response.body = metrics.scrape(open_metrics ? Metrics::Format::kOpenMetrics
                                                : Metrics::Format::kPrometheusText);
    response.compressible = true;
  });
}

// By any method, as in Promtail, whose routes name none.
void add_agent_pages(Router& router, AgentView view, AgentPageOptions options, Metrics& metrics) {
  const Pages pages =
      std::make_shared<const AgentPages>(AgentPages{std::move(view), std::move(options)});
  router.add_async("*", "/ready", [pages](Request&) { return show_ready(pages); });
  router.add_async("*", "/targets", [pages](Request&) { return show_targets(pages); });
  router.add_async("*", "/service-discovery", [pages](Request&) { return show_discovery(pages); });
  router.add("*", "/", [pages](Request&, Response& response) {
    response = redirect_response(303, pages->options.redirect_prefix + "/targets");
  });
  router.add("*", "/config", [pages](Request&, Response& response) {
    std::string body = "<pre>";
    append_html(body, pages->view.config_yaml());
    response = page(pages->options, "Configuration", body + "</pre>");
  });
  if (pages->options.metrics) add_metrics_route(router, metrics);
  if (!pages->options.reload) return;
  for (const char* path : {"/reload", "/-/reload"})
    router.add_async("*", path, [pages](Request&) { return reload(pages); });
}

}  // namespace tailrace
