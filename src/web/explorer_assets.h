// The explorer's files, embedded in the program; see assets/ and make_assets.py.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace tailrace {

struct ExplorerAsset {
  std::string_view name;          // "main.js"
  std::string_view content_type;  // a literal
  std::string_view etag;          // quoted, as in the header
  std::string_view gzipped;       // lives for ever
  std::size_t bytes = 0;          // unpacked
};

// All files of assets/, by name. (Generated.)
std::span<const ExplorerAsset> explorer_assets();

}  // namespace tailrace
