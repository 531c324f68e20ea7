#include "base/path_stamps.h"

#include <sys/stat.h>

#include <algorithm>

#include "base/clock.h"

namespace tailrace {
namespace {

std::int64_t in_ns(const timespec& time) {
  return std::int64_t{time.tv_sec} * kNsPerSecond + time.tv_nsec;
}

// Whether `path` is `above`, or below it.
bool leads_to(const std::string& above, const std::string& path) {
  return path.starts_with(above) &&
         (path.size() == above.size() || above.ends_with('/') || path[above.size()] == '/');
}

}  // namespace

PathStamps::Stamp PathStamps::stamp_of(const std::string& path, bool names) {
  Stamp out;
  out.path = path;
  out.names = names;
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return out;
  out.exists = true;
  out.device = status.st_dev;
  out.inode = status.st_ino;
  if (names) {
    out.modified_ns = in_ns(status.st_mtim);
    out.changed_ns = in_ns(status.st_ctim);
  }
  return out;
}

void PathStamps::note(const std::string& path, bool names) {
  Stamp stamp = stamp_of(path, names);
  // What this one says includes what was noted on the way to it.
  while (stamp.exists && !stamps_.empty() && !stamps_.back().names &&
         leads_to(stamps_.back().path, path)) {
    stamps_.pop_back();
  }
  const std::int64_t newest_ns = std::max(stamp.modified_ns, stamp.changed_ns);
  stamp.fresh = names && stamp.exists && newest_ns > Clock::system().now_ns() - kFreshNs;
  stamps_.push_back(std::move(stamp));
}

bool PathStamps::unchanged() const {
  return trusted_ && std::all_of(stamps_.begin(), stamps_.end(), [](const Stamp& stamp) {
           return !stamp.fresh && stamp == stamp_of(stamp.path, stamp.names);
         });
}

}  // namespace tailrace
