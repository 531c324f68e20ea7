#include "sources/file/open_files.h"

#include <sys/resource.h>

#include <algorithm>

namespace tailrace {

OpenFile::~OpenFile() {
  if (in_ != nullptr) in_->remove(*this);
}

std::size_t OpenFiles::half_of_process() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 512;
  return static_cast<std::size_t>(limit.rlim_cur / 2);
}

void OpenFiles::used(OpenFile& file) {
  if (file.in_ == nullptr) {
    file.in_ = this;
    file.at_ = files_.insert(files_.end(), &file);
  } else {
    files_.splice(files_.end(), files_, file.at_);
  }
}

void OpenFiles::rests(OpenFile& file) {
  if (file.in_ == nullptr || files_.size() <= limit_) return;
  const auto idle = std::find_if(files_.begin(), files_.end(),
                                 [](const OpenFile* other) { return other->is_idle(); });
  close(idle == files_.end() ? file : **idle);
}

void OpenFiles::close(OpenFile& file) {
  remove(file);
  file.close();
}

void OpenFiles::remove(OpenFile& file) {
  files_.erase(file.at_);
  file.in_ = nullptr;
}

}  // namespace tailrace
