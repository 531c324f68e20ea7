// file_sd_configs: target groups in files, which may come, change and go.
//
// Files are looked at (names, sizes, times) every poll_ns and read when something changed; every
// refresh_interval they are read in any case. A file that cannot be read or does not parse keeps
// the groups it had.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "config/config_node.h"
#include "discovery/discovery.h"

namespace tailrace {

struct FileSdOptions {
  std::vector<std::string> files;  // globs; JSON or YAML by the ending of the name
  PrometheusDuration refresh_interval{std::int64_t{300} * 1'000'000'000};
  std::int64_t poll_ns = 1'000'000'000;  // not in the configuration
};
std::vector<FileSdOptions> read_file_sd_configs(const ConfigNode& list);

class FileDiscovery final : public Discovery {
 public:
  explicit FileDiscovery(FileSdOptions options) : options_(std::move(options)) {}
  awaitable<void> run(const Yield& yield) override;

  // One look at all files; returns the groups that changed. `read_all`: unchanged files too. Blocks
  // on the disk, shortly.
  std::vector<TargetGroup> refresh(bool read_all);

 private:
  struct KnownFile {
    std::string stamp;       // inode, size, time when it was read last
    std::size_t groups = 0;  // how many it gave
    bool was_blank = false;  // at the last look
  };
  void refresh_file(const std::string& path, KnownFile& file, bool read_all,
                    std::vector<TargetGroup>& changed);

  FileSdOptions options_;
  std::map<std::string, KnownFile> known_;
};

}  // namespace tailrace
