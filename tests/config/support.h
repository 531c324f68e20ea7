// Reading a piece of YAML in a test.
#pragma once

#include <string>

#include "config/config_node.h"

namespace tailrace::test {

// A file called c.yaml, with its errors.
struct Yaml {
  explicit Yaml(const std::string& text) : file("c.yaml", text, errors) {}
  ConfigNode root() const { return file.root(); }
  ConfigNode operator[](std::string_view key) const { return file.root().get(key); }

  ConfigErrors errors;
  YamlFile file;
};

}  // namespace tailrace::test
