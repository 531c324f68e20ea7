// ConfigErrors: everything that is wrong with a configuration, gathered in one run.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tailrace {

// A place in a configuration file: one-based, as editors count.
struct ConfigPlace {
  std::string file;
  int line = 0;
  int column = 0;
};

struct ConfigProblem {
  ConfigPlace place;
  std::string path;     // scrape_configs[0].pipeline_stages[2].regex.expression
  std::string message;  // what is wrong, and what to do
  bool is_warning = false;
  // "promtail.yaml:14:7: scrape_configs[0].pipeline_stages[2].regex.expression: missing closing )"
  std::string text() const;
};

class ConfigErrors {
 public:
  void add(ConfigProblem problem) { problems_.push_back(std::move(problem)); }
  // Whether the configuration cannot be used: there is at least one problem that is no warning.
  bool failed() const noexcept;
  const std::vector<ConfigProblem>& problems() const noexcept { return problems_; }
  // One line each, in order of place.
  std::string text() const;

 private:
  std::vector<ConfigProblem> problems_;
};

}  // namespace tailrace
