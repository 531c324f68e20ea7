#include "net/io_thread.h"

#include <pthread.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <exception>
#include <future>
#include <optional>
#include <thread>

#include "base/assert.h"
#include "telemetry/log.h"

namespace tailrace {

struct IoThread::Impl {
  std::string name;
  asio::io_context context{1};
  std::optional<asio::executor_work_guard<asio::io_context::executor_type>> guard{
      context.get_executor()};
  std::thread thread;

  void run() {
    pthread_setname_np(pthread_self(), name.substr(0, 15).c_str());
    while (true) {
      try {
        context.run();
        return;
      } catch (const std::exception& escaped) {
        log::error("exception on thread", {{"thread", name}, {"error", escaped.what()}});
      }
    }
  }
};

IoThread::IoThread(std::string name) : impl_(std::make_unique<Impl>()) {
  impl_->name = std::move(name);
  impl_->thread = std::thread([impl = impl_.get()] { impl->run(); });
}

IoThread::~IoThread() {
  stop();
  join();
}

Executor IoThread::executor() const { return impl_->context.get_executor(); }
void IoThread::post(std::function<void()> work) { asio::post(impl_->context, std::move(work)); }

void IoThread::run_and_wait(const std::function<void()>& work) {
  TAILRACE_ASSERT(!is_current(), "run_and_wait from its own thread");
  std::promise<void> done;
  asio::post(impl_->context, [&] {
    work();
    done.set_value();
  });
  done.get_future().wait();
}

void IoThread::finish() {
  asio::post(impl_->context, [impl = impl_.get()] { impl->guard.reset(); });
}
void IoThread::stop() { impl_->context.stop(); }

void IoThread::join() {
  TAILRACE_ASSERT(!is_current(), "join from its own thread");
  if (impl_->thread.joinable()) impl_->thread.join();
}

bool IoThread::is_current() const { return impl_->thread.get_id() == std::this_thread::get_id(); }

}  // namespace tailrace
