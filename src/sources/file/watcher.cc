#include "sources/file/watcher.h"

#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>

#include "base/path.h"
#include "telemetry/log.h"

namespace tailrace {
namespace {

constexpr std::uint32_t kFileEvents = IN_MODIFY;
constexpr std::uint32_t kDirectoryEvents = IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE |
                                           IN_MOVE_SELF | IN_ONLYDIR | IN_EXCL_UNLINK;

std::string join(const std::string& directory, std::string_view name) {
  return (directory == "/" ? "" : directory) + '/' + std::string(name);
}

log::Every limit_warning{60 * kNsPerSecond};

void warn_limit(int error) {
  if (!limit_warning.due()) return;
  log::warn("cannot watch a file, polling it instead",
            {{"error", errno_error("inotify", error).text()},
             {"hint", "raise fs.inotify.max_user_watches if this is a limit"}});
}

}  // namespace

Watcher::Watcher(boost::asio::any_io_executor executor)
    : executor_(std::move(executor)), descriptor_(executor_), round_(executor_) {
  const int fd = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (fd < 0) {
    log::warn("no file notifications, polling instead",
              {{"error", errno_error("inotify", errno).text()}});
    return;
  }
  descriptor_.assign(fd);
  wait();
}

Watcher::~Watcher() = default;

int Watcher::watch_file(int fd, WatchListener& listener) {
  if (!descriptor_.is_open()) return -1;
  // The descriptor's link in /proc names the open file itself, wherever it was moved to meanwhile.
  const std::string link = "/proc/self/fd/" + std::to_string(fd);
  const int watch = ::inotify_add_watch(descriptor_.native_handle(), link.c_str(), kFileEvents);
  if (watch < 0) {
    warn_limit(errno);
    return -1;
  }
  files_[watch].push_back(&listener);
  return watch;
}

void Watcher::unwatch_file(int watch, WatchListener& listener) {
  const auto known = files_.find(watch);
  if (known == files_.end()) return;
  const auto own = std::find(known->second.begin(), known->second.end(), &listener);
  if (own != known->second.end()) known->second.erase(own);
  if (!known->second.empty()) return;
  files_.erase(known);
  ::inotify_rm_watch(descriptor_.native_handle(), watch);
}

bool Watcher::watch_directory(const std::string& directory, DirectoryListener& listener) {
  if (!descriptor_.is_open()) return false;
  // The same number for a directory that is watched already.
  const int watch =
      ::inotify_add_watch(descriptor_.native_handle(), directory.c_str(), kDirectoryEvents);
  if (watch < 0) {
    if (errno != ENOENT) warn_limit(errno);
    return false;
  }
  std::set<DirectoryListener*> moved_on;
  if (const auto known = directory_watches_.find(directory);
      known != directory_watches_.end() && known->second != watch) {
    moved_on = forget_directory(known->second);
  }
  // Two paths to one directory (a symlink) share a watch; the second is found by polling.
  directory_watches_.emplace(directory, watch);
  Directory& watched = directories_.try_emplace(watch, Directory{directory, {}}).first->second;
  watched.listeners.merge(moved_on);
  watched.listeners.insert(&listener);
  return true;
}

void Watcher::unwatch_directories(DirectoryListener& listener) {
  for (auto entry = directory_watches_.begin(); entry != directory_watches_.end();) {
    const int watch = (entry++)->second;
    const auto known = directories_.find(watch);
    if (known == directories_.end() || known->second.listeners.erase(&listener) == 0) continue;
    if (!known->second.listeners.empty()) continue;
    forget_directory(watch);
    entry = directory_watches_.begin();  // there may have been two paths to it
  }
}

// Returns who was told of it.
std::set<DirectoryListener*> Watcher::forget_directory(int watch) {
  std::erase_if(directory_watches_, [&](const auto& entry) { return entry.second == watch; });
  const auto known = directories_.find(watch);
  if (known == directories_.end()) return {};
  std::set<DirectoryListener*> listeners = std::move(known->second.listeners);
  directories_.erase(known);
  ::inotify_rm_watch(descriptor_.native_handle(), watch);
  return listeners;
}

void Watcher::catch_up() {
  if (descriptor_.is_open() && !taking_events_) take_events();
}

void Watcher::wait() {
  descriptor_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                         [this, alive = lifetime_.watch()](const boost::system::error_code& error) {
                           if (error || !alive()) return;
                           take_events();
                           rest(kRestNs);
                         });
}

void Watcher::rest(std::int64_t rest_ns) {
  round_.expires_after(std::chrono::nanoseconds(rest_ns));
  round_.async_wait([this, alive = lifetime_.watch()](const boost::system::error_code& error) {
    if (error || !alive()) return;
    const std::size_t bytes = take_events();
    if (bytes == 0) return wait();
    rest(bytes > kManyEventBytes ? kRestNs : kBusyRestNs);
  });
}

// Returns how many bytes of events there were.
std::size_t Watcher::take_events() {
  taking_events_ = true;
  std::size_t bytes = 0;
  std::vector<Gone> gone;
  bool overflow = false;
  std::vector<int> replaced;  // directories that do not stand at their path any more
  struct Created {
    int watch;
    std::string name;
    bool is_directory;
  };
  std::vector<Created> created;
  alignas(inotify_event) std::array<char, 64 * 1024> buffer;
  while (true) {
    const ssize_t count = ::read(descriptor_.native_handle(), buffer.data(), buffer.size());
    if (count <= 0) break;
    bytes += static_cast<std::size_t>(count);
    for (const char* at = buffer.data(); at < buffer.data() + count;) {
      const auto& event = *reinterpret_cast<const inotify_event*>(at);
      at += sizeof(inotify_event) + event.len;
      if ((event.mask & IN_Q_OVERFLOW) != 0) overflow = true;
      if (event.len == 0) {
        if ((event.mask & IN_MODIFY) != 0) {
          const auto file = files_.find(event.wd);
          if (file == files_.end()) continue;
          for (WatchListener* listener : file->second) listener->on_modified();
        }
        if ((event.mask & (IN_IGNORED | IN_MOVE_SELF)) != 0) replaced.push_back(event.wd);
        continue;
      }
      const auto directory = directories_.find(event.wd);
      if (directory == directories_.end()) continue;
      std::string path = join(directory->second.path, event.name);
      if ((event.mask & IN_MOVED_TO) != 0) {
        for (Gone& before : gone) {
          // The other half of a move; and a file moved before may be moved on.
          if (before.cookie == event.cookie && before.now_at.empty()) before.now_at = path;
        }
      }
      if ((event.mask & (IN_MOVED_FROM | IN_DELETE)) != 0) {
        gone.push_back({std::move(path), event.cookie, {}});
      } else {
        created.push_back({event.wd, event.name, (event.mask & IN_ISDIR) != 0});
      }
    }
    if (static_cast<std::size_t>(count) < buffer.size() / 2) break;
  }
  tell_gone(gone);
  for (const Created& entry : created) {
    const auto directory = directories_.find(entry.watch);
    if (directory == directories_.end()) continue;
    // Copies: a listener may add watches.
    const std::string path = directory->second.path;
    for (DirectoryListener* listener : std::set(directory->second.listeners)) {
      listener->on_created(path, entry.name, entry.is_directory);
    }
  }
  tell_unsure(replaced, overflow);
  taking_events_ = false;
  return bytes;
}

// Everybody if events were lost; else those whose directory was moved away or deleted, as a new one
// of that name needs a new watch.
void Watcher::tell_unsure(const std::vector<int>& replaced, bool overflow) {
  std::set<DirectoryListener*> unsure;
  if (overflow) {
    for (const auto& [watch, directory] : directories_) {
      unsure.insert(directory.listeners.begin(), directory.listeners.end());
    }
  }
  for (const int watch : replaced) unsure.merge(forget_directory(watch));
  for (DirectoryListener* listener : unsure) listener->on_lost();
}

void Watcher::tell_gone(std::vector<Gone>& gone) {
  // Moves in order: a -> b, then b -> c means that the first is at c now.
  for (std::size_t i = 0; i < gone.size(); ++i) {
    for (std::size_t later = i + 1; later < gone.size(); ++later) {
      if (!gone[i].now_at.empty() && gone[later].path == gone[i].now_at)
        gone[i].now_at = gone[later].now_at;
    }
  }
  for (const Gone& entry : gone) {
    const auto watch = directory_watches_.find(std::string(path_directory(entry.path)));
    if (watch == directory_watches_.end()) continue;
    for (DirectoryListener* listener : std::set(directories_[watch->second].listeners)) {
      listener->on_gone(entry.path, entry.now_at);
    }
  }
}

}  // namespace tailrace
