// ReverseLookup: names of addresses, asked for in the background and remembered for a while.
//
// Name services take seconds when they fail, so the question runs on Asio's resolver thread, and
// whoever asks is called back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "net/async.h"

namespace tailrace {

class ReverseLookup {
 public:
  static constexpr std::size_t kRememberedMax =
      1024;                                        // addresses; at this number all are forgotten
  static constexpr std::size_t kPendingMax = 256;  // addresses being asked for
  static constexpr std::int64_t kRememberNs = std::int64_t{300} * 1'000'000'000;

  explicit ReverseLookup(Executor executor);
  ~ReverseLookup();
  ReverseLookup(const ReverseLookup&) = delete;
  ReverseLookup& operator=(const ReverseLookup&) = delete;

  // The name of `ip`, "" if it has none, when that is known.
  std::optional<std::string> known(const std::string& ip) const;
  // Asks for it, unless that is under way. `then` is called once known() has an answer; not after
  // this object is gone. False if too much is under way.
  bool ask(const std::string& ip, std::function<void()> then);
  // Waits for the answer, at most `timeout_ns`; "" without one.
  awaitable<std::string> name_of(std::string ip, std::int64_t timeout_ns);

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;  // shared with questions under way
};

}  // namespace tailrace
