#include "discovery/kubernetes_pod.h"

#include <boost/json.hpp>

#include "base/text.h"

namespace tailrace {
namespace {

namespace json = boost::json;

constexpr std::string_view kPrefix = "__meta_kubernetes_pod_";

json::string_view key_of(std::string_view name) { return {name.data(), name.size()}; }

const json::value* find(const json::object& object, std::string_view name) {
  return object.if_contains(key_of(name));
}

// The member as text; "" unless it is a string.
std::string text_in(const json::object& object, std::string_view name) {
  const json::value* value = find(object, name);
  const json::string* text = value == nullptr ? nullptr : value->if_string();
  return text == nullptr ? std::string() : std::string(text->data(), text->size());
}

// Members that are missing or of another type are empty.
const json::object& object_in(const json::object& object, std::string_view name) {
  static const json::object kEmpty;
  const json::value* value = find(object, name);
  const json::object* inner = value == nullptr ? nullptr : value->if_object();
  return inner == nullptr ? kEmpty : *inner;
}
const json::array& array_in(const json::object& object, std::string_view name) {
  static const json::array kEmpty;
  const json::value* value = find(object, name);
  const json::array* inner = value == nullptr ? nullptr : value->if_array();
  return inner == nullptr ? kEmpty : *inner;
}

void set(Labels& labels, std::string_view name, std::string_view value) {
  labels.set(std::string(kPrefix) + std::string(name), value);
}

// Labels and annotations: the value, and that it is there.
void add_map(const json::object& map, const std::string& kind, Labels& labels) {
  for (const auto& [key, value] : map) {
    const json::string* text = value.if_string();
    if (text == nullptr) continue;
    const std::string name = label_name_of({key.data(), key.size()});
    set(labels, kind + "_" + name, {text->data(), text->size()});
    set(labels, kind + "present_" + name, "true");
  }
}

std::string ready_of(const json::object& status) {
  for (const json::value& item : array_in(status, "conditions")) {
    const json::object* condition = item.if_object();
    if (condition != nullptr && text_in(*condition, "type") == "Ready") {
      return ascii_lower(text_in(*condition, "status"));
    }
  }
  return "unknown";
}

Labels pod_labels(const json::object& pod) {
  const json::object& metadata = object_in(pod, "metadata");
  const json::object& status = object_in(pod, "status");
  Labels labels{{"__meta_kubernetes_namespace", text_in(metadata, "namespace")}};
  set(labels, "name", text_in(metadata, "name"));
  set(labels, "uid", text_in(metadata, "uid"));
  set(labels, "ip", text_in(status, "podIP"));
  set(labels, "host_ip", text_in(status, "hostIP"));
  set(labels, "phase", text_in(status, "phase"));
  set(labels, "ready", ready_of(status));
  set(labels, "node_name", text_in(object_in(pod, "spec"), "nodeName"));
  add_map(object_in(metadata, "labels"), "label", labels);
  add_map(object_in(metadata, "annotations"), "annotation", labels);
  for (const json::value& item : array_in(metadata, "ownerReferences")) {
    const json::object* owner = item.if_object();
    if (owner == nullptr) continue;
    const json::value* controls = find(*owner, "controller");
    if (controls == nullptr || !controls->is_bool() || !controls->get_bool()) continue;
    set(labels, "controller_kind", text_in(*owner, "kind"));
    set(labels, "controller_name", text_in(*owner, "name"));
    break;
  }
  return labels;
}

std::string container_id(const json::array& statuses, std::string_view name) {
  for (const json::value& item : statuses) {
    const json::object* status = item.if_object();
    if (status != nullptr && text_in(*status, "name") == name)
      return text_in(*status, "containerID");
  }
  return {};
}

void add_container(const json::object& container, const json::array& statuses, bool is_init,
                   const std::string& ip, std::vector<Labels>& targets) {
  Labels labels{{"__address__", ip}};
  const std::string name = text_in(container, "name");
  set(labels, "container_name", name);
  set(labels, "container_id", container_id(statuses, name));
  set(labels, "container_image", text_in(container, "image"));
  set(labels, "container_init", is_init ? "true" : "false");
  const json::array& ports = array_in(container, "ports");
  if (ports.empty()) targets.push_back(labels);
  const std::string host = ip.find(':') == std::string::npos ? ip : "[" + ip + "]";
  for (const json::value& item : ports) {
    const json::object* port = item.if_object();
    const json::value* number = port == nullptr ? nullptr : find(*port, "containerPort");
    if (number == nullptr || !number->is_int64()) continue;
    const std::string number_text = std::to_string(number->get_int64());
    Labels with_port = labels;
    with_port.set("__address__", host + ":" + number_text);
    set(with_port, "container_port_number", number_text);
    set(with_port, "container_port_name", text_in(*port, "name"));
    set(with_port, "container_port_protocol", text_in(*port, "protocol"));
    targets.push_back(std::move(with_port));
  }
}

}  // namespace

std::string label_name_of(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    const bool keeps =
        (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    if (!keeps) c = '_';
  }
  return out;
}

std::string pod_source(const json::object& pod) {
  const json::object& metadata = object_in(pod, "metadata");
  return "pod/" + text_in(metadata, "namespace") + "/" + text_in(metadata, "name");
}

TargetGroup pod_target_group(const json::object& pod) {
  TargetGroup group{.source = pod_source(pod), .targets = {}, .labels = {}};
  const json::object& spec = object_in(pod, "spec");
  const json::object& status = object_in(pod, "status");
  const std::string ip = text_in(status, "podIP");
  if (ip.empty()) return group;
  group.labels = pod_labels(pod);
  for (const json::value& item : array_in(spec, "containers")) {
    const json::object* container = item.if_object();
    if (container != nullptr) {
      add_container(*container, array_in(status, "containerStatuses"), false, ip, group.targets);
    }
  }
  for (const json::value& item : array_in(spec, "initContainers")) {
    const json::object* container = item.if_object();
    if (container != nullptr) {
      add_container(*container, array_in(status, "initContainerStatuses"), true, ip, group.targets);
    }
  }
  return group;
}

}  // namespace tailrace
