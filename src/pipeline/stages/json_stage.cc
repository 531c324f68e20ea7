// json: values of a JSON object become fields.
//
// Expressions that are nothing but a key, by far the most, are found in one pass over the text
// without a tree. If one is more than that, all are evaluated on a tree.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "parse/jmespath.h"
#include "pipeline/json_fields.h"
#include "pipeline/text_source.h"

namespace tailrace {
namespace {

struct Expression {
  FieldId target;
  JmesPath path;
};

class JsonStage final : public Stage {
 public:
  JsonStage(std::vector<Expression> expressions, TextSource source, bool drop_malformed)
      : expressions_(std::move(expressions)), source_(source), drop_malformed_(drop_malformed) {
    bind();
  }

  void plan(FieldsRead& later) override {
    std::erase_if(expressions_, [&](const Expression& each) { return !later.has(each.target); });
    bind();
    source_.plan(later);
  }

  void accept(Entry& entry) override {
    if (!expressions_.empty() || drop_malformed_) {
      const std::optional<std::string_view> text = source_.text(entry);
      if (text && !extract(*text, entry) && drop_malformed_) return;
    }
    pass(entry);
  }

 private:
  void bind() {
    only_keys_ = std::all_of(expressions_.begin(), expressions_.end(),
                             [](const Expression& each) { return each.path.identifier(); });
    std::vector<std::string> keys;
    if (only_keys_) {
      for (const Expression& each : expressions_) keys.emplace_back(*each.path.identifier());
    }
    values_.resize(keys.size());
    keys_ = JsonFields(std::move(keys));
  }

  bool extract(std::string_view text, Entry& entry) {
    return only_keys_ ? extract_keys(text, entry) : extract_paths(text, entry);
  }

  bool extract_keys(std::string_view text, Entry& entry) {
    if (!keys_.scan(text, *entry.arena, values_)) return false;
    for (std::size_t i = 0; i < expressions_.size(); ++i) {
      entry.fields.set(expressions_[i].target, to_field(values_[i], *entry.arena, scratch_));
    }
    return true;
  }

  bool extract_paths(std::string_view text, Entry& entry) {
    const std::optional<JsonValue> document = parse_json(text, *entry.arena, JsonBytes::kKeep);
    if (!document || !(document->is_object() || document->is_null())) return false;
    for (const Expression& each : expressions_) {
      const Result<JsonValue> value = each.path.evaluate(*document, *entry.arena);
      if (value) entry.fields.set(each.target, to_field(*value, *entry.arena, scratch_));
    }
    return true;
  }

  std::vector<Expression> expressions_;
  TextSource source_;
  bool drop_malformed_;
  bool only_keys_ = false;
  JsonFields keys_{{}};
  std::vector<JsonField> values_;  // of keys_
  std::string scratch_;
};

}  // namespace

StagePtr make_json_stage(ConfigNode node, PipelineContext& context) {
  StageOptions options(std::move(node), "json", {"expressions", "source", "drop_malformed"});
  bool drop_malformed = false;
  options.read("drop_malformed", drop_malformed);
  const TextSource source = TextSource::read(options, context.fields);
  std::vector<Expression> expressions;
  for (const NamedSource& each : read_named_sources(options.get("expressions"), options)) {
    Result<JmesPath> path = JmesPath::compile(each.source);
    if (path) {
      expressions.push_back({context.fields.id(each.name), std::move(path).value()});
    } else {
      options.fail_at(each.node, "could not compile the JMES expression of " + each.name + ": " +
                                     path.error().text());
    }
  }
  if (options.good() && expressions.empty()) {
    options.fail("expressions",
                 "JMES expression is required: expressions is a map from names to expressions");
  }
  if (!options.good()) return nullptr;
  return std::make_unique<JsonStage>(std::move(expressions), source, drop_malformed);
}

}  // namespace tailrace
