// A shard with all that a source needs, and a sink that keeps what came.
#pragma once

#include <boost/asio/io_context.hpp>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "config/config_node.h"
#include "file_rig.h"
#include "relabel/relabel.h"
#include "sources/source.h"
#include "support/run_until.h"

namespace tailrace {

// A piece of configuration, and what is wrong with it.
struct TestConfig {
  explicit TestConfig(const std::string& text) : file("test.yml", text, errors) {}
  ConfigNode root() const { return file.root(); }
  std::string problems() const { return errors.text(); }
  ConfigErrors errors;
  YamlFile file;
};

class SourceRig {
 public:
  explicit SourceRig(std::map<std::string, std::string> saved = {})
      : positions(std::move(saved), ""),
        shard(io.get_executor(), Clock::system(), metrics),
        scheduler(io.get_executor(), Clock::system()),
        driver(shard, sink),
        context{"test", shard, scheduler, positions, driver} {}

  // Ends a source as the agent does, and waits until it may go. What the sink holds is abandoned.
  void end(Source& source) {
    source.stop();
    for (TicketShare& ticket : sink.tickets) ticket.abandon();
    sink.tickets.clear();
    EXPECT_TRUE(wait_for([&] { return source.settled(); }));
  }
  bool wait_for(const std::function<bool()>& condition) { return run_until(io, condition); }
  bool wait_for_lines(std::size_t count) {
    return wait_for([&] { return sink.lines.size() >= count; });
  }
  // Time for what should not happen.
  void settle() { run_for(io, std::chrono::milliseconds(100)); }
  double value(std::string_view metric) {
    const std::string text = metrics.scrape(Metrics::Format::kPrometheusText);
    const std::size_t at = text.find("\n" + std::string(metric) + " ");
    return at == std::string::npos ? -1 : std::stod(text.substr(at + metric.size() + 2));
  }
  void room(bool there) {
    sink.room = there;
    if (there) scheduler.room_came_back();
  }
  std::vector<std::string> lines_of(std::string_view label) const {
    std::vector<std::string> out;
    for (std::size_t i = 0; i < sink.lines.size(); ++i) {
      if (sink.labels[i].find(label) != std::string::npos) out.push_back(sink.lines[i]);
    }
    return out;
  }

  boost::asio::io_context io{1};
  Metrics metrics;
  PositionBook positions;
  Shard shard;
  ReadScheduler scheduler;
  KeepingSink sink;
  PipelineDriver driver;
  SourceContext context;
};

inline RelabelConfigs relabel_rules(const std::string& yaml) {
  const TestConfig config(yaml);
  RelabelConfigs rules = read_relabel_configs(config.root());
  EXPECT_EQ(config.problems(), "");
  return rules;
}

}  // namespace tailrace
