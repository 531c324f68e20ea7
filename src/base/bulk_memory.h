// Bulk memory: the large buffers that lines pass through (read buffer, pages of batches, payloads),
// close together on huge pages where the kernel gives them.
//
// All of these are touched once a second under a light load, and each page of 4 KiB that has become
// cold costs (docs/architecture.md, Measured). The first 4 MiB come from one region that asks for
// huge pages and, once touched, stays; what does not fit comes from the heap.
//
//   [read buffer][page][page][page]...[payload      ]...       granules of 64 KiB, lowest first
//
// Thread-safe. Freed by whoever holds it last, on any thread.
#pragma once

#include <cstddef>
#include <memory>

namespace tailrace {

inline constexpr std::size_t kBulkGranuleBytes = std::size_t{64} << 10;

struct BulkDeleter {
  std::size_t granules = 0;  // of the region; 0: from the heap
  void operator()(char* bytes) const noexcept;
};
using BulkBytes = std::unique_ptr<char[], BulkDeleter>;

// Room for `bytes`, not cleared. Less than a granule always comes from the heap.
BulkBytes allocate_bulk(std::size_t bytes);

}  // namespace tailrace
