// OpenFiles: keeps tailed files from using up the descriptors of the process, of which sockets, the
// positions file and the app need some too.
//
// Above the limit, the descriptors of idle files (read to their end, all acknowledged) are closed,
// those first that were not used for longest. Their owners open them again, and check that they are
// the same, when there is something to read. If no file is idle, the one just read is closed until
// its next turn.
#pragma once

#include <cstddef>
#include <list>

namespace tailrace {

class OpenFiles;

// Something with a descriptor that it can get back.
class OpenFile {
 public:
  OpenFile() = default;
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;

  // Nothing is lost or delayed if it is closed now.
  virtual bool is_idle() const = 0;
  virtual void close() = 0;

 protected:
  ~OpenFile();

 private:
  friend class OpenFiles;
  OpenFiles* in_ = nullptr;
  std::list<OpenFile*>::iterator at_;
};

// One for each shard; outlives the files in it.
class OpenFiles {
 public:
  // Half of what the process may have open.
  static std::size_t half_of_process();

  explicit OpenFiles(std::size_t limit) : limit_(limit) {}
  OpenFiles(const OpenFiles&) = delete;
  OpenFiles& operator=(const OpenFiles&) = delete;

  // `file` is open, and was used just now.
  void used(OpenFile& file);
  // `file` was used and can wait. It is closed if others must be and none of them is idle.
  void rests(OpenFile& file);
  std::size_t count() const noexcept { return files_.size(); }

 private:
  friend class OpenFile;
  void close(OpenFile& file);
  void remove(OpenFile& file);

  const std::size_t limit_;
  std::list<OpenFile*> files_;  // the one used last is at the end
};

}  // namespace tailrace
