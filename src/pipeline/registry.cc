#include "pipeline/registry.h"

#include <array>

namespace tailrace {

// One factory per file in stages/.
StagePtr make_cri_stage(ConfigNode options, PipelineContext& context);
StagePtr make_decolorize_stage(ConfigNode options, PipelineContext& context);
StagePtr make_docker_stage(ConfigNode options, PipelineContext& context);
StagePtr make_drop_stage(ConfigNode options, PipelineContext& context);
StagePtr make_eventlogmessage_stage(ConfigNode options, PipelineContext& context);
StagePtr make_geoip_stage(ConfigNode options, PipelineContext& context);
StagePtr make_json_stage(ConfigNode options, PipelineContext& context);
StagePtr make_labelallow_stage(ConfigNode options, PipelineContext& context);
StagePtr make_labeldrop_stage(ConfigNode options, PipelineContext& context);
StagePtr make_labels_stage(ConfigNode options, PipelineContext& context);
StagePtr make_limit_stage(ConfigNode options, PipelineContext& context);
StagePtr make_logfmt_stage(ConfigNode options, PipelineContext& context);
StagePtr make_match_stage(ConfigNode options, PipelineContext& context);
StagePtr make_metrics_stage(ConfigNode options, PipelineContext& context);
StagePtr make_multiline_stage(ConfigNode options, PipelineContext& context);
StagePtr make_output_stage(ConfigNode options, PipelineContext& context);
StagePtr make_pack_stage(ConfigNode options, PipelineContext& context);
StagePtr make_regex_stage(ConfigNode options, PipelineContext& context);
StagePtr make_replace_stage(ConfigNode options, PipelineContext& context);
StagePtr make_sampling_stage(ConfigNode options, PipelineContext& context);
StagePtr make_static_labels_stage(ConfigNode options, PipelineContext& context);
StagePtr make_structured_metadata_stage(ConfigNode options, PipelineContext& context);
StagePtr make_template_stage(ConfigNode options, PipelineContext& context);
StagePtr make_tenant_stage(ConfigNode options, PipelineContext& context);
StagePtr make_timestamp_stage(ConfigNode options, PipelineContext& context);

namespace {

constexpr bool kSimple = true;
constexpr std::array kKinds = {
    StageKind{"cri", make_cri_stage},
    StageKind{"decolorize", make_decolorize_stage, kSimple},
    StageKind{"docker", make_docker_stage, kSimple},
    StageKind{"drop", make_drop_stage},
    StageKind{"eventlogmessage", make_eventlogmessage_stage},
    StageKind{"geoip", make_geoip_stage},
    StageKind{"json", make_json_stage},
    StageKind{"labelallow", make_labelallow_stage, kSimple},
    StageKind{"labeldrop", make_labeldrop_stage, kSimple},
    StageKind{"labels", make_labels_stage, kSimple},
    StageKind{"limit", make_limit_stage},
    StageKind{"logfmt", make_logfmt_stage, kSimple},
    StageKind{"match", make_match_stage},
    StageKind{"metrics", make_metrics_stage},
    StageKind{"multiline", make_multiline_stage},
    StageKind{"non_indexed_labels", make_structured_metadata_stage},  // its old name
    StageKind{"output", make_output_stage, kSimple},
    StageKind{"pack", make_pack_stage},
    StageKind{"regex", make_regex_stage, kSimple},
    StageKind{"replace", make_replace_stage, kSimple},
    StageKind{"sampling", make_sampling_stage},
    StageKind{"static_labels", make_static_labels_stage, kSimple},
    StageKind{"structured_metadata", make_structured_metadata_stage},
    StageKind{"template", make_template_stage, kSimple},
    StageKind{"tenant", make_tenant_stage, kSimple},
    StageKind{"timestamp", make_timestamp_stage, kSimple},
};

}  // namespace

const StageKind* find_stage_kind(std::string_view name) {
  for (const StageKind& kind : kKinds) {
    if (kind.name == name) return &kind;
  }
  return nullptr;
}

std::vector<std::string_view> stage_names() {
  std::vector<std::string_view> names;
  for (const StageKind& kind : kKinds) names.push_back(kind.name);
  return names;
}

}  // namespace tailrace
