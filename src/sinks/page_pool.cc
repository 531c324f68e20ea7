#include "sinks/page_pool.h"

#include <algorithm>
#include <utility>

namespace tailrace {

Page PagePool::take(std::size_t previous_capacity, std::size_t bytes) {
  const std::size_t wanted =
      std::max(bytes, std::min<std::size_t>(4 * previous_capacity, kSizes.back()));
  Page page;
  for (std::size_t i = 0; i < kSizes.size(); ++i) {
    if (kSizes[i] < wanted) continue;
    page.capacity = kSizes[i];
    if (!free_[i].empty()) {
      page.data = std::move(free_[i].back());
      free_[i].pop_back();
      kept_bytes_ -= page.capacity;
    }
    break;
  }
  // An entry larger than the largest page gets one of its own.
  if (page.capacity == 0) page.capacity = static_cast<std::uint32_t>(wanted);
  if (!page.data) page.data = allocate_bulk(page.capacity);
  return page;
}

void PagePool::give_back(Page page) {
  if (kept_bytes_ + page.capacity > kept_bytes_max_) return;
  const auto size = std::find(kSizes.begin(), kSizes.end(), page.capacity);
  if (size == kSizes.end()) return;
  free_[static_cast<std::size_t>(size - kSizes.begin())].push_back(std::move(page.data));
  kept_bytes_ += page.capacity;
}

}  // namespace tailrace
