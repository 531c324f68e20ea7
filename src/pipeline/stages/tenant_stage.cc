// tenant: decides the X-Scope-OrgID that the entry is pushed with.
#include <string>
#include <utility>

#include "base/text.h"
#include "pipeline/stage.h"
#include "pipeline/stage_options.h"

namespace tailrace {
namespace {

struct TenantOptions {
  std::optional<FieldId> source;
  std::optional<std::string> label;
  std::string value;
};

class TenantStage final : public Stage {
 public:
  TenantStage(TenantOptions options, const FieldTable& fields)
      : options_(std::move(options)), fields_(fields) {}

  void plan(FieldsRead& later) override {
    if (options_.source) later.add(*options_.source);
  }

  void accept(Entry& entry) override {
    const std::optional<std::string_view> tenant = find(entry);
    if (tenant && !tenant->empty() && is_valid_utf8(*tenant)) {
      entry.labels.set(kTenantLabel, *tenant);
    }
    pass(entry);
  }

 private:
  std::optional<std::string_view> find(Entry& entry) const {
    if (options_.label) return entry.labels.find(*options_.label);
    if (!options_.source) return options_.value;
    const std::optional<FieldValue> value = entry.fields.find(*options_.source, fields_);
    return value ? field_text(*value, *entry.arena) : std::nullopt;
  }

  TenantOptions options_;
  const FieldTable& fields_;
};

}  // namespace

StagePtr make_tenant_stage(ConfigNode node, PipelineContext& context) {
  StageOptions options(std::move(node), "tenant", {"source", "label", "value"});
  std::string source, label, value;
  options.read("source", source);
  options.read("label", label);
  options.read("value", value);
  if (!options.good()) return nullptr;
  const int given = (source.empty() ? 0 : 1) + (label.empty() ? 0 : 1) + (value.empty() ? 0 : 1);
  if (given != 1) {
    options.fail("exactly one of source, label and value must be given, found " +
                 std::to_string(given));
    return nullptr;
  }
  TenantOptions tenant;
  if (!source.empty()) tenant.source = context.fields.id(source);
  if (!label.empty()) tenant.label = std::move(label);
  tenant.value = std::move(value);
  return std::make_unique<TenantStage>(std::move(tenant), context.fields);
}

}  // namespace tailrace
