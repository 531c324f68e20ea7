// Result<T>: a value or an Error, with the member names of C++23's std::expected, which GCC 12 does
// not have in C++20 mode; a later move is one alias.
#pragma once

#include <optional>
#include <utility>
#include <variant>

#include "base/assert.h"
#include "base/error.h"

namespace tailrace {

template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}      // NOLINT: by design
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT: by design

  bool has_value() const noexcept { return state_.index() == 0; }
  explicit operator bool() const noexcept { return has_value(); }

  T& value() & { return check(), *std::get_if<0>(&state_); }
  const T& value() const& { return check(), *std::get_if<0>(&state_); }
  T&& value() && { return check(), std::move(*std::get_if<0>(&state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  const Error& error() const& {
    TAILRACE_ASSERT(!has_value(), "error() of a value");
    return *std::get_if<1>(&state_);
  }
  Error&& error() && {
    TAILRACE_ASSERT(!has_value(), "error() of a value");
    return std::move(*std::get_if<1>(&state_));
  }
  T value_or(T other) && { return has_value() ? std::move(*this).value() : std::move(other); }

 private:
  void check() const { TAILRACE_ASSERT(has_value(), "value() of an error"); }
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}  // NOLINT: by design

  bool has_value() const noexcept { return !error_.has_value(); }
  explicit operator bool() const noexcept { return has_value(); }
  const Error& error() const& {
    TAILRACE_ASSERT(error_.has_value(), "error() of a value");
    return *error_;
  }
  Error&& error() && {
    TAILRACE_ASSERT(error_.has_value(), "error() of a value");
    return std::move(*error_);
  }

 private:
  std::optional<Error> error_;
};

}  // namespace tailrace

#define TAILRACE_CONCAT_(a, b) a##b
#define TAILRACE_CONCAT(a, b) TAILRACE_CONCAT_(a, b)

// TAILRACE_TRY(std::string text, read_file(path)): the value, or return the error. For plain
// functions; a coroutine writes the `if` and `co_return`.
#define TAILRACE_TRY(declaration, ...) \
  TAILRACE_TRY_(TAILRACE_CONCAT(result_, __COUNTER__), declaration, __VA_ARGS__)
#define TAILRACE_TRY_(result, declaration, ...)  \
  auto result = (__VA_ARGS__);                   \
  if (!result) return std::move(result).error(); \
  declaration = std::move(result).value()

// TAILRACE_CHECK(write_file(path, text)): return the error, if any.
#define TAILRACE_CHECK(...) TAILRACE_CHECK_(TAILRACE_CONCAT(result_, __COUNTER__), __VA_ARGS__)
#define TAILRACE_CHECK_(result, ...) \
  auto result = (__VA_ARGS__);       \
  if (!result) return std::move(result).error()
