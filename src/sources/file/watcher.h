// Watcher: inotify as a hint. It tells which files may have grown and which names came or went, so
// that idle files cost nothing; polling stays the truth, and after a queue overflow, or when a
// directory itself was moved or deleted, everything is looked at.
//
// Events are not taken one by one: after each round the watcher rests for kRestNs, in which the
// kernel merges what a busy writer causes. While every rest ends with new events, as beside a
// steady writer, it rests for kBusyRestNs and does not wait for the descriptor in between: one
// wake-up per round.
#pragma once

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/lifetime.h"

namespace tailrace {

// What a watcher tells; called on the shard.
class WatchListener {
 public:
  virtual void on_modified() = 0;

 protected:
  ~WatchListener() = default;
};

class DirectoryListener {
 public:
  // `name` came into being in, or was moved into, `directory`.
  virtual void on_created(const std::string& directory, std::string_view name,
                          bool is_directory) = 0;
  // `path` was moved away or deleted. `now_at` is where it went, if within watched directories; it
  // follows further moves that are already known.
  virtual void on_gone(const std::string& path, const std::string& now_at) = 0;
  // Events were lost, or a directory is not where it was: look at everything.
  virtual void on_lost() = 0;

 protected:
  ~DirectoryListener() = default;
};

class Watcher {
 public:
  static constexpr std::int64_t kRestNs = 10 * kNsPerMs;
  static constexpr std::int64_t kBusyRestNs = 40 * kNsPerMs;
  // A round with more bytes of events than this is followed by a short rest: the kernel keeps 16384
  // events, then it loses some.
  static constexpr std::size_t kManyEventBytes = std::size_t{32} << 10;

  explicit Watcher(boost::asio::any_io_executor executor);
  ~Watcher();
  Watcher(const Watcher&) = delete;
  Watcher& operator=(const Watcher&) = delete;

  // Watches the file behind an open descriptor. -1 if that cannot be had (limits, file system):
  // poll it.
  int watch_file(int fd, WatchListener& listener);
  void unwatch_file(int watch, WatchListener& listener);

  // Watches the names in what stands at this path now; doing it again is fine, and needed from time
  // to time, as another directory may have come to stand there. False if that cannot be had.
  bool watch_directory(const std::string& directory, DirectoryListener& listener);
  // Whether listeners are told of names in this directory.
  bool watches(const std::string& directory) const {
    return directory_watches_.contains(directory);
  }
  // Tells now what is known already. Whoever looks at files by itself does this first: of several
  // renames it sees only the last, while the events name them all.
  void catch_up();

  // Ends all directory watches of this listener.
  void unwatch_directories(DirectoryListener& listener);

 private:
  struct Directory {
    std::string path;
    std::set<DirectoryListener*> listeners;
  };
  struct Gone {
    std::string path;
    std::uint32_t cookie;
    std::string now_at;
  };
  void wait();
  void rest(std::int64_t rest_ns);
  std::size_t take_events();
  void tell_gone(std::vector<Gone>& gone);
  void tell_unsure(const std::vector<int>& replaced, bool overflow);
  std::set<DirectoryListener*> forget_directory(int watch);

  boost::asio::any_io_executor executor_;
  boost::asio::posix::stream_descriptor descriptor_;
  boost::asio::steady_timer round_;
  std::unordered_map<int, std::vector<WatchListener*>> files_;
  std::unordered_map<int, Directory> directories_;
  std::map<std::string, int> directory_watches_;
  bool taking_events_ = false;
  Lifetime lifetime_;
};

}  // namespace tailrace
