#include "base/path.h"

#include <unistd.h>

#include <cstdlib>
#include <memory>

#include "base/text.h"

namespace tailrace {

std::string clean_path(std::string_view path) {
  const bool rooted = !path.empty() && path.front() == '/';
  std::vector<std::string_view> kept;
  for (std::string_view element : split(path, '/')) {
    if (element.empty() || element == ".") continue;
    const bool goes_up = element == "..";
    if (goes_up && !kept.empty() && kept.back() != "..") {
      kept.pop_back();
    } else if (!goes_up || !rooted) {
      kept.push_back(element);
    }
  }
  std::string out = rooted ? "/" : "";
  for (std::string_view element : kept) {
    if (!out.empty() && out.back() != '/') out += '/';
    out += element;
  }
  return out.empty() ? "." : out;
}

std::string absolute_path(std::string_view path) {
  if (!path.empty() && path.front() == '/') return clean_path(path);
  struct Free {
    void operator()(char* memory) const { std::free(memory); }
  };
  const std::unique_ptr<char, Free> here(::getcwd(nullptr, 0));
  std::string joined = here ? here.get() : "";
  joined += '/';
  joined += path;
  return clean_path(joined);
}

std::string_view path_directory(std::string_view path) noexcept {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return ".";
  return path.substr(0, slash == 0 ? 1 : slash);
}

std::string_view path_name(std::string_view path) noexcept {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

}  // namespace tailrace
