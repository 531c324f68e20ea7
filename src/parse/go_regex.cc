#include "parse/go_regex.h"

#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <optional>

#include "base/text.h"
#include "parse/regex/group_scan.h"
#include "parse/regex/program.h"
#include "parse/regex/repaired_text.h"
#include "parse/regex/unicode_classes.h"

namespace tailrace {
namespace {

// Go limits the compiled form by other means; RE2's default of 8 MiB refuses expressions that Go
// takes, such as \pL{500}. Memory is used only when an expression needs it.
constexpr std::int64_t kCompiledBytesMax = 64 * 1024 * 1024;
constexpr std::size_t kStackGroups = 17;

std::string_view describe(re2::RE2::ErrorCode code) {
  using enum re2::RE2::ErrorCode;
  switch (code) {
    case NoError:
      return "no error";
    case ErrorInternal:
      return "internal error";
    case ErrorBadEscape:
      return "invalid escape sequence";
    case ErrorBadCharClass:
      return "invalid character class";
    case ErrorBadCharRange:
      return "invalid character class range";
    case ErrorMissingBracket:
      return "missing closing ]";
    case ErrorMissingParen:
      return "missing closing )";
    case ErrorUnexpectedParen:
      return "unexpected )";
    case ErrorTrailingBackslash:
      return "trailing backslash at end of expression";
    case ErrorRepeatArgument:
      return "missing argument to repetition operator";
    case ErrorRepeatSize:
      return "invalid repeat count";
    case ErrorRepeatOp:
      return "invalid nested repetition operator";
    case ErrorBadPerlOp:
      return "invalid or unsupported Perl syntax";
    case ErrorBadUTF8:
      return "invalid UTF-8";
    case ErrorBadNamedCapture:
      return "invalid named capture";
    case ErrorPatternTooLarge:
      return "expression too large";
  }
  return "unknown error";
}

Error compile_error(const re2::RE2& engine, std::string_view expression) {
  std::string text = "error parsing regexp: ";
  text += describe(engine.error_code());
  text += ": `";
  // The engine saw the rewritten expression; where it would show all of that, show what was
  // written.
  const bool shows_all = engine.error_arg().empty() || engine.error_arg() == engine.pattern() ||
                         engine.error_arg().find("(?:") != std::string::npos;
  text += shows_all ? std::string(expression) : engine.error_arg();
  text += '`';
  return {ErrorCode::kInvalid, std::move(text)};
}

// Which groups stay, by options.
std::vector<bool> groups_to_keep(const std::vector<regex::ScannedGroup>& groups,
                                 const GoRegexOptions& options) {
  std::vector<bool> keep(groups.size(), options.keep == GroupsKept::kAll);
  if (options.keep == GroupsKept::kAll || options.keep == GroupsKept::kNone) return keep;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    const std::string& name = groups[i].name;
    if (name.empty()) continue;
    const bool wanted = options.keep == GroupsKept::kNamed ||
                        std::ranges::find(options.names, name) != options.names.end();
    const auto same_name = [&](const regex::ScannedGroup& other) { return other.name == name; };
    const auto rest = groups.begin() + static_cast<std::ptrdiff_t>(i) + 1;
    keep[i] = wanted && std::none_of(rest, groups.end(), same_name);
  }
  return keep;
}

}  // namespace

struct GoRegex::Impl {
  std::string expression;
  std::vector<Group> groups;
  std::vector<std::string> all_names{""};
  std::unique_ptr<re2::RE2> engine;
  std::optional<regex::Program> program;  // our own matcher, where the expression is one for it

  bool search_valid(std::string_view text, std::span<std::string_view> found,
                    std::size_t from) const;
  bool search_repaired(std::string_view text, std::span<std::string_view> found,
                       std::size_t from) const;
};

GoRegex::GoRegex(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
GoRegex::GoRegex(GoRegex&&) noexcept = default;
GoRegex& GoRegex::operator=(GoRegex&&) noexcept = default;
GoRegex::~GoRegex() = default;

Result<GoRegex> GoRegex::compile(std::string_view expression, const GoRegexOptions& options) {
  TAILRACE_TRY(const std::vector<regex::ScannedGroup> groups, regex::scan_groups(expression));
  if (regex::has_byte_escape(expression)) {
    return Error{ErrorCode::kInvalid, "error parsing regexp: invalid escape sequence: `\\C`"};
  }
  auto impl = std::make_unique<Impl>();
  impl->expression = expression;
  const std::vector<bool> keep = groups_to_keep(groups, options);
  for (std::size_t i = 0; i < groups.size(); ++i) {
    impl->all_names.push_back(groups[i].name);
    if (keep[i]) impl->groups.push_back({groups[i].name, i + 1});
  }
  std::string rewritten =
      regex::rewrite_unicode_classes(regex::rewrite_groups(expression, groups, keep));
  if (options.whole_text) rewritten = "^(?s:" + rewritten + ")$";

  re2::RE2::Options engine_options;
  engine_options.set_log_errors(false);
  engine_options.set_max_mem(kCompiledBytesMax);
  impl->engine = std::make_unique<re2::RE2>(rewritten, engine_options);
  if (!impl->engine->ok()) return compile_error(*impl->engine, expression);
  if (options.own_matcher) impl->program = regex::Program::compile(rewritten);
  return GoRegex(std::move(impl));
}

const std::vector<GoRegex::Group>& GoRegex::groups() const noexcept { return impl_->groups; }
const std::vector<std::string>& GoRegex::all_names() const noexcept { return impl_->all_names; }
const std::string& GoRegex::expression() const noexcept { return impl_->expression; }
bool GoRegex::uses_own_matcher() const noexcept { return impl_->program.has_value(); }

bool GoRegex::search(std::string_view text, std::span<std::string_view> found,
                     std::size_t from) const {
  if (from > text.size()) return false;
  text = regex::never_null(text);
  const bool fits = impl_->program && impl_->program->is_bytewise();
  const bool is_ascii = !fits && regex::is_ascii(text);
  if (impl_->program && (fits || is_ascii)) {
    const std::size_t count = std::min(found.size(), impl_->groups.size() + 1);
    const regex::Outcome outcome = impl_->program->search(text, from, found.first(count));
    if (outcome != regex::Outcome::kGaveUp) return outcome == regex::Outcome::kMatch;
  }
  if (is_ascii || is_valid_utf8(text)) return impl_->search_valid(text, found, from);
  return impl_->search_repaired(text, found, from);
}

bool GoRegex::Impl::search_valid(std::string_view text, std::span<std::string_view> found,
                                 std::size_t from) const {
  const std::size_t count = std::min(found.size(), groups.size() + 1);
  std::array<re2::StringPiece, kStackGroups> few;
  std::vector<re2::StringPiece> many;
  re2::StringPiece* pieces = few.data();
  if (count > few.size()) {
    many.resize(count);
    pieces = many.data();
  }
  const re2::StringPiece subject(text.data(), text.size());
  if (!engine->Match(subject, from, text.size(), re2::RE2::UNANCHORED, pieces,
                     static_cast<int>(count))) {
    return false;
  }
  for (std::size_t i = 0; i < count; ++i) found[i] = {pieces[i].data(), pieces[i].size()};
  return true;
}

bool GoRegex::Impl::search_repaired(std::string_view text, std::span<std::string_view> found,
                                    std::size_t from) const {
  const regex::RepairedText repaired(text);
  if (!search_valid(repaired.text(), found, repaired.forward(from))) return false;
  for (std::string_view& group : found.first(std::min(found.size(), groups.size() + 1))) {
    if (group.data() == nullptr) continue;
    const auto start = static_cast<std::size_t>(group.data() - repaired.text().data());
    const std::size_t begin = repaired.back(start);
    group = text.substr(begin, repaired.back(start + group.size()) - begin);
  }
  return true;
}

}  // namespace tailrace
