#include "base/glob.h"

#include <dirent.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <utility>

#include "base/path.h"
#include "base/text.h"

namespace tailrace {
namespace {

Error bad(std::string_view why, std::string_view pattern) {
  return {ErrorCode::kInvalid, std::string(why) + " in the path pattern " + go_quoted(pattern)};
}

// The end of the bracket set that begins at `at`, or one behind `at` if it is not closed. Braces in
// it are ordinary characters.
std::size_t skip_set(std::string_view pattern, std::size_t at) {
  for (std::size_t end = at + 1; end < pattern.size() && pattern[end] != '/'; ++end) {
    if (pattern[end] == '\\')
      ++end;
    else if (pattern[end] == ']' && end > at + 1)
      return end + 1;
  }
  return at + 1;
}

struct Braces {
  std::size_t begin = std::string_view::npos;  // of the first {
  std::size_t end = std::string_view::npos;    // behind its }
  std::vector<std::string_view> choices;
};

// Finds the first braces of `pattern` that stand in no other. False if they are not closed.
bool find_braces(std::string_view pattern, Braces& out) {
  std::size_t depth = 0;
  std::size_t choice = 0;
  for (std::size_t at = 0; at < pattern.size();) {
    const char c = pattern[at];
    if (c == '\\') {
      at += 2;
      continue;
    }
    if (c == '[') {
      at = skip_set(pattern, at);
      continue;
    }
    if (c == '{' && depth++ == 0) {
      out.begin = at;
      choice = at + 1;
    } else if (depth == 1 && (c == ',' || c == '}')) {
      out.choices.push_back(pattern.substr(choice, at - choice));
      choice = at + 1;
      out.end = at + 1;
      if (c == '}') return true;
    } else if (depth > 1 && c == '}') {
      --depth;
    }
    ++at;
  }
  return depth == 0;
}

// Multiplies the braces out: a{b,c}d becomes abd and acd.
Result<std::vector<std::string>> expand_braces(std::string_view pattern) {
  std::vector<std::string> open{std::string(pattern)};
  std::vector<std::string> done;
  while (!open.empty()) {
    const std::string text = std::move(open.back());
    open.pop_back();
    Braces braces;
    if (!find_braces(text, braces)) return bad("a { that is not closed by }", pattern);
    if (braces.begin == std::string_view::npos) {
      done.push_back(text);
      continue;
    }
    if (open.size() + done.size() + braces.choices.size() > Glob::kAlternativesMax) {
      return bad("more than " + std::to_string(Glob::kAlternativesMax) + " alternatives", pattern);
    }
    for (std::string_view choice : braces.choices) {
      open.push_back(text.substr(0, braces.begin) + std::string(choice) + text.substr(braces.end));
    }
  }
  return done;
}

bool is_file(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && !S_ISDIR(status.st_mode);
}

}  // namespace

Result<Glob> Glob::compile(std::string_view pattern) {
  if (pattern.empty()) return Error{ErrorCode::kInvalid, "the path pattern is empty"};
  if (pattern.find('\0') != std::string_view::npos) return bad("a NUL byte", pattern);
  Glob out;
  out.pattern_ = absolute_path(pattern);
  TAILRACE_TRY(const std::vector<std::string> alternatives, expand_braces(out.pattern_));
  for (const std::string& text : alternatives) {
    Alternative& elements = out.alternatives_.emplace_back();
    for (std::string_view element : split(text, '/')) {
      if (element.empty()) continue;  // the first, and what an empty choice leaves
      if (element == "**") {
        if (elements.empty() || !elements.back().any_depth) elements.push_back({true, {}});
        continue;
      }
      Result<Wildcard> wildcard = Wildcard::compile(element);
      if (!wildcard) return std::move(wildcard).error();
      elements.push_back({false, std::move(*wildcard)});
    }
  }
  return out;
}

// One expand(). A position is a place in one alternative; a directory is visited with all positions
// that are alive in it, like the states of a small automaton.
class GlobWalk {
 public:
  // Notes in `stamps`, unless that is null, what it reads.
  explicit GlobWalk(const Glob& glob, PathStamps* stamps = nullptr)
      : glob_(glob), stamps_(stamps) {}

  struct Position {
    std::size_t alternative;
    std::size_t element;
    friend auto operator<=>(const Position&, const Position&) = default;
  };
  using Positions = std::vector<Position>;

  std::vector<std::string> run() {
    Positions start;
    for (std::size_t i = 0; i < glob_.alternatives_.size(); ++i) enter({i, 0}, start);
    visit("/", start);
    std::sort(found_.begin(), found_.end());
    found_.erase(std::unique(found_.begin(), found_.end()), found_.end());
    return std::move(found_);
  }

  // Adds `position`, and the one behind it where ** may stand for no directory.
  void enter(Position position, Positions& out) const {
    if (std::find(out.begin(), out.end(), position) == out.end()) out.push_back(position);
    const Glob::Alternative& elements = glob_.alternatives_[position.alternative];
    if (position.element < elements.size() && elements[position.element].any_depth) {
      enter({position.alternative, position.element + 1}, out);
    }
  }

  // What is alive below an entry called `name`.
  Positions advance(const Positions& positions, std::string_view name) const {
    Positions out;
    for (const Position& position : positions) {
      const Glob::Alternative& elements = glob_.alternatives_[position.alternative];
      if (position.element == elements.size()) continue;
      const Glob::Element& element = elements[position.element];
      if (element.any_depth) {
        enter(position, out);
      } else if (element.wildcard.matches(name)) {
        enter({position.alternative, position.element + 1}, out);
      }
    }
    return out;
  }

  // Whether a path that ends here is a match, and whether one that goes on may be.
  bool complete(const Positions& positions) const {
    return std::any_of(positions.begin(), positions.end(),
                       [this](const Position& p) { return left(p) == 0; });
  }
  bool goes_on(const Positions& positions) const {
    return std::any_of(positions.begin(), positions.end(),
                       [this](const Position& p) { return left(p) > 0; });
  }

 private:
  enum class Kind { kFile, kDirectory, kLink, kUnknown };
  struct Identity {
    dev_t device;
    ino_t inode;
    friend bool operator==(const Identity&, const Identity&) = default;
  };
  struct Name {
    std::string text;
    Kind kind;
  };

  std::size_t left(const Position& position) const {
    return glob_.alternatives_[position.alternative].size() - position.element;
  }
  const Glob::Element* next(const Position& position) const {
    return left(position) == 0 ? nullptr
                               : &glob_.alternatives_[position.alternative][position.element];
  }

  // The names that can match in `directory`: the fixed ones without reading it, if no other kind is
  // asked for.
  std::vector<Name> names_in(const std::string& directory, const Positions& positions) const {
    std::vector<Name> names;
    for (const Position& position : positions) {
      const Glob::Element* element = next(position);
      if (element == nullptr) continue;
      if (element->any_depth || !element->wildcard.is_literal()) {
        return read_directory(directory);
      }
      const std::string& text = element->wildcard.literal();
      const auto is_same = [&text](const Name& name) { return name.text == text; };
      if (std::none_of(names.begin(), names.end(), is_same))
        names.push_back({text, Kind::kUnknown});
    }
    return names;
  }

  std::vector<Name> read_directory(const std::string& directory) const {
    if (stamps_ != nullptr) stamps_->note_names(directory);
    std::vector<Name> names;
    struct Close {
      void operator()(DIR* stream) const { ::closedir(stream); }
    };
    const std::unique_ptr<DIR, Close> stream(::opendir(directory.c_str()));
    if (!stream) {
      if (stamps_ != nullptr && errno != ENOENT && errno != ENOTDIR) stamps_->distrust();
      return names;
    }
    errno = 0;  // readdir() ends with null, and leaves it unless it failed
    while (const dirent* entry = ::readdir(stream.get())) {
      const std::string_view name = entry->d_name;
      if (name == "." || name == "..") continue;
      const Kind kind = entry->d_type == DT_DIR       ? Kind::kDirectory
                        : entry->d_type == DT_LNK     ? Kind::kLink
                        : entry->d_type == DT_UNKNOWN ? Kind::kUnknown
                                                      : Kind::kFile;
      names.push_back({std::string(name), kind});
      errno = 0;
    }
    if (stamps_ != nullptr && errno != 0) stamps_->distrust();
    return names;
  }

  void visit(const std::string& directory, const Positions& positions) {
    for (const Name& name : names_in(directory, positions)) {
      const Positions below = advance(positions, name.text);
      if (below.empty()) continue;
      std::string path = directory;
      if (path.back() != '/') path += '/';
      path += name.text;
      visit_entry(std::move(path), name.kind, below);
    }
  }

  void visit_entry(std::string path, Kind kind, const Positions& positions) {
    if (kind == Kind::kFile) {
      if (complete(positions)) found_.push_back(std::move(path));
      return;
    }
    if (kind == Kind::kDirectory) {
      if (goes_on(positions)) visit_directory(path, positions, nullptr);
      return;
    }
    struct stat status {};
    // A link may lead elsewhere, and a name that was not read from its directory may come and go,
    // without a trace there.
    if (stamps_ != nullptr) stamps_->note_path(path);
    if (kind == Kind::kUnknown) {
      if (::lstat(path.c_str(), &status) != 0) return;
      const Kind now_known = S_ISDIR(status.st_mode)   ? Kind::kDirectory
                             : S_ISLNK(status.st_mode) ? Kind::kLink
                                                       : Kind::kFile;
      return visit_entry(std::move(path), now_known, positions);
    }
    if (::stat(path.c_str(), &status) != 0) return;
    if (!S_ISDIR(status.st_mode)) {
      if (complete(positions)) found_.push_back(std::move(path));
    } else if (goes_on(positions)) {
      const Identity identity{status.st_dev, status.st_ino};
      visit_directory(path, positions, &identity);
    }
  }

  // `linked`: who the directory is, if its path ends in a link.
  void visit_directory(const std::string& path, const Positions& positions,
                       const Identity* linked) {
    const bool any_depth =
        std::any_of(positions.begin(), positions.end(), [this](const Position& position) {
          const Glob::Element* element = next(position);
          return element != nullptr && element->any_depth;
        });
    // Only ** can go round in circles, so only below it are directories remembered.
    if (!any_depth) return visit(path, positions);
    Identity identity{};
    if (linked != nullptr) {
      identity = *linked;
      if (std::find(inside_.begin(), inside_.end(), identity) != inside_.end()) return;
      if (++linked_directories_ > Glob::kLinkedDirectoriesMax) return;
    } else {
      struct stat status {};
      if (::stat(path.c_str(), &status) != 0) return;
      identity = {status.st_dev, status.st_ino};
    }
    inside_.push_back(identity);
    visit(path, positions);
    inside_.pop_back();
  }

  const Glob& glob_;
  PathStamps* stamps_;
  std::vector<std::string> found_;
  std::vector<Identity> inside_;  // the directories of the path, from the first ** on
  std::size_t linked_directories_ = 0;
};

bool Glob::matches(std::string_view path) const {
  const GlobWalk walk(*this);
  GlobWalk::Positions positions;
  for (std::size_t i = 0; i < alternatives_.size(); ++i) walk.enter({i, 0}, positions);
  for (std::string_view element : split(path, '/')) {
    if (element.empty()) continue;
    positions = walk.advance(positions, element);
    if (positions.empty()) return false;
  }
  return walk.complete(positions);
}

std::vector<std::string> Glob::expand(PathStamps* stamps) const {
  if (is_file(pattern_)) {
    if (stamps != nullptr) stamps->note_path(pattern_);
    return {pattern_};
  }
  return GlobWalk(*this, stamps).run();
}

Result<std::vector<std::string>> expand_glob(std::string_view pattern) {
  if (std::string path = absolute_path(pattern); is_file(path))
    return std::vector<std::string>{std::move(path)};
  TAILRACE_TRY(const Glob glob, Glob::compile(pattern));
  return glob.expand();
}

}  // namespace tailrace
