#include "base/bulk_memory.h"

#include <sys/mman.h>

#include <atomic>
#include <cstdint>

namespace tailrace {
namespace {

constexpr std::size_t kGranules = 64;
constexpr std::size_t kRegionBytes = kGranules * kBulkGranuleBytes;
constexpr std::size_t kHugeBytes = std::size_t{2} << 20;

// Not under the address sanitizer, which sees no overrun within the region.
#if defined(__SANITIZE_ADDRESS__)
constexpr bool kHasRegion = false;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
constexpr bool kHasRegion = false;
#else
constexpr bool kHasRegion = true;
#endif
#else
constexpr bool kHasRegion = true;
#endif

// Null if there is none to be had.
char* map_region() {
  if (!kHasRegion) return nullptr;
  // More than is needed, to begin at a multiple of a huge page. What is never touched costs
  // nothing.
  void* const mapped = ::mmap(nullptr, kRegionBytes + kHugeBytes, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (mapped == MAP_FAILED) return nullptr;
  const auto address = reinterpret_cast<std::uintptr_t>(mapped);
  const std::uintptr_t aligned = (address + kHugeBytes - 1) / kHugeBytes * kHugeBytes;
  char* const begin = static_cast<char*>(mapped) + (aligned - address);
  ::madvise(begin, kRegionBytes, MADV_HUGEPAGE);  // a wish
  return begin;
}

char* region() {
  static char* const begin = map_region();
  return begin;
}

// A bit per granule.
std::atomic<std::uint64_t> taken{0};

std::uint64_t mask_of(std::size_t granules, std::size_t at) {
  return (granules == kGranules ? ~std::uint64_t{0} : (std::uint64_t{1} << granules) - 1) << at;
}

char* take(std::size_t granules) {
  std::uint64_t known = taken.load(std::memory_order_relaxed);
  for (std::size_t at = 0; at + granules <= kGranules;) {
    const std::uint64_t mask = mask_of(granules, at);
    if ((known & mask) != 0) {
      ++at;
    } else if (taken.compare_exchange_weak(known, known | mask, std::memory_order_acquire,
                                           std::memory_order_relaxed)) {
      return region() + at * kBulkGranuleBytes;
    }
  }
  return nullptr;
}

}  // namespace

void BulkDeleter::operator()(char* bytes) const noexcept {
  if (granules == 0) {
    delete[] bytes;
    return;
  }
  const auto at = static_cast<std::size_t>(bytes - region()) / kBulkGranuleBytes;
  taken.fetch_and(~mask_of(granules, at), std::memory_order_release);
}

BulkBytes allocate_bulk(std::size_t bytes) {
  const std::size_t granules = (bytes + kBulkGranuleBytes - 1) / kBulkGranuleBytes;
  if (bytes >= kBulkGranuleBytes && granules <= kGranules && region() != nullptr) {
    if (char* const room = take(granules)) return BulkBytes(room, BulkDeleter{granules});
  }
  return BulkBytes(new char[bytes], BulkDeleter{});
}

}  // namespace tailrace
