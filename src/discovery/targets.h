// From what discovery found to what is tailed: relabeling, and the labels that Promtail gives a
// meaning.
//
//   __host__          only targets of this host are kept
//   __path__          what to tail: a glob
//   __path_exclude__  what to leave out of it: a glob
//
// All other labels that begin with "__" are gone afterwards; the rest stands on every line.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "model/labels.h"
#include "model/target.h"
#include "relabel/relabel.h"

namespace tailrace {

enum class DropReason : std::uint8_t {
  kDropped,    // by a rule
  kWrongHost,  // __host__ is another
  kNoPath,     // no __path__
  kExists,     // same path and labels as another target
};
// As in the label `reason` of promtail_targets_failed_total.
std::string_view drop_reason_name(DropReason reason) noexcept;

struct DroppedTarget {
  Labels discovered;
  DropReason reason = DropReason::kDropped;
  friend auto operator<=>(const DroppedTarget&, const DroppedTarget&) = default;
};

struct TargetList {
  std::vector<FileTarget> targets;  // no two with equal path, exclusion and labels
  std::vector<DroppedTarget> dropped;
  friend bool operator==(const TargetList&, const TargetList&) = default;
};

// Adds the targets of `group` to `list`. `host`: whose targets are wanted, see host_name().
void add_file_targets(const TargetGroup& group, const RelabelConfigs& rules, std::string_view host,
                      TargetList& list);

// The environment's HOSTNAME if it is set and not empty, else the system's host name.
std::string host_name();
// Whatever the environment says: for the label of -stdin.
std::string system_host_name();

}  // namespace tailrace
