// StreamTable: what a stage remembers per label set.
//
// Keyed by the interned set's address, which is held, so that it stays the same over the interner's
// sweeps. Limit: the stage gives a number of streams, and makes room by letting go of those used
// longest ago.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <utility>
#include <vector>

#include "model/label_set.h"

namespace tailrace {

template <class T>
class StreamTable {
 public:
  explicit StreamTable(std::size_t streams_max) : streams_max_(streams_max) {}

  // Null if the stream is not known. Counts as use. Good until the stream is erased.
  T* find(const LabelSet* stream) {
    // Lines of one stream mostly come one after the other.
    if (stream == last_stream_) return last_value_;
    const auto found = nodes_.find(stream);
    if (found == nodes_.end()) return nullptr;
    return remember(stream, found->second);
  }

  // Adds a stream that is not known yet. The table must not be full.
  T& add(const LabelSet* stream) {
    Node& node = nodes_.try_emplace(stream, stream).first->second;
    return *remember(stream, node);
  }

  bool full() const noexcept { return nodes_.size() >= streams_max_; }
  bool empty() const noexcept { return nodes_.empty(); }
  std::size_t size() const noexcept { return nodes_.size(); }

  // Forgets the half of the streams that was used longest ago; let_go(T&) is called for each
  // before.
  template <class LetGo>
  void evict_older_half(LetGo&& let_go) {
    std::vector<std::uint64_t> uses;
    for (const auto& [stream, node] : nodes_) uses.push_back(node.last_use);
    if (uses.empty()) return;
    const auto middle = uses.begin() + static_cast<std::ptrdiff_t>((uses.size() - 1) / 2);
    std::nth_element(uses.begin(), middle, uses.end());
    const std::uint64_t newest_gone = *middle;
    erase_if([&](T& value, std::uint64_t last_use) {
      if (last_use > newest_gone) return false;
      let_go(value);
      return true;
    });
  }

  void erase(const LabelSet* stream) {
    nodes_.erase(stream);
    last_stream_ = nullptr;
  }
  void clear() {
    nodes_.clear();
    last_stream_ = nullptr;
  }
  // predicate(T&, last_use) in no order.
  template <class Predicate>
  void erase_if(Predicate&& predicate) {
    last_stream_ = nullptr;
    for (auto node = nodes_.begin(); node != nodes_.end();) {
      node = predicate(node->second.value, node->second.last_use) ? nodes_.erase(node)
                                                                  : std::next(node);
    }
  }
  // visit(T&), the stream used longest ago first.
  template <class Visit>
  void for_each(Visit&& visit) {
    std::vector<Node*> nodes;
    for (auto& [stream, node] : nodes_) nodes.push_back(&node);
    std::sort(nodes.begin(), nodes.end(),
              [](const Node* a, const Node* b) { return a->last_use < b->last_use; });
    for (Node* node : nodes) visit(node->value);
  }

 private:
  struct Node {
    explicit Node(const LabelSet* set) : held(set) {}
    LabelSetRef held;
    std::uint64_t last_use = 0;
    T value{};
  };

  T* remember(const LabelSet* stream, Node& node) {
    node.last_use = ++uses_;
    last_stream_ = stream;
    last_value_ = &node.value;
    return last_value_;
  }

  std::size_t streams_max_;
  std::unordered_map<const LabelSet*, Node> nodes_;  // its nodes do not move
  std::uint64_t uses_ = 0;
  const LabelSet* last_stream_ = nullptr;
  T* last_value_ = nullptr;
};

}  // namespace tailrace
