// CommandLine: the flags of Promtail, and a few of ours.
//
// One or two dashes; -flag=value or -flag value; booleans only as -flag or -flag=true|false. A flag
// that is given wins over the configuration file.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/labels.h"

namespace tailrace {

// One flag we know. `yaml_path` says where its value belongs in the configuration; "" for those
// that are about the run itself.
struct FlagSpec {
  enum class Kind : std::uint8_t {
    kBool,
    kString,
    kInt,
    kFloat,
    kDuration,
    kSize,
    kLabels,
    kLogLevel
  };
  std::string_view name;
  Kind kind;
  std::string_view default_text;
  std::string_view help;
};

class CommandLine {
 public:
  // `arguments` without the program's name. kInvalid with a text for people: unknown flag (with a
  // suggestion), missing or unfit value.
  static Result<CommandLine> parse(std::span<const char* const> arguments);

  // Whether the flag stood on the command line.
  bool given(std::string_view name) const { return values_.contains(name); }
  // Its value as text, or its default. The name must be one we know.
  std::string text(std::string_view name) const;
  bool flag(std::string_view name) const;
  std::int64_t integer(std::string_view name) const;
  double number(std::string_view name) const;
  std::int64_t duration_ns(std::string_view name) const;
  std::uint64_t bytes(std::string_view name) const;
  Labels labels(std::string_view name) const;

  // Words that are no flags: a subcommand and its arguments.
  const std::vector<std::string>& words() const noexcept { return words_; }

 private:
  std::map<std::string, std::string, std::less<>> values_;
  std::vector<std::string> words_;
};

// All flags with defaults and help, as `-help` prints it.
std::string usage_text();

}  // namespace tailrace
