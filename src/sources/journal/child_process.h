// ChildProcess: a program whose output we read.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "net/async.h"

namespace tailrace {

class ChildProcess {
 public:
  // Starts `arguments[0]`, looked for in $PATH, with nothing on its standard input. kNotFound, kIo.
  static Result<std::unique_ptr<ChildProcess>> start(Executor executor,
                                                     const std::vector<std::string>& arguments);
  // Ends it (SIGKILL) if it still runs.
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  // What it writes to standard output; 0 when it has closed that. kCancelled after close().
  awaitable<Result<std::size_t>> read_some(std::span<char> into);
  // Ends a read that waits.
  void close() noexcept;
  // Whether it has ended by itself.
  bool exited();
  // Ends it if it still runs, which takes a moment; tells how it ended and what it said on standard
  // error, if it ended by itself and without success.
  Result<void> finish_blocking();

 private:
  struct Impl;
  explicit ChildProcess(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tailrace
