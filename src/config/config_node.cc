#include "config/config_node.h"

#include <algorithm>
#include <unordered_set>

#include "base/text.h"
#include "config/node_state.h"

namespace tailrace {

using yaml::kNoNode;
using yaml::Mark;
using yaml::Node;
using yaml::NodeId;
using yaml::Pair;

namespace {

std::string join_path(const std::string& path, std::string_view key) {
  std::string out = path;
  if (!out.empty()) out += '.';
  out += key;
  return out;
}

// A null has no place of its own, and a block begins, for its reader, at its key.
Mark value_mark(const yaml::Tree& tree, const Pair& pair) {
  const Node& node = tree.nodes[pair.value.node];
  return node.kind == Node::Kind::kScalar ? pair.value.mark : pair.key_mark;
}

}  // namespace

const Node* ConfigNode::State::node() const {
  return id == kNoNode ? nullptr : &file->tree.nodes[id];
}

const Node* ConfigNode::node() const { return state_ ? state_->node() : nullptr; }

ConfigNode::Kind ConfigNode::kind() const {
  const Node* here = node();
  if (here == nullptr) return Kind::kAbsent;
  switch (here->kind) {
    case Node::Kind::kNull:
      return Kind::kNull;
    case Node::Kind::kScalar:
      return yaml::resolve(here->text, here->quoted, here->tag).kind == yaml::Scalar::Kind::kNull
                 ? Kind::kNull
                 : Kind::kScalar;
    case Node::Kind::kList:
      return Kind::kList;
    case Node::Kind::kMap:
      return Kind::kMap;
  }
  return Kind::kAbsent;
}

ConfigPlace ConfigNode::place() const {
  return state_ ? yaml::place_of(state_->file->name, state_->file->text, state_->mark)
                : ConfigPlace{};
}

const std::string& ConfigNode::path() const {
  static const std::string kNone;
  return state_ ? state_->path : kNone;
}

ConfigNode ConfigNode::child(std::string path, NodeId id, Mark mark) const {
  ConfigNode out;
  out.state_ = std::make_shared<const State>(State{state_->file, id, mark, std::move(path)});
  return out;
}

template <class Equal>
ConfigNode ConfigNode::get_by(std::string_view key, Equal equal) const {
  if (!state_) return {};
  const Node* map = node();
  if (map != nullptr && map->kind == Node::Kind::kMap) {
    // The last one: a key may override a merged one.
    const auto found = std::find_if(map->pairs.rbegin(), map->pairs.rend(),
                                    [&](const Pair& pair) { return equal(pair.key, key); });
    if (found != map->pairs.rend()) {
      return child(join_path(state_->path, found->key), found->value.node,
                   value_mark(state_->file->tree, *found));
    }
  }
  return child(join_path(state_->path, key), kNoNode, state_->mark);
}

ConfigNode ConfigNode::get(std::string_view key) const {
  return get_by(key, [](std::string_view a, std::string_view b) { return a == b; });
}

ConfigNode ConfigNode::get_ignoring_case(std::string_view key) const {
  ConfigNode exact = get(key);
  return exact.absent() ? get_by(key, equals_ignoring_case) : exact;
}

std::vector<ConfigNode> ConfigNode::items() const {
  std::vector<ConfigNode> out;
  if (empty()) return out;
  if (!is_list()) {
    wrong_kind("a list");
    return out;
  }
  const std::vector<yaml::Child>& items = node()->items;
  out.reserve(items.size());
  for (std::size_t i = 0; i < items.size(); ++i) {
    out.push_back(
        child(state_->path + "[" + std::to_string(i) + "]", items[i].node, items[i].mark));
  }
  return out;
}

std::vector<std::pair<std::string, ConfigNode>> ConfigNode::entries() const {
  std::vector<std::pair<std::string, ConfigNode>> out;
  if (empty()) return out;
  if (!is_map()) {
    wrong_kind("a map of keys and values");
    return out;
  }
  // Keys that stand twice were reported when the file was parsed. What is left are merged keys that
  // are set again; in a map of free keys Promtail's decoder takes that for a doubled key.
  std::unordered_set<std::string_view> seen;
  for (const Pair& pair : node()->pairs) {
    ConfigNode value = child(join_path(state_->path, pair.key), pair.value.node,
                             value_mark(state_->file->tree, pair));
    const bool is_new = seen.insert(pair.key).second;
    if (!is_new) {
      report_doubled_merge(pair);
      continue;
    }
    out.emplace_back(pair.key, std::move(value));
  }
  return out;
}

std::vector<std::pair<std::string, ConfigNode>> ConfigNode::keys_not_text() const {
  std::vector<std::pair<std::string, ConfigNode>> out;
  if (!is_map()) return out;
  for (const Pair& pair : node()->pairs) {
    if (pair.key_is_text) continue;
    out.emplace_back(pair.key,
                     child(join_path(state_->path, pair.key), pair.value.node, pair.key_mark));
  }
  return out;
}

void ConfigNode::report_doubled_merge(const Pair& pair) const {
  const bool any_merged =
      std::any_of(node()->pairs.begin(), node()->pairs.end(),
                  [&](const Pair& other) { return other.key == pair.key && other.merged; });
  if (!any_merged || !state_->file->reported.insert(&pair).second) return;
  add_problem(pair.key_mark, state_->path,
              "key " + go_quoted(pair.key) +
                  " already set in map (a key merged by << cannot be set again here)",
              false);
}

void ConfigNode::check_keys(const std::vector<std::string_view>& known, bool loose) const {
  if (empty()) return;
  if (!is_map()) {
    wrong_kind("a map of keys and values");
    return;
  }
  const auto matches = [loose](std::string_view name, std::string_view key) {
    return loose ? equals_ignoring_case(name, key) : name == key;
  };
  for (const Pair& pair : node()->pairs) {
    const bool is_known = std::any_of(
        known.begin(), known.end(), [&](std::string_view name) { return matches(name, pair.key); });
    if (is_known || !state_->file->reported.insert(&pair).second) continue;
    std::string message = "unknown key " + go_quoted(pair.key);
    if (loose) message += " is ignored";
    const std::string_view suggestion = closest(pair.key, known);
    if (!suggestion.empty()) message += "; did you mean " + go_quoted(suggestion) + "?";
    add_problem(pair.key_mark, state_->path, std::move(message), loose);
  }
  if (loose)
    (void)
        entries();  // a stage's options are a map of free keys to Promtail: reports doubled merges
}

void ConfigNode::strict(std::initializer_list<std::string_view> known) const {
  check_keys(known, false);
}
void ConfigNode::strict(const std::vector<std::string_view>& known) const {
  check_keys(known, false);
}
void ConfigNode::loose(std::initializer_list<std::string_view> known) const {
  check_keys(known, true);
}

std::string ConfigNode::scalar() const {
  const Node* here = node();
  return here != nullptr && here->kind == Node::Kind::kScalar ? here->text : std::string();
}

bool ConfigNode::quoted() const {
  const Node* here = node();
  return here != nullptr && here->kind == Node::Kind::kScalar && here->quoted;
}

void ConfigNode::add_problem(Mark mark, std::string path, std::string message,
                             bool is_warning) const {
  if (!state_) return;
  const YamlFile::Impl& file = *state_->file;
  file.errors.add({yaml::place_of(file.name, file.text, mark), std::move(path), std::move(message),
                   is_warning});
}

void ConfigNode::error(std::string message) const {
  if (state_) add_problem(state_->mark, state_->path, std::move(message), false);
}

void ConfigNode::error(std::string_view key, std::string message) const {
  get(key).error(std::move(message));
}

void ConfigNode::warn(std::string message) const {
  if (state_) add_problem(state_->mark, state_->path, std::move(message), true);
}

YamlFile::YamlFile(std::string name, const std::string& text, ConfigErrors& errors) {
  // Without the byte order mark, so that the columns of the first line are right.
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  const bool marked = text.compare(0, kByteOrderMark.size(), kByteOrderMark) == 0;
  impl_ = std::make_unique<Impl>(std::move(name),
                                 marked ? text.substr(kByteOrderMark.size()) : text, errors);
  impl_->tree = yaml::parse_tree(impl_->name, impl_->text, errors);
}

YamlFile::~YamlFile() = default;

ConfigNode YamlFile::root() const {
  const Mark mark = impl_->tree.root == kNoNode ? Mark{} : impl_->tree.nodes[impl_->tree.root].mark;
  ConfigNode out;
  out.state_ = std::make_shared<const ConfigNode::State>(
      ConfigNode::State{impl_.get(), impl_->tree.root, mark, std::string()});
  return out;
}

}  // namespace tailrace
