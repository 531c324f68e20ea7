#include "model/labels.h"

#include <algorithm>

#include "base/text.h"

namespace tailrace {
namespace {

template <class Pairs>
auto position(Pairs& pairs, std::string_view name) {
  return std::lower_bound(pairs.begin(), pairs.end(), name,
                          [](const Labels::Pair& pair, std::string_view wanted) {
                            return std::string_view(pair.first) < wanted;
                          });
}

}  // namespace

void Labels::set(std::string_view name, std::string_view value) {
  const auto at = position(pairs_, name);
  if (at != pairs_.end() && at->first == name) {
    at->second.assign(value);
  } else {
    pairs_.emplace(at, name, value);
  }
}

void Labels::erase(std::string_view name) {
  const auto at = position(pairs_, name);
  if (at != pairs_.end() && at->first == name) pairs_.erase(at);
}

void Labels::add_missing(const Labels& others) {
  for (const Pair& pair : others) {
    if (!find(pair.first)) set(pair.first, pair.second);
  }
}

void Labels::merge(const Labels& others) {
  for (const Pair& pair : others) set(pair.first, pair.second);
}

std::optional<std::string_view> Labels::find(std::string_view name) const {
  // Sets are small: walking beats a binary search, whose every step is a branch missed.
  for (const Pair& pair : pairs_) {
    if (pair.first == name) return pair.second;
  }
  return std::nullopt;
}

std::string Labels::text() const {
  std::string out = "{";
  for (const Pair& pair : pairs_) {
    if (out.size() > 1) out += ", ";
    out += pair.first;
    out += '=';
    append_go_quoted(out, pair.second);
  }
  out += '}';
  return out;
}

bool is_label_name(std::string_view name) noexcept {
  const auto is_letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  if (name.empty() || !is_letter(name.front())) return false;
  return std::all_of(name.begin(), name.end(),
                     [&](char c) { return is_letter(c) || (c >= '0' && c <= '9'); });
}

}  // namespace tailrace
