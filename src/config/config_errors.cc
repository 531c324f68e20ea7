#include "config/config_errors.h"

#include <algorithm>
#include <tuple>

namespace tailrace {

std::string ConfigProblem::text() const {
  std::string out = place.file;
  if (place.line > 0) {
    if (!out.empty()) out += ':';
    out += std::to_string(place.line) + ":" + std::to_string(place.column);
  }
  if (!out.empty()) out += ": ";
  if (is_warning) out += "warning: ";
  if (!path.empty()) out += path + ": ";
  return out += message;
}

bool ConfigErrors::failed() const noexcept {
  return std::any_of(problems_.begin(), problems_.end(),
                     [](const ConfigProblem& p) { return !p.is_warning; });
}

std::string ConfigErrors::text() const {
  std::vector<const ConfigProblem*> ordered;
  for (const ConfigProblem& problem : problems_) ordered.push_back(&problem);
  std::stable_sort(ordered.begin(), ordered.end(),
                   [](const ConfigProblem* a, const ConfigProblem* b) {
                     return std::tie(a->place.file, a->place.line, a->place.column) <
                            std::tie(b->place.file, b->place.line, b->place.column);
                   });
  std::string out;
  for (const ConfigProblem* problem : ordered) {
    out += problem->text();
    out += '\n';
  }
  return out;
}

}  // namespace tailrace
