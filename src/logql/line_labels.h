// LineLabels: the labels of one line while it goes through a query's pipeline: those of its stream,
// its structured metadata, and what stages make of the line.
//
// A name is there once. Values are views: of the stream, of the block, of the arena.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "base/arena.h"
#include "model/labels.h"

namespace tailrace::logql {

enum class LabelSource : std::uint8_t { kStream, kMetadata, kParsed };

struct LineLabel {
  std::string_view name;
  std::string_view value;
  LabelSource source = LabelSource::kStream;
};

using MetadataView = std::pair<std::string_view, std::string_view>;

inline constexpr std::string_view kErrorLabel = "__error__";
inline constexpr std::string_view kErrorDetailsLabel = "__error_details__";

class LineLabels {
 public:
  // Metadata whose name the stream has too gets "_extracted" behind it, in the arena.
  void begin(const Labels& stream, std::span<const MetadataView> metadata, Arena& arena);

  // Values of the error labels too; nothing for a label that is not there.
  std::optional<std::string_view> find(std::string_view name) const noexcept;
  std::string_view get(std::string_view name) const noexcept {
    return find(name).value_or(std::string_view{});
  }
  // Whether a parser must rename this one: the stream has it.
  bool is_taken(std::string_view name) const noexcept { return stream_->find(name).has_value(); }
  void set_parsed(std::string_view name, std::string_view value);
  // `name` for a parser's value: with "_extracted" behind it if it is taken.
  std::string_view free_name(std::string_view name, Arena& arena) const;
  void erase(std::string_view name);

  bool has_error() const noexcept { return !error_.empty(); }
  void set_error(std::string_view kind, std::string_view details) {
    error_ = kind;
    if (!details.empty()) error_details_ = details;
  }
  std::string_view error() const noexcept { return error_; }
  std::string_view error_details() const noexcept { return error_details_; }
  void clear_error() noexcept { error_ = {}; }
  void clear_error_details() noexcept { error_details_ = {}; }

  // Without the error labels; in no order.
  const std::vector<LineLabel>& all() const noexcept { return labels_; }
  std::vector<LineLabel>& edit() noexcept { return labels_; }

 private:
  const Labels* stream_ = nullptr;
  std::vector<LineLabel> labels_;
  std::string_view error_;
  std::string_view error_details_;
};

}  // namespace tailrace::logql
