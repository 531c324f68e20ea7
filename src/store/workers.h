// Workers: a few threads for what blocks or computes, and a queue in front of them.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace tailrace {

class Workers {
 public:
  // `name` is what ps shows (15 bytes of it).
  Workers(const std::string& name, std::size_t threads);
  // Finishes what is queued.
  ~Workers() { stop(); }
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  // Runs `work` on one of the threads. After stop(): dropped.
  void post(std::function<void()> work);
  // Lets the queue run empty and ends the threads.
  void stop();
  std::size_t size() const noexcept { return count_; }

 private:
  void run();

  const std::size_t count_;
  std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<std::function<void()>> queue_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace tailrace
