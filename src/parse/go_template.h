// GoTemplate: Go's text/template with the functions that Promtail offers (its own and those of
// sprig), or those that LogQL has.
//
// The data is a map of strings. Which names the template asks for is known when it is compiled
// (fields()), so that the caller can bind them once; a template that uses the map as a whole (range
// over ., index . $name) says so by uses_whole_map().
//
//   auto greeting = GoTemplate::compile("hello {{ .name | ToUpper }}");
//   greeting->fields() == {"name"};
//   greeting->execute(data, out);   // data.field(0) is asked for the name
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace tailrace {

class TemplateData {
 public:
  virtual ~TemplateData() = default;
  // The value of fields()[index]; nothing: the map has no such key (prints "<no value>"). Valid
  // until execute() returns.
  virtual std::optional<std::string_view> field(std::size_t index) const = 0;
  // All keys and values, each key once. Asked only if uses_whole_map().
  using Visit = std::function<void(std::string_view name, std::string_view value)>;
  virtual void for_each(const Visit& visit) const = 0;
};

// What templates may call: in Promtail's stages, or in LogQL.
enum class TemplateFunctions : std::uint8_t { kPromtail, kQuery };

struct GoTemplateOptions {
  TemplateFunctions functions = TemplateFunctions::kPromtail;
  const Clock* clock = &Clock::system();            // `now`, `ago`
  std::size_t output_bytes_max = 64 * 1024 * 1024;  // more is an error, not a full memory
  std::size_t steps_max = 10 * 1000 * 1000;         // nodes and loop rounds in one execution
};

// Not for use by two threads at once: it caches compiled expressions.
class GoTemplate {
 public:
  // kInvalid: "line 1: function "noSuchFunc" not defined". Cryptographic functions that we do not
  // have are kUnsupported: "function "genCA" not supported".
  static Result<GoTemplate> compile(std::string_view text, const GoTemplateOptions& options = {});
  GoTemplate(GoTemplate&&) noexcept;
  GoTemplate& operator=(GoTemplate&&) noexcept;
  ~GoTemplate();

  // Keys of the data that are read by name: ".name", "$.name", "index . \"name\"".
  const std::vector<std::string>& fields() const noexcept;
  bool uses_whole_map() const noexcept;

  // Appends the text to `out`. On an error `out` is as it was before.
  Result<void> execute(const TemplateData& data, std::string& out) const;

 private:
  struct Impl;
  explicit GoTemplate(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tailrace
