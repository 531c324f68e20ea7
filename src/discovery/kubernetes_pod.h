// From a pod, as the Kubernetes API describes it, to a target group with Prometheus'
// __meta_kubernetes_* labels of the role `pod`: one target per container and port, or per container
// if it has none.
#pragma once

#include <boost/json/fwd.hpp>
#include <string>

#include "model/target.h"

namespace tailrace {

// "pod/<namespace>/<name>"
std::string pod_source(const boost::json::object& pod);
// Without targets while the pod has no address.
TargetGroup pod_target_group(const boost::json::object& pod);

// Characters other than letters, digits and underscore become underscores.
std::string label_name_of(std::string_view text);

}  // namespace tailrace
