// ConfigNode: a cursor into a YAML file that knows where it stands, so that every complaint names
// file, line, column and path. It knows YAML and scalar types; it knows no component.
//
// A component reads its own options:
//
//   void read(ConfigNode node, BatchOptions& options) {
//     node.strict({"batchwait", "batchsize"});  // any other key: an error with a suggestion
//     node.read("batchwait", options.wait);     // absent or null: the default stays
//     node.read("batchsize", options.bytes);
//     if (options.bytes <= 0) node.error("batchsize", "must be positive");
//   }
//
// Problems go to the reader's ConfigErrors; reading goes on, so that one run reports all. A node is
// a cheap handle, valid while its YamlFile lives.
//
// Strictness follows Promtail: everything but the inside of pipeline stages is strict (unknown
// keys, doubled keys, wrong types are errors; key names are case-sensitive). Inside stages use the
// `loose` reader: option names match without regard to case, unknown ones are only warned about.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/config_errors.h"
#include "model/labels.h"

namespace tailrace {

// A duration in ns / a size in bytes; types of their own so that read() parses them.
struct GoDuration {
  std::int64_t ns = 0;
};  // "1h30m", "1.5s"; a bare YAML integer is ns
struct PrometheusDuration {
  std::int64_t ns = 0;
};  // "1d12h"
struct ByteSize {
  std::uint64_t bytes = 0;
};  // "256kb"
// Prints as <secret>.
struct Secret {
  std::string value;
};

class YamlFile;
namespace yaml {
struct Mark;
struct Node;
struct Pair;
struct Scalar;
}  // namespace yaml

class ConfigNode {
 public:
  enum class Kind : std::uint8_t { kAbsent, kNull, kScalar, kList, kMap };

  ConfigNode() = default;  // absent
  Kind kind() const;
  bool absent() const { return kind() == Kind::kAbsent; }
  // Absent, or nothing after the colon.
  bool empty() const { return absent() || kind() == Kind::kNull; }
  bool is_map() const { return kind() == Kind::kMap; }
  bool is_list() const { return kind() == Kind::kList; }
  bool is_scalar() const { return kind() == Kind::kScalar; }
  ConfigPlace place() const;
  const std::string& path() const;

  // The value of `key` in a map (merge keys applied); absent if this is no map or has no such key.
  ConfigNode get(std::string_view key) const;
  // The same with Promtail's stage rules: the key matches without regard to case.
  ConfigNode get_ignoring_case(std::string_view key) const;
  // List items; empty (with an error unless null) if this is no list.
  std::vector<ConfigNode> items() const;
  // Key and value of a map in file order; an error unless map or null.
  std::vector<std::pair<std::string, ConfigNode>> entries() const;
  // Those whose key YAML takes for a number, a boolean (n, y, on) or null, with the place of the
  // key. Where nothing says that keys are text, as inside stages, they are no names.
  std::vector<std::pair<std::string, ConfigNode>> keys_not_text() const;

  // Every key that is not in `known` is an error ("unknown key ... did you mean ...?"). Keys that
  // stand twice in one map are errors of the file, whoever reads it. A key may override one merged
  // by << (the later one wins), but not in maps of free keys (entries(), Labels, the options of
  // stages), as with Promtail.
  void strict(std::initializer_list<std::string_view> known) const;
  void strict(const std::vector<std::string_view>& known) const;
  // Inside stages: unknown keys are warnings.
  void loose(std::initializer_list<std::string_view> known) const;

  // Reads this node's scalar into `out`; false with an error recorded if it does not fit. Absent or
  // null leaves `out` alone and is fine. String targets keep the spelling of the file (yes,
  // 0x10, 1.50).
  bool read(std::string& out) const;
  bool read(bool& out) const;
  bool read(std::int64_t& out) const;
  bool read(std::uint64_t& out) const;
  bool read(double& out) const;
  bool read(GoDuration& out) const;
  bool read(PrometheusDuration& out) const;
  bool read(ByteSize& out) const;
  bool read(Secret& out) const;
  bool read(Labels& out) const;  // a map of scalars; null values are empty strings
  bool read(std::vector<std::string>& out) const;  // a list of scalars

  // The same for the value of `key`.
  template <class T>
  bool read(std::string_view key, T& out) const {
    return get(key).read(out);
  }

  // For stages: as read(), but only if the YAML type is right (a number or boolean is no string
  // there).
  bool read_typed(std::string& out) const;
  // For stages that convert ("weak" decoding): numbers to strings, strings to numbers and booleans,
  // one value to a list of one.
  bool read_weak(std::string& out) const;
  bool read_weak(bool& out) const;
  bool read_weak(std::int64_t& out) const;
  bool read_weak(double& out) const;
  bool read_weak(std::vector<std::string>& out) const;

  // The scalar as written, without quotes; "" if this is no scalar. Whether it was quoted in the
  // file.
  std::string scalar() const;
  bool quoted() const;

  // Records a problem at this node, or at the value of `key` below it (at this node if that is
  // absent).
  void error(std::string message) const;
  void error(std::string_view key, std::string message) const;
  void warn(std::string message) const;

 private:
  friend class YamlFile;
  struct State;

  const yaml::Node* node() const;
  ConfigNode child(std::string path, std::uint32_t id, yaml::Mark mark) const;
  template <class Equal>
  ConfigNode get_by(std::string_view key, Equal equal) const;
  void check_keys(const std::vector<std::string_view>& known, bool loose) const;
  void report_doubled_merge(const yaml::Pair& pair) const;
  void add_problem(yaml::Mark mark, std::string path, std::string message, bool is_warning) const;
  // Records "expected <wanted>, found ..."; returns false.
  bool wrong_kind(std::string_view wanted) const;
  template <class Convert>
  bool read_scalar(std::string_view wanted, Convert convert) const;
  template <class Parse>
  bool read_text(Parse parse) const;

  // Shared by the copies of this handle; read-only.
  std::shared_ptr<const State> state_;
};

// One parsed YAML document (the first of a file).
class YamlFile {
 public:
  // `name` is how the file is called in messages. A syntax error is recorded and gives an absent
  // root.
  YamlFile(std::string name, const std::string& text, ConfigErrors& errors);
  ~YamlFile();
  YamlFile(const YamlFile&) = delete;
  YamlFile& operator=(const YamlFile&) = delete;
  ConfigNode root() const;

 private:
  friend class ConfigNode;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tailrace
