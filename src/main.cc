// main: what the command line asks for, and the exit status: 0 done, 1 configuration or start-up
// error, 2 bad flags.
#include <cstdio>
#include <exception>
#include <span>
#include <string>

#include "agent/agent.h"
#include "agent/agent_config.h"
#include "agent/command_line.h"
#include "agent/export.h"
#include "agent/healthcheck.h"
#include "agent/version.h"
#include "telemetry/log.h"

namespace tailrace {
namespace {

enum ExitStatus : int { kDone = 0, kFailed = 1, kBadFlags = 2 };

int fail(const Error& error) {
  std::fprintf(stderr, "%s\n", error.text().c_str());
  return kFailed;
}

int run(std::span<const char* const> arguments) {
  const Result<CommandLine> parsed = CommandLine::parse(arguments);
  if (!parsed) {
    std::fprintf(stderr, "%s\n%s", parsed.error().text().c_str(), usage_text().c_str());
    return kBadFlags;
  }
  const CommandLine& flags = *parsed;
  if (flags.flag("help") || flags.flag("h")) {
    std::fputs(usage_text().c_str(), stdout);
    return kBadFlags;
  }
  if (flags.flag("version")) {
    std::fputs(version_text().c_str(), stdout);
    return kDone;
  }
  if (!flags.words().empty() && flags.words().front() == "healthcheck") {
    const Result<void> healthy =
        check_health(flags.words().size() > 1 ? flags.words()[1] : kDefaultHealthUrl);
    return healthy ? kDone : fail(healthy.error());
  }
  if (!flags.words().empty() && flags.words().front() == "export") {
    const Result<void> exported =
        run_export(flags, flags.words().size() > 1 ? flags.words()[1] : std::string());
    return exported ? kDone : fail(exported.error());
  }
  if (!flags.words().empty()) {
    std::fprintf(stderr, "unknown subcommand: %s\n%s", flags.words().front().c_str(),
                 usage_text().c_str());
    return kBadFlags;
  }
  Result<AgentConfig> config = load_agent_config(flags);
  if (!config) return fail(config.error());
  if (flags.flag("check-syntax")) {
    const Result<void> good = check_agent_config(*config);
    if (!good) return fail(good.error());
    std::puts("Valid config file! No syntax issues found");
    return kDone;
  }
  const Result<void> ended = run_agent(std::move(*config), flags);
  return ended ? kDone : fail(ended.error());
}

}  // namespace
}  // namespace tailrace

int main(int argc, char** argv) {
  int status = tailrace::kFailed;
  try {
    status = tailrace::run(
        std::span<const char* const>(argv + 1, static_cast<std::size_t>(argc > 0 ? argc - 1 : 0)));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "tailrace: %s\n", error.what());
  }
  tailrace::log::shutdown();
  return status;
}
