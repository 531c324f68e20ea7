// UdpSocket: datagrams as they come.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "net/async.h"

namespace tailrace {

class UdpSocket {
 public:
  static constexpr std::size_t kDatagramBytesMax = 64 * 1024;

  struct Datagram {
    std::string_view bytes;  // until the next call of next()
    std::string_view ip;     // of the sender; likewise
  };

  // Errors as bind_socket().
  static Result<std::unique_ptr<UdpSocket>> open(Executor executor, const std::string& address);
  ~UdpSocket();
  UdpSocket(const UdpSocket&) = delete;
  UdpSocket& operator=(const UdpSocket&) = delete;

  std::uint16_t port() const;
  // Returns when next() has something to give. kCancelled after close().
  awaitable<Result<void>> readable();
  // The next datagram, if one is here. Never waits.
  std::optional<Datagram> next();
  // How many the kernel has thrown away since the start because nobody fetched them.
  std::uint64_t overflowed() const noexcept;
  void close() noexcept;

 private:
  struct Impl;
  explicit UdpSocket(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tailrace
