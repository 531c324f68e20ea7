// logfmt: values of key=value pairs become fields.
#include <string>
#include <utility>
#include <vector>

#include "parse/logfmt.h"
#include "pipeline/text_source.h"

namespace tailrace {
namespace {

struct Mapping {
  std::string key;
  FieldId target;
};

class LogfmtStage final : public Stage {
 public:
  LogfmtStage(std::vector<Mapping> mappings, TextSource source)
      : mappings_(std::move(mappings)), source_(source) {}

  void plan(FieldsRead& later) override {
    std::erase_if(mappings_, [&](const Mapping& each) { return !later.has(each.target); });
    source_.plan(later);
  }

  void accept(Entry& entry) override {
    if (!mappings_.empty()) {
      if (const std::optional<std::string_view> text = source_.text(entry)) extract(*text, entry);
    }
    pass(entry);
  }

 private:
  void extract(std::string_view text, Entry& entry) {
    LogfmtReader reader(text, *entry.arena);
    while (reader.next()) {
      for (const Mapping& each : mappings_) {
        if (each.key == reader.key()) entry.fields.set(each.target, FieldValue::of(reader.value()));
      }
    }
  }

  std::vector<Mapping> mappings_;
  TextSource source_;
};

}  // namespace

StagePtr make_logfmt_stage(ConfigNode node, PipelineContext& context) {
  StageOptions options(std::move(node), "logfmt", {"mapping", "source"});
  const TextSource source = TextSource::read(options, context.fields);
  std::vector<Mapping> mappings;
  for (NamedSource& each : read_named_sources(options.get("mapping"), options)) {
    mappings.push_back({std::move(each.source), context.fields.id(each.name)});
  }
  if (options.good() && mappings.empty()) {
    options.fail("mapping", "logfmt mapping is required: a map from names to keys of the line");
  }
  if (!options.good()) return nullptr;
  return std::make_unique<LogfmtStage>(std::move(mappings), source);
}

}  // namespace tailrace
