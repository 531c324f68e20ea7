// Making JsonValue trees in an arena.
#pragma once

#include <cstdint>
#include <memory>
#include <new>
#include <span>

#include "base/arena.h"
#include "parse/json_value.h"

namespace tailrace::json {

// Room for `count` objects of T in the arena, which hands out bytes without alignment.
template <class T>
std::span<T> allocate_array(Arena& arena, std::size_t count) {
  static_assert(std::is_trivially_destructible_v<T>);
  if (count == 0) return {};
  const std::size_t bytes = count * sizeof(T);
  std::size_t room = bytes + alignof(T);
  void* start = arena.allocate(room);
  T* const first = static_cast<T*>(std::align(alignof(T), bytes, start, room));
  std::uninitialized_default_construct_n(first, count);
  return {first, count};
}

JsonValue array_of(Arena& arena, std::span<const JsonValue> items);
// Sorts `members`; of a repeated key the last one stays.
JsonValue object_of(Arena& arena, std::span<JsonMember> members);

}  // namespace tailrace::json
