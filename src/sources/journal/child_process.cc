#include "sources/journal/child_process.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <cerrno>

#include "base/file.h"
#include "base/text.h"
#include "net/await.h"

extern char** environ;

namespace tailrace {
namespace {

constexpr std::size_t kErrorBytesMax = 4096;

struct Pipe {
  Fd read;
  Fd write;
};

Result<Pipe> make_pipe(int flags) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC | flags) != 0) return errno_error("pipe", errno);
  return Pipe{Fd(ends[0]), Fd(ends[1])};
}

}  // namespace

struct ChildProcess::Impl {
  Impl(const Executor& executor, Fd output, Fd said) : out(executor), err(std::move(said)) {
    out.assign(output.release());
  }
  asio::posix::stream_descriptor out;
  Fd err;
  pid_t pid = -1;
  int status = 0;
  bool exited = false;
};

ChildProcess::ChildProcess(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

ChildProcess::~ChildProcess() { [[maybe_unused]] const Result<void> ended = finish_blocking(); }

Result<std::unique_ptr<ChildProcess>> ChildProcess::start(
    Executor executor, const std::vector<std::string>& arguments) {
  TAILRACE_TRY(Pipe out, make_pipe(0));
  TAILRACE_TRY(Pipe err, make_pipe(O_NONBLOCK));
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_adddup2(&actions, out.write.get(), 1);
  ::posix_spawn_file_actions_adddup2(&actions, err.write.get(), 2);
  std::vector<char*> argv;
  for (const std::string& argument : arguments) {
    argv.push_back(const_cast<char*>(argument.c_str()));
  }
  argv.push_back(nullptr);
  auto impl = std::make_unique<Impl>(executor, std::move(out.read), std::move(err.read));
  const int failed = ::posix_spawnp(&impl->pid, argv[0], &actions, nullptr, argv.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) {
    impl->pid = -1;
    return errno_error("start " + arguments[0], failed);
  }
  return std::unique_ptr<ChildProcess>(new ChildProcess(std::move(impl)));
}

awaitable<Result<std::size_t>> ChildProcess::read_some(std::span<char> into) {
  const asio::mutable_buffer room(into.data(), into.size());
  auto [error, count] = co_await impl_->out.async_read_some(room, kAwait);
  if (error == asio::error::eof) co_return std::size_t{0};
  if (error) co_return connection_error(error);
  co_return count;
}

void ChildProcess::close() noexcept {
  boost::system::error_code ignored;
  impl_->out.close(ignored);
}

bool ChildProcess::exited() {
  if (!impl_->exited && impl_->pid >= 0) {
    impl_->exited = ::waitpid(impl_->pid, &impl_->status, WNOHANG) == impl_->pid;
  }
  return impl_->exited;
}

Result<void> ChildProcess::finish_blocking() {
  if (impl_->pid < 0) return {};
  close();
  const bool by_itself = exited();
  if (!by_itself) {
    ::kill(impl_->pid, SIGKILL);
    while (::waitpid(impl_->pid, &impl_->status, 0) < 0 && errno == EINTR) continue;
  }
  impl_->pid = -1;
  const int status = impl_->status;
  if (!by_itself || (WIFEXITED(status) && WEXITSTATUS(status) == 0)) return {};
  std::string said(kErrorBytesMax, '\0');
  const ssize_t count = ::read(impl_->err.get(), said.data(), said.size());
  said.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
  const std::string how = WIFSIGNALED(status)
                              ? "ended by signal " + std::to_string(WTERMSIG(status))
                              : "ended with status " + std::to_string(WEXITSTATUS(status));
  const std::string_view text = trim_space(said);
  return Error{ErrorCode::kUnavailable, text.empty() ? how : how + ": " + std::string(text)};
}

}  // namespace tailrace
