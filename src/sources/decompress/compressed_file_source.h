// CompressedFileSource: the files of a scrape config with `decompression`. Beside FileSource it is
// simple: files do not grow, so globs are evaluated every sync_period, and each file is read once.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/glob.h"
#include "base/lifetime.h"
#include "model/target.h"
#include "sources/decompress/compressed_file.h"
#include "sources/decompress/decompress_options.h"
#include "sources/file/file_source.h"

namespace tailrace {

class CompressedFileSource {
 public:
  // `context` outlives the source.
  CompressedFileSource(TailContext& context, FileSourceOptions options,
                       DecompressOptions decompress);
  CompressedFileSource(const CompressedFileSource&) = delete;
  CompressedFileSource& operator=(const CompressedFileSource&) = delete;

  // Replaces the targets; unchanged ones go on undisturbed.
  void set_targets(std::vector<FileTarget> targets);
  void publish();
  // No further reading. Positions can still be published as deliveries come in.
  void stop();
  // Nothing is on its way any more, so that this may be destroyed.
  bool settled() const;
  bool ready() const;
  std::vector<FileTargetStatus> status() const;

 private:
  struct Target {
    FileTarget config;
    std::optional<Glob> include;
    std::optional<Glob> exclude;
    std::map<std::string, std::unique_ptr<CompressedFile>> files;  // by path
  };
  void sync();
  void sync(Target& target);
  void arm();

  TailContext& context_;
  const FileSourceOptions options_;
  const DecompressOptions decompress_;
  std::vector<std::unique_ptr<Target>> targets_;
  std::vector<std::unique_ptr<CompressedFile>> retiring_;  // not settled yet
  boost::asio::steady_timer timer_;
  bool stopped_ = false;
  Lifetime lifetime_;
};

}  // namespace tailrace
