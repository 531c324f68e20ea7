// Pages: the memory that batches are made of.
//
// A stream's entries stand in a run of pages. The first is small and each next one four times as
// large, up to 64 KiB, so a thousand quiet streams do not cost a thousand large pages. Pages go
// back to the pool when the batch is sealed; the pool keeps at most `kept_bytes_max`.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/bulk_memory.h"

namespace tailrace {

struct Page {
  BulkBytes data;
  std::uint32_t used = 0;
  std::uint32_t capacity = 0;
  std::uint32_t room() const noexcept { return capacity - used; }
};

class PagePool {
 public:
  explicit PagePool(std::size_t kept_bytes_max) : kept_bytes_max_(kept_bytes_max) {}

  // A page that follows one of `previous_capacity` bytes (0: the first) and has room for `bytes`.
  Page take(std::size_t previous_capacity, std::size_t bytes);
  void give_back(Page page);

 private:
  static constexpr std::array<std::uint32_t, 4> kSizes = {1 << 10, 4 << 10, 16 << 10, 64 << 10};
  std::array<std::vector<BulkBytes>, kSizes.size()> free_;
  std::size_t kept_bytes_ = 0;
  std::size_t kept_bytes_max_;
};

}  // namespace tailrace
