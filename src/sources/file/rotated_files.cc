#include "sources/file/rotated_files.h"

#include <dirent.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>
#include <utility>

#include "base/path.h"

namespace tailrace {
namespace {

struct DirectoryCloser {
  void operator()(DIR* directory) const { ::closedir(directory); }
};

std::pair<std::string, std::string> split_path(const std::string& path) {
  return {std::string(path_directory(path)), std::string(path_name(path))};
}

// Calls visit(full path, inode) for every name in `directory`.
template <class Visit>
void for_each_name(const std::string& directory, Visit&& visit) {
  const std::unique_ptr<DIR, DirectoryCloser> open(::opendir(directory.c_str()));
  if (!open) return;
  while (const dirent* entry = ::readdir(open.get())) {
    if (entry->d_type == DT_REG || entry->d_type == DT_UNKNOWN) {
      visit(directory + '/' + entry->d_name, std::string_view(entry->d_name), entry->d_ino);
    }
  }
}

bool is_compressed(std::string_view name) {
  static constexpr std::array<std::string_view, 6> kEndings = {".gz",  ".bz2", ".xz",
                                                               ".zst", ".lz4", ".zip"};
  return std::any_of(kEndings.begin(), kEndings.end(),
                     [&](std::string_view ending) { return name.ends_with(ending); });
}

// "app.log.1", "app.log-20260314": the name of the log, then a suffix that is no compression.
bool looks_rotated(std::string_view name, std::string_view base) {
  if (name.size() <= base.size() || !name.starts_with(base) || is_compressed(name)) return false;
  const char after = name[base.size()];
  return after == '.' || after == '-' || after == '_';
}

// "app.3.log" as {"app.#.log", {"3"}}; numbers without leading zeros, so that the longer is the
// larger.
struct NumberedName {
  explicit NumberedName(std::string_view name) {
    for (std::size_t i = 0; i < name.size();) {
      std::size_t end = i;
      while (end < name.size() && name[end] >= '0' && name[end] <= '9') ++end;
      if (end == i) {
        shape += name[i++];
        continue;
      }
      while (i + 1 < end && name[i] == '0') ++i;
      shape += '#';
      numbers.push_back(name.substr(i, end - i));
      i = end;
    }
  }
  bool is_before(const NumberedName& other) const {
    return shape == other.shape &&
           std::lexicographical_compare(numbers.begin(), numbers.end(), other.numbers.begin(),
                                        other.numbers.end(),
                                        [](std::string_view a, std::string_view b) {
                                          return a.size() != b.size() ? a.size() < b.size() : a < b;
                                        });
  }

  std::string shape;
  std::vector<std::string_view> numbers;  // views of the name
};

// What a link led to on its way from `older` to `now`: "app.log.4" between "app.log.3" and
// "app.log.5".
bool is_between(std::string_view name, std::string_view older, std::string_view now) {
  const NumberedName middle(name);
  return NumberedName(older).is_before(middle) && middle.is_before(NumberedName(now));
}

// Directories in which a rotated file of `path` may be, each with the name it had there: beside the
// path, beside what the path is a link to (kubelet rotates there), and where it was opened.
std::vector<std::pair<std::string, std::string>> places_of(const std::string& path,
                                                           const std::string& opened_at) {
  std::error_code error;
  const std::string resolved = std::filesystem::canonical(path, error).string();
  std::vector<std::pair<std::string, std::string>> places;
  for (const std::string& file : {path, resolved, opened_at}) {
    if (file.empty()) continue;
    std::pair<std::string, std::string> place = split_path(file);
    if (std::find(places.begin(), places.end(), place) == places.end()) {
      places.push_back(std::move(place));
    }
  }
  return places;
}

std::int64_t modified_ns(const struct stat& status) {
  return std::int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec;
}

}  // namespace

std::unique_ptr<Generation> find_renamed(const std::string& path, const GenerationRecord& record) {
  std::unique_ptr<Generation> found;
  for (const auto& [directory, base] : places_of(path, record.file)) {
    for_each_name(directory, [&](const std::string& candidate, std::string_view name, ino_t inode) {
      if (found || inode != record.id.inode) return;
      Result<std::unique_ptr<Generation>> opened = Generation::open(candidate);
      if (!opened || (*opened)->id() != record.id) return;
      if ((*opened)->matches(record.offset, record.marker)) {
        (*opened)->resume(record);
      } else if (!looks_rotated(name, base)) {
        return;
      }
      found = std::move(*opened);
    });
  }
  return found;
}

std::vector<std::unique_ptr<Generation>> younger_siblings(
    const std::string& path, const Generation& older,
    const std::function<bool(const std::string&)>& is_target) {
  struct stat older_status {};
  const std::string older_file = older.present_file();
  if (::stat(older_file.c_str(), &older_status) != 0) return {};
  std::vector<std::pair<std::int64_t, std::string>> candidates;
  const auto [older_directory, older_name] = split_path(older_file);
  for (const auto& [directory, base] : places_of(path, {})) {
    const bool same_place = directory == older_directory;
    for_each_name(directory, [&](const std::string& candidate, std::string_view name, ino_t) {
      const bool is_rotated =
          looks_rotated(name, base) || (same_place && is_between(name, older_name, base));
      if (!is_rotated || is_target(candidate)) return;
      struct stat status {};
      if (::stat(candidate.c_str(), &status) != 0 ||
          modified_ns(status) <= modified_ns(older_status)) {
        return;
      }
      candidates.emplace_back(modified_ns(status), candidate);
    });
  }
  std::sort(candidates.begin(), candidates.end());
  std::vector<std::unique_ptr<Generation>> out;
  for (const auto& [time, candidate] : candidates) {
    if (Result<std::unique_ptr<Generation>> opened = Generation::open(candidate))
      out.push_back(std::move(*opened));
  }
  return out;
}

}  // namespace tailrace
