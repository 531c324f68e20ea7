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
  // To be called after the end of its output: waits for the process, which is ended if it does not
  // by itself, and tells how it ended and what it said on standard error, if that was no success.
  Result<void> finish_blocking();

 private:
  struct Impl;
  explicit ChildProcess(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tailrace
