// Labels: a set of name/value pairs as a plain value, for everything that is not per line:
// configuration, discovery, relabeling. Lines use LabelSet (interner.h), which is made from one of
// these.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tailrace {

class Labels {
 public:
  using Pair = std::pair<std::string, std::string>;

  Labels() = default;
  Labels(std::initializer_list<Pair> pairs) {
    for (const Pair& pair : pairs) set(pair.first, pair.second);
  }

  // Sets or replaces. An empty value is kept: whether it means "no label" is for the caller to say
  // (relabeling: yes; a stage's label: no).
  void set(std::string_view name, std::string_view value);
  void erase(std::string_view name);
  // Those of `others` that are not here yet.
  void add_missing(const Labels& others);
  // All of `others`; theirs win.
  void merge(const Labels& others);

  std::optional<std::string_view> find(std::string_view name) const;
  std::string_view get(std::string_view name) const {
    return find(name).value_or(std::string_view{});
  }

  bool empty() const noexcept { return pairs_.empty(); }
  std::size_t size() const noexcept { return pairs_.size(); }
  auto begin() const noexcept { return pairs_.begin(); }
  auto end() const noexcept { return pairs_.end(); }
  friend auto operator<=>(const Labels&, const Labels&) = default;

  // `{a="x", b="y"}`: sorted by name, values quoted as Go does. This is the stream's name on the
  // wire.
  std::string text() const;

 private:
  std::vector<Pair> pairs_;  // sorted by name (bytes), names unique
};

// [a-zA-Z_][a-zA-Z0-9_]*
bool is_label_name(std::string_view name) noexcept;

// The label that decides the X-Scope-OrgID of a push; never sent itself.
inline constexpr std::string_view kTenantLabel = "__tenant_id__";

}  // namespace tailrace
