#include "sources/docker/docker_labels.h"

#include <algorithm>
#include <map>
#include <optional>

#include "base/arena.h"
#include "parse/json_value.h"

namespace tailrace {
namespace {

constexpr std::string_view kPrefix = "__meta_docker_";

std::string_view text_of(const JsonValue* value) {
  return value != nullptr && value->is_string() ? value->text() : std::string_view();
}
std::string_view text_of(const JsonValue& object, std::string_view key) {
  return text_of(object.find(key));
}
bool flag_of(const JsonValue& object, std::string_view key) {
  const JsonValue* const value = object.find(key);
  return value != nullptr && value->is_bool() && value->boolean();
}
std::string number_of(const JsonValue& object, std::string_view key) {
  const JsonValue* const value = object.find(key);
  if (value == nullptr || !value->is_number() || value->number() <= 0) return {};
  return std::to_string(static_cast<std::int64_t>(value->number()));
}

// Every character that may not stand in a label's name becomes one '_'.
std::string label_name(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool continues = (static_cast<unsigned char>(c) & 0xc0) == 0x80;
    const bool fits =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    if (!continues) out += fits ? c : '_';
  }
  return out;
}

void set(Labels& labels, std::string_view name, std::string_view value) {
  labels.set(std::string(kPrefix) + std::string(name), value);
}

void set_all(Labels& labels, const std::string& prefix, const JsonValue* values) {
  if (values == nullptr || !values->is_object()) return;
  for (const JsonMember& member : values->members()) {
    set(labels, prefix + label_name(member.key), text_of(&member.value));
  }
}

std::string address(std::string_view host, std::string_view port) {
  const bool brackets = host.find(':') != std::string_view::npos;
  std::string out = brackets ? "[" : "";
  out += host;
  if (brackets) out += "]";
  out += ":";
  out += port;
  return out;
}

// "" if the mode is not that of another container.
std::string_view other_container(std::string_view network_mode) {
  constexpr std::string_view kContainer = "container:";
  return network_mode.starts_with(kContainer) ? network_mode.substr(kContainer.size())
                                              : std::string_view();
}

bool is_user_defined(std::string_view network_mode) {
  return network_mode != "default" && network_mode != "bridge" && network_mode != "host" &&
         network_mode != "none" && other_container(network_mode).empty();
}

using ById = std::map<std::string_view, const JsonValue*>;

std::string_view network_mode(const JsonValue& container) {
  const JsonValue* const host = container.find("HostConfig");
  return host == nullptr ? std::string_view() : text_of(*host, "NetworkMode");
}

const JsonValue* networks_of(const JsonValue& container) {
  const JsonValue* const settings = container.find("NetworkSettings");
  const JsonValue* const networks = settings == nullptr ? nullptr : settings->find("Networks");
  const bool any = networks != nullptr && networks->is_object() && !networks->members().empty();
  return any ? networks : nullptr;
}

// The network whose labels the container gets; null if it has none. A container may live in the
// network of another.
const JsonMember* choose_network(const JsonValue& container, const ById& containers,
                                 bool match_first_network) {
  const JsonValue* networks = networks_of(container);
  std::string_view mode = network_mode(container);
  for (int hops = 0; networks == nullptr && hops < 16; ++hops) {
    const auto other = containers.find(other_container(mode));
    if (other == containers.end()) return nullptr;
    networks = networks_of(*other->second);
    mode = network_mode(*other->second);
  }
  if (networks == nullptr) return nullptr;
  const auto members = networks->members();  // sorted by name
  if (match_first_network && members.size() > 1 && is_user_defined(mode)) {
    const auto found = std::find_if(members.begin(), members.end(), [&](const JsonMember& member) {
      return member.key == mode && member.value.is_object();
    });
    if (found != members.end()) return &*found;
  }
  const auto first = std::find_if(members.begin(), members.end(), [](const JsonMember& member) {
    return member.value.is_object();
  });
  return first == members.end() ? nullptr : &*first;
}

void set_network_labels(Labels& labels, const JsonValue& network) {
  set(labels, "network_id", text_of(network, "Id"));
  set(labels, "network_name", text_of(network, "Name"));
  set(labels, "network_scope", text_of(network, "Scope"));
  set(labels, "network_internal", flag_of(network, "Internal") ? "true" : "false");
  set(labels, "network_ingress", flag_of(network, "Ingress") ? "true" : "false");
  set_all(labels, "network_label_", network.find("Labels"));
}

const JsonValue* first_tcp_port(const JsonValue& container) {
  const JsonValue* const ports = container.find("Ports");
  if (ports == nullptr || !ports->is_array()) return nullptr;
  for (const JsonValue& port : ports->items()) {
    if (text_of(port, "Type") == "tcp") return &port;
  }
  return nullptr;
}

void set_address(Labels& labels, const JsonValue& container, std::string_view ip,
                 const DockerLabelOptions& options) {
  if (const JsonValue* const port = first_tcp_port(container)) {
    const std::string inside = number_of(*port, "PrivatePort");
    set(labels, "port_private", inside);
    const std::string outside = number_of(*port, "PublicPort");
    if (!outside.empty()) {
      set(labels, "port_public", outside);
      set(labels, "port_public_ip", text_of(*port, "IP"));
    }
    labels.set("__address__", address(ip, inside));
  } else if (network_mode(container) == "host") {
    labels.set("__address__", options.host_networking_host);
  } else {
    labels.set("__address__", address(ip, options.port));
  }
}

Labels container_labels(const JsonValue& container, const ById& containers, const ById& networks,
                        const DockerLabelOptions& options) {
  Labels labels;
  set(labels, "container_id", text_of(container, "Id"));
  const JsonValue* const names = container.find("Names");
  if (names != nullptr && names->is_array() && !names->items().empty()) {
    set(labels, "container_name", text_of(&names->items().front()));
  }
  set(labels, "container_network_mode", network_mode(container));
  set_all(labels, "container_label_", container.find("Labels"));
  const JsonMember* const joined =
      choose_network(container, containers, options.match_first_network);
  if (joined == nullptr) return labels;
  const std::string_view ip = text_of(joined->value, "IPAddress");
  set(labels, "network_ip", ip);
  const auto network = networks.find(text_of(joined->value, "NetworkID"));
  if (network != networks.end()) set_network_labels(labels, *network->second);
  set_address(labels, container, ip, options);
  return labels;
}

std::optional<ById> by_id(const std::optional<JsonValue>& list) {
  if (!list || (!list->is_array() && !list->is_null())) return std::nullopt;
  ById out;
  if (list->is_null()) return out;
  for (const JsonValue& item : list->items()) out.emplace(text_of(item, "Id"), &item);
  out.erase("");
  return out;
}

}  // namespace

Result<std::vector<DockerContainerInfo>> read_docker_containers(std::string_view containers_json,
                                                                std::string_view networks_json,
                                                                const DockerLabelOptions& options) {
  Arena arena;
  const std::optional<JsonValue> container_list = parse_json(containers_json, arena);
  const std::optional<JsonValue> network_list = parse_json(networks_json, arena);
  const std::optional<ById> containers = by_id(container_list);
  const std::optional<ById> networks = by_id(network_list);
  if (!containers) return Error{ErrorCode::kInvalid, "the list of containers is no JSON list"};
  if (!networks) return Error{ErrorCode::kInvalid, "the list of networks is no JSON list"};
  std::vector<DockerContainerInfo> out;
  for (const auto& [id, container] : *containers) {
    DockerContainerInfo info;
    info.id = id;
    const std::string_view state = text_of(*container, "State");
    info.running = state == "running" || state == "paused" || state == "restarting";
    info.labels = container_labels(*container, *containers, *networks, options);
    info.name = info.labels.get("__meta_docker_container_name");
    out.push_back(std::move(info));
  }
  return out;
}

}  // namespace tailrace
