// From text to Tree, over yaml-cpp's parser events. The border where yaml-cpp's exceptions end.
//
// yaml-cpp is asked for events, not for its own nodes: events carry the place of every key and
// alias, and the tree is then built under our limits (depth, unfolded aliases, merged pairs) before
// anything can grow.
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <array>
#include <exception>
#include <optional>
#include <sstream>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "base/base_n.h"
#include "base/text.h"
#include "config/yaml_tree.h"

namespace tailrace::yaml {
namespace {

constexpr std::string_view kMergeKey = "<<";

Mark to_mark(const YAML::Mark& mark) { return {std::max(mark.line, 0), std::max(mark.column, 0)}; }

// Ends the parse from inside an event. Caught in parse_tree.
struct Stop {
  Mark mark;
  std::string message;
};

Tag tag_of(const std::string& tag) {
  if (tag.empty() || tag == "?" || tag == "!") return Tag::kNone;
  constexpr std::string_view kPrefix = "tag:yaml.org,2002:";
  if (tag.compare(0, kPrefix.size(), kPrefix) != 0) return Tag::kOther;
  const std::string_view name = std::string_view(tag).substr(kPrefix.size());
  if (name == "str") return Tag::kString;
  if (name == "bool") return Tag::kBool;
  if (name == "int") return Tag::kInt;
  if (name == "float") return Tag::kFloat;
  if (name == "null") return Tag::kNull;
  if (name == "binary") return Tag::kBinary;
  return Tag::kOther;
}

// Steps over anchors, tags, white space and comments to where a scalar itself begins.
std::size_t skip_properties(std::string_view text, std::size_t at) {
  constexpr std::string_view kBlank = " \t\r\n";
  while (at < text.size()) {
    if (kBlank.find(text[at]) != std::string_view::npos) {
      ++at;
    } else if (text[at] == '#') {
      at = std::min(text.find('\n', at), text.size());
    } else if (text[at] == '&' || text[at] == '!') {
      at = std::min(text.find_first_of(kBlank, at), text.size());
    } else {
      break;
    }
  }
  return at;
}

// Whether the quoted text that begins at `at` ends. yaml-cpp takes the end of the file for its end
// if that is a newline.
bool is_closed(std::string_view text, std::size_t at) {
  at = skip_properties(text, at);
  const char quote = at < text.size() ? text[at] : ' ';
  if (quote != '"' && quote != '\'') return true;
  for (++at; at < text.size(); ++at) {
    if (quote == '"' && text[at] == '\\') {
      ++at;
    } else if (text[at] == quote) {
      if (quote == '"' || at + 1 >= text.size() || text[at + 1] != quote) return true;
      ++at;  // '' stands for one
    }
  }
  return false;
}

class TreeBuilder final : public YAML::EventHandler {
 public:
  TreeBuilder(const std::string& file, std::string_view text, Tree& tree, ConfigErrors& errors)
      : file_(file), text_(text), tree_(tree), errors_(errors) {}

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    add_leaf(Node{.mark = to_mark(mark), .text = {}, .items = {}, .pairs = {}}, anchor);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    Node node{.kind = Node::Kind::kScalar,
              .mark = to_mark(mark),
              .text = value,
              .items = {},
              .pairs = {}};
    node.quoted = tag == "!";
    node.tag = tag_of(tag);
    if (tag != "?" && !is_closed(text_, offset_of(node.mark)))
      throw Stop{node.mark, "this quoted text has no end"};
    if (node.tag == Tag::kBinary) {
      node.text.clear();
      std::size_t fault = 0;
      if (!decode_base64(value, node.text, fault)) throw Stop{node.mark, "!!binary needs base64"};
      node.tag = Tag::kString;
    }
    add_leaf(std::move(node), anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end())
      throw Stop{to_mark(mark), "the anchor of this alias is not defined"};
    const NodeId id = found->second;
    const auto is_open = [id](const Open& open) { return open.node == id; };
    if (std::any_of(open_.begin(), open_.end(), is_open)) {
      throw Stop{to_mark(mark), "the value of this anchor contains itself"};
    }
    attach(id, to_mark(mark));
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(Node::Kind::kList, to_mark(mark), anchor);
  }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value style) override {
    open(Node::Kind::kMap, to_mark(mark), anchor);
    open_.back().block = style == YAML::EmitterStyle::Block;
  }
  void OnSequenceEnd() override { close(); }
  void OnMapEnd() override {
    resolve_merges(tree_.nodes[open_.back().node]);
    close();
  }

  // Marks come nearly in order, so the line found last is where the search begins.
  std::size_t offset_of(Mark mark) {
    if (mark.line < line_) line_ = 0, line_offset_ = 0;
    while (line_ < mark.line) {
      const std::size_t end = text_.find('\n', line_offset_);
      if (end == std::string_view::npos) return text_.size();
      line_offset_ = end + 1;
      ++line_;
    }
    return std::min(line_offset_ + static_cast<std::size_t>(mark.column), text_.size());
  }

 private:
  // A list or map whose end has not come yet.
  struct Open {
    NodeId node;
    Mark mark;                             // where it stands in its parent
    bool expects_value = false;            // map: a key has come
    bool block = false;                    // map: in lines, not in braces
    std::unordered_set<std::string> keys;  // map: those that stand in it
  };

  NodeId add(Node node, YAML::anchor_t anchor) {
    const NodeId id = static_cast<NodeId>(tree_.nodes.size());
    if (id == kNoNode) throw Stop{node.mark, "the document is too large"};
    tree_.nodes.push_back(std::move(node));
    if (anchor != YAML::NullAnchor) anchors_[anchor] = id;
    return id;
  }

  void add_leaf(Node node, YAML::anchor_t anchor) {
    const Mark mark = node.mark;
    attach(add(std::move(node), anchor), mark);
  }

  void open(Node::Kind kind, Mark mark, YAML::anchor_t anchor) {
    if (open_.size() >= Limits::kDepthMax) {
      throw Stop{mark, "nested deeper than " + std::to_string(Limits::kDepthMax) + " levels"};
    }
    const NodeId id =
        add(Node{.kind = kind, .mark = mark, .text = {}, .items = {}, .pairs = {}}, anchor);
    open_.push_back({id, mark, false, false, {}});
  }

  void close() {
    const Open done = std::move(open_.back());
    open_.pop_back();
    attach(done.node, done.mark);
  }

  // Puts a complete node where it belongs: the root, the next item, a key, or a key's value.
  void attach(NodeId id, Mark mark) {
    if (open_.empty()) {
      tree_.root = id;
      return;
    }
    Open& parent = open_.back();
    Node& node = tree_.nodes[parent.node];
    if (node.kind == Node::Kind::kMap && !parent.expects_value) {
      add_key(parent, node, id, mark);
      return;
    }
    if (node.kind == Node::Kind::kMap) {
      const bool is_missing = parent.block && tree_.nodes[id].kind == Node::Kind::kNull;
      if (is_missing && !has_colon(node.pairs.back().key_mark)) {
        throw Stop{node.pairs.back().key_mark,
                   "a colon is missing behind " + go_quoted(node.pairs.back().key)};
      }
      node.pairs.back().value = {id, mark};
      parent.expects_value = false;
    } else {
      node.items.push_back({id, mark});
    }
    node.unfolded += tree_.nodes[id].unfolded;
    const std::uint64_t limit =
        std::max(Limits::kUnfoldedMax, tree_.nodes.size() * Limits::kUnfoldedFactorMax);
    if (node.unfolded > limit) throw Stop{mark, "aliases make this document too large"};
  }

  void add_key(Open& parent, Node& node, NodeId id, Mark mark) {
    const Node& key = tree_.nodes[id];
    if (key.kind != Node::Kind::kScalar && key.kind != Node::Kind::kNull) {
      throw Stop{mark, "a key must be plain text, not a list or a map"};
    }
    const std::size_t at = offset_of(mark);
    if (key.kind == Node::Kind::kNull && at < text_.size() && text_[at] == ':') {
      throw Stop{mark, "a key is missing in front of this colon"};
    }
    parent.expects_value = true;
    // A quoted "<<" is an ordinary key.
    const bool merges = key.text == kMergeKey && !key.quoted;
    const bool is_text = resolve(key.text, key.quoted, key.tag).kind == Scalar::Kind::kString;
    Pair pair{
        .key = key.text, .key_mark = mark, .value = {}, .merged = merges, .key_is_text = is_text};
    if (!merges && !parent.keys.insert(key.text).second) {
      errors_.add({place_of(file_, text_, mark), path(),
                   "key " + go_quoted(key.text) + " already set in map", false});
    }
    node.pairs.push_back(std::move(pair));
  }

  // Whether a key is one: yaml-cpp takes a last line without a colon for a key without a value.
  bool has_colon(Mark key) {
    const std::size_t begin = offset_of(key);
    const std::string_view line = text_.substr(begin, text_.find('\n', begin) - begin);
    const std::string_view before = trim_space(text_.substr(0, begin));
    if (!before.empty() && before.back() == '?') return true;
    for (std::size_t colon = line.find(':'); colon != std::string_view::npos;
         colon = line.find(':', colon + 1)) {
      if (colon + 1 == line.size() ||
          std::string_view(" \t\r").find(line[colon + 1]) != std::string_view::npos)
        return true;
    }
    return false;
  }

  // Replaces each pair "<<: map" by the pairs of that map, in its place.
  void resolve_merges(Node& map) {
    const auto is_merge = [](const Pair& pair) { return pair.merged; };
    if (std::none_of(map.pairs.begin(), map.pairs.end(), is_merge)) return;
    std::vector<Pair> pairs;
    for (Pair& pair : map.pairs) {
      if (pair.merged) {
        append_merged(pairs, pair.value);
      } else {
        pairs.push_back(std::move(pair));
      }
    }
    map.pairs = std::move(pairs);
  }

  void append_merged(std::vector<Pair>& pairs, const Child& value) {
    const Node& node = tree_.nodes[value.node];
    const auto append_map = [&](const Child& child) {
      const Node& map = tree_.nodes[child.node];
      if (map.kind != Node::Kind::kMap) throw Stop{child.mark, "<< needs a map or a list of maps"};
      merged_pairs_ += map.pairs.size();
      if (merged_pairs_ > Limits::kMergedPairsMax)
        throw Stop{child.mark, "merge keys make this document too large"};
      for (Pair pair : map.pairs) {
        pair.merged = true;
        pair.key_mark = value.mark;
        pairs.push_back(std::move(pair));
      }
    };
    if (node.kind != Node::Kind::kList) return append_map(value);
    // The first of a list wins, so it comes last here.
    std::for_each(node.items.rbegin(), node.items.rend(), append_map);
  }

  // scrape_configs[0].static_configs: where the innermost open map stands.
  std::string path() const {
    std::string out;
    for (std::size_t i = 0; i + 1 < open_.size(); ++i) {
      const Node& node = tree_.nodes[open_[i].node];
      if (node.kind == Node::Kind::kList) {
        out += "[" + std::to_string(node.items.size()) + "]";
      } else if (!node.pairs.empty()) {
        if (!out.empty()) out += '.';
        out += node.pairs.back().key;
      }
    }
    return out;
  }

  const std::string& file_;
  const std::string_view text_;
  Tree& tree_;
  ConfigErrors& errors_;
  std::vector<Open> open_;
  std::unordered_map<YAML::anchor_t, NodeId> anchors_;
  std::size_t merged_pairs_ = 0;
  int line_ = 0;  // for offset_of
  std::size_t line_offset_ = 0;
};

// Notes where the document after the first begins, and stops there.
class NextDocument final : public YAML::EventHandler {
 public:
  struct Begins {
    Mark mark;
  };
  void OnDocumentStart(const YAML::Mark& mark) override { throw Begins{to_mark(mark)}; }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t,
                const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {}
  void OnMapEnd() override {}
};

// Whether `text`, which ends where a new document begins, says so in its last line that is not
// blank.
bool ends_document(std::string_view text) {
  while (!text.empty()) {
    const std::size_t begin = text.rfind('\n', text.size() - 1);
    const std::string_view line = begin == std::string_view::npos ? text : text.substr(begin + 1);
    const std::string_view words = trim_space(line);
    if (!words.empty() && words.front() != '#') return line.compare(0, 3, "...") == 0;
    text = begin == std::string_view::npos ? std::string_view() : text.substr(0, begin);
  }
  return false;
}

// To yaml-cpp, text that does not fit the block above it (a line without a colon, say) begins a new
// document, and all that follows would silently not be read. New documents begin with --- or behind
// "...".
std::optional<Stop> find_stray_text(YAML::Parser& parser, TreeBuilder& builder,
                                    std::string_view text) {
  constexpr std::string_view kWhat =
      "this does not fit the block above: a colon is missing, or the indentation is wrong";
  Mark mark;
  try {
    NextDocument next;
    if (!parser.HandleNextDocument(next)) return std::nullopt;
  } catch (const NextDocument::Begins& begins) {
    mark = begins.mark;
  } catch (const YAML::Exception& exception) {
    mark = to_mark(exception.mark);
  }
  const std::size_t at = builder.offset_of(mark);
  if (text.compare(at, 3, "---") == 0 || ends_document(text.substr(0, at))) return std::nullopt;
  return Stop{mark, std::string(kWhat)};
}

// yaml-cpp's words, and what the writer of the file should look for.
std::string explain(const std::string& message) {
  struct Words {
    const char* theirs;
    std::string_view ours;
  };
  static const std::array<Words, 9> kWords{{
      {YAML::ErrorMsg::MAP_VALUE,
       "a colon is not allowed here: check the indentation, or quote text that contains \": \""},
      {YAML::ErrorMsg::END_OF_MAP,
       "this line does not fit the block above it: check the indentation"},
      {YAML::ErrorMsg::END_OF_SEQ,
       "this line does not fit the list above it: check the indentation"},
      {YAML::ErrorMsg::END_OF_MAP_FLOW, "a { is not closed, or a comma is missing"},
      {YAML::ErrorMsg::END_OF_SEQ_FLOW, "a [ is not closed, or a comma is missing"},
      {YAML::ErrorMsg::EOF_IN_SCALAR, "this quoted text has no end"},
      {YAML::ErrorMsg::UNKNOWN_TOKEN, "this character cannot start a value: quote the text"},
      {YAML::ErrorMsg::TAB_IN_INDENTATION, "tabs are not allowed in indentation: use spaces"},
      {YAML::ErrorMsg::BAD_FILE, "nested too deeply"},
  }};
  for (const Words& words : kWords) {
    if (message == words.theirs) return std::string(words.ours);
  }
  return message;
}

bool is_unclosed(const std::string& message) {
  return message == YAML::ErrorMsg::END_OF_MAP_FLOW || message == YAML::ErrorMsg::END_OF_SEQ_FLOW;
}

Mark end_of(std::string_view text) {
  const std::size_t line_begin = text.rfind('\n') + 1;  // npos + 1 is 0
  return {static_cast<int>(std::count(text.begin(), text.end(), '\n')),
          static_cast<int>(text.size() - line_begin)};
}

// YAML's printable characters, in valid UTF-8. yaml-cpp would end the document silently at some of
// the others.
std::optional<Stop> find_forbidden_character(std::string_view text) {
  Mark mark;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t start = at;
    bool valid = true;
    const char32_t c = decode_utf8(text, at, &valid);
    if (!valid) return Stop{mark, "invalid UTF-8: save the file as UTF-8"};
    const bool allowed = c == '\t' || c == '\n' || c == '\r' || (c >= 0x20 && c < 0x7F) ||
                         c == 0x85 || (c >= 0xA0 && c != 0xFFFE && c != 0xFFFF);
    if (!allowed) return Stop{mark, "control characters are not allowed"};
    mark.column += static_cast<int>(at - start);
    if (c == '\n') mark = {mark.line + 1, 0};
  }
  return std::nullopt;
}

}  // namespace

ConfigPlace place_of(const std::string& file, std::string_view text, Mark mark) {
  for (int line = 0; line < mark.line; ++line) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  const std::string_view before = text.substr(0, static_cast<std::size_t>(mark.column));
  const auto starts_character = [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  };
  return {file, mark.line + 1,
          static_cast<int>(std::count_if(before.begin(), before.end(), starts_character)) + 1};
}

Tree parse_tree(const std::string& file, const std::string& text, ConfigErrors& errors) {
  Tree tree;
  std::optional<Stop> stop = find_forbidden_character(text);
  try {
    if (!stop) {
      std::istringstream stream(text);
      YAML::Parser parser(stream);
      TreeBuilder builder(file, text, tree, errors);
      parser.HandleNextDocument(builder);
      stop = find_stray_text(parser, builder, text);
    }
  } catch (const Stop& thrown) {
    stop = thrown;
  } catch (const YAML::Exception& exception) {
    // Without a place (-1, or the very beginning) it ran into the end of the file.
    const bool ran_out =
        exception.mark.line <= 0 && exception.mark.column <= 0 && is_unclosed(exception.msg);
    stop = Stop{ran_out ? end_of(text) : to_mark(exception.mark), explain(exception.msg)};
  } catch (const std::exception& exception) {
    stop = Stop{{}, exception.what()};
  }
  if (stop) {
    errors.add({place_of(file, text, stop->mark), "", stop->message, false});
    tree = {};
  }
  return tree;
}

}  // namespace tailrace::yaml
