#include "base/arena.h"

#include <algorithm>

namespace tailrace {

char* Arena::allocate_slow(std::size_t bytes) {
  const auto held = static_cast<std::size_t>(end_ - begin_);
  const std::size_t size = std::max({kFirstBlockBytes, bytes, std::min(2 * held, kKeptBytesMax)});
  if (block_) {
    retired_bytes_ += static_cast<std::size_t>(next_ - begin_);
    retired_.push_back(std::move(block_));
  }
  block_ = std::make_unique_for_overwrite<char[]>(size);
  begin_ = block_.get();
  end_ = begin_ + size;
  next_ = begin_ + bytes;
  return begin_;
}

void Arena::reset() {
  retired_.clear();
  retired_bytes_ = 0;
  if (static_cast<std::size_t>(end_ - begin_) > kKeptBytesMax) {
    block_.reset();
    begin_ = end_ = nullptr;
  }
  next_ = begin_;
}

}  // namespace tailrace
