// Tree: a parsed YAML document as plain values, made by yaml_reader.cc. Inner header of this
// folder.
//
// Nodes lie in one vector and name each other by index. An alias is the index of its anchor's node,
// so the tree is a graph without circles, and a "billion laughs" document stays small; Limits says
// how far it may unfold. Merge keys (<<) are resolved when a map is complete: their pairs stand in
// the map, marked as merged.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "config/config_errors.h"
#include "config/yaml_scalar.h"

namespace tailrace::yaml {

using NodeId = std::uint32_t;
inline constexpr NodeId kNoNode = 0xFFFFFFFF;

struct Limits {
  static constexpr std::size_t kDepthMax = 100;
  static constexpr std::size_t kMergedPairsMax = 100'000;
  // How many nodes a document may unfold to through aliases, beyond a small multiple of its own.
  static constexpr std::uint64_t kUnfoldedMax = 400'000;
  static constexpr std::uint64_t kUnfoldedFactorMax = 4;
};

// As yaml-cpp counts: from zero, columns in bytes.
struct Mark {
  int line = 0;
  int column = 0;
};

// A value in a map or list: which node, and where it (or its alias) stands.
struct Child {
  NodeId node = kNoNode;
  Mark mark;
};

struct Pair {
  std::string key;
  Mark key_mark;
  Child value;
  bool merged = false;
  bool key_is_text = true;  // not a number, a boolean (y, on, no...) or null by YAML's rules
};

struct Node {
  enum class Kind : std::uint8_t { kNull, kScalar, kList, kMap };
  Kind kind = Kind::kNull;
  bool quoted = false;
  Tag tag = Tag::kNone;
  Mark mark;
  std::string text;            // kScalar
  std::vector<Child> items;    // kList
  std::vector<Pair> pairs;     // kMap, in order of the file
  std::uint64_t unfolded = 1;  // nodes from here on if every alias were written out
};

struct Tree {
  std::vector<Node> nodes;
  NodeId root = kNoNode;  // kNoNode: there is no document, or it has errors
};

// Parses the first document of `text`. Problems go to `errors`, under the name `file`; after a
// syntax error the root is kNoNode. Never throws.
Tree parse_tree(const std::string& file, const std::string& text, ConfigErrors& errors);

// One-based, columns in characters, as editors count.
ConfigPlace place_of(const std::string& file, std::string_view text, Mark mark);

}  // namespace tailrace::yaml
