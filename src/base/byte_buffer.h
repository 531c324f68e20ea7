// ByteBuffer: room that is reused and never cleared, unlike a string, which zeroes what it grows
// by.
#pragma once

#include <cstddef>
#include <string_view>

#include "base/bulk_memory.h"

namespace tailrace {

class ByteBuffer {
 public:
  // Room for `bytes`; what was inside is lost. size() becomes 0.
  char* reserve(std::size_t bytes) {
    if (bytes > capacity_) {
      data_ = allocate_bulk(bytes);
      capacity_ = bytes;
    }
    size_ = 0;
    return data_.get();
  }
  void set_size(std::size_t bytes) noexcept { size_ = bytes; }
  std::size_t size() const noexcept { return size_; }
  std::size_t capacity() const noexcept { return capacity_; }
  std::string_view view() const noexcept { return {data_.get(), size_}; }

 private:
  BulkBytes data_;
  std::size_t capacity_ = 0;
  std::size_t size_ = 0;
};

}  // namespace tailrace
