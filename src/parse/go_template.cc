#include "parse/go_template.h"

#include <utility>

#include "parse/template/executor.h"

namespace tailrace {

struct GoTemplate::Impl {
  GoTemplateOptions options;
  std::unique_ptr<tmpl::Tree> tree;
  tmpl::Runtime run;  // emptied after each execution; the compiled expressions stay
};

GoTemplate::GoTemplate(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
GoTemplate::GoTemplate(GoTemplate&&) noexcept = default;
GoTemplate& GoTemplate::operator=(GoTemplate&&) noexcept = default;
GoTemplate::~GoTemplate() = default;

Result<GoTemplate> GoTemplate::compile(std::string_view text, const GoTemplateOptions& options) {
  auto impl = std::make_unique<Impl>();
  impl->options = options;
  impl->run.clock = options.clock;
  impl->run.bytes_max = options.output_bytes_max;
  TAILRACE_TRY(impl->tree, tmpl::parse(text, options.functions));
  return GoTemplate(std::move(impl));
}

const std::vector<std::string>& GoTemplate::fields() const noexcept { return impl_->tree->fields; }
bool GoTemplate::uses_whole_map() const noexcept { return impl_->tree->uses_whole_map; }

Result<void> GoTemplate::execute(const TemplateData& data, std::string& out) const {
  const std::size_t before = out.size();
  Result<void> done = tmpl::Executor(*impl_->tree, impl_->options, data, impl_->run, out).execute();
  impl_->run.heap.reset();
  if (!done) out.resize(before);
  return done;
}

}  // namespace tailrace
