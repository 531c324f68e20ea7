// Any bytes as a configuration: problems may come out, crashes, leaks and long waits may not.
#include <cstddef>
#include <cstdint>
#include <string>

#include "config/config_node.h"
#include "config/expand_env.h"

namespace {

using tailrace::ConfigNode;

// Reads everything in every way. Aliases may unfold, so with a bound.
void read_all(const ConfigNode& node, int& budget) {
  if (budget-- <= 0) return;
  std::string text;
  bool flag = false;
  std::int64_t whole = 0;
  std::uint64_t positive = 0;
  double number = 0;
  tailrace::GoDuration duration;
  tailrace::PrometheusDuration prometheus_duration;
  tailrace::ByteSize size;
  tailrace::Secret secret;
  tailrace::Labels labels;
  std::vector<std::string> list;
  node.read(text), node.read(flag), node.read(whole), node.read(positive), node.read(number);
  node.read(duration), node.read(prometheus_duration), node.read(size), node.read(secret);
  node.read(labels), node.read(list);
  node.read_typed(text), node.read_weak(text), node.read_weak(flag), node.read_weak(whole);
  node.read_weak(number), node.read_weak(list);
  if (node.is_list()) {
    for (const ConfigNode& item : node.items()) read_all(item, budget);
  } else if (node.is_map()) {
    node.strict({"a", "clients"});
    node.loose({"a", "clients"});
    for (const auto& [key, value] : node.entries()) {
      node.get(key).error("here");
      read_all(value, budget);
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  tailrace::ConfigErrors errors;
  const tailrace::YamlFile file("fuzz.yaml", text, errors);
  int budget = 1000;
  read_all(file.root(), budget);
  (void)errors.text();
  const tailrace::EnvLookup lookup = [](std::string_view name) {
    return name.size() % 2 == 0 ? std::optional<std::string>("a/b.c") : std::nullopt;
  };
  (void)tailrace::expand_env(text, lookup);
  return 0;
}
