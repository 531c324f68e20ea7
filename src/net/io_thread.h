// IoThread: one thread with its own io_context; everything that is posted runs on it, one after the
// other.
//
//   IoThread front("front");
//   spawn(front.executor(), "listen", listen(...));
//   ...
//   front.stop();   // what is waiting is dropped
//   front.join();
//
// An exception from a posted function is logged and the thread goes on.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "net/async.h"

namespace tailrace {

class IoThread {
 public:
  // `name` is what ps and the log show (15 bytes of it).
  explicit IoThread(std::string name);
  // Stops and joins.
  ~IoThread();
  IoThread(const IoThread&) = delete;
  IoThread& operator=(const IoThread&) = delete;

  Executor executor() const;
  void post(std::function<void()> work);
  // Runs `work` there and waits for its end. Not from the thread itself.
  void run_and_wait(const std::function<void()>& work);
  // Lets the thread end when nothing is pending any more.
  void finish();
  // Ends the thread after the function it is in.
  void stop();
  void join();
  bool is_current() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tailrace
