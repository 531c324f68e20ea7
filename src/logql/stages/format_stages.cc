// line_format and label_format: Go templates over the labels of a line.
#include <utility>

#include "base/units.h"
#include "logql/line_pipeline.h"
#include "logql/query_template.h"

namespace tailrace::logql {
namespace {

class LineFormatStage final : public LineStage {
 public:
  explicit LineFormatStage(QueryTemplate text) : template_(std::move(text)) {}
  bool process(LineState& state) override {
    const std::optional<std::string_view> text = template_.execute(state);
    if (text) state.line = *text;
    return true;
  }

 private:
  QueryTemplate template_;
};

class LabelFormatStage final : public LineStage {
 public:
  struct Item {
    std::string name;
    std::string from;                     // if there is no template
    std::unique_ptr<QueryTemplate> text;  // else null
  };
  explicit LabelFormatStage(std::vector<Item> items) : items_(std::move(items)) {
    for (const Item& item : items_) reads_line_ = reads_line_ || item.text != nullptr;
  }
  bool reads_line() const override { return reads_line_; }
  bool process(LineState& state) override {
    for (Item& item : items_) {
      if (item.text) {
        const std::optional<std::string_view> text = item.text->execute(state);
        if (text) state.labels.set_parsed(item.name, *text);
      } else if (const std::optional<std::string_view> value = state.labels.find(item.from)) {
        state.labels.set_parsed(item.name, *value);
        state.labels.erase(item.from);
      }
    }
    return true;
  }

 private:
  std::vector<Item> items_;
  bool reads_line_ = false;
};

}  // namespace

Result<LineStagePtr> make_stage(const LineFormatSyntax& syntax) {
  Result<QueryTemplate> text = QueryTemplate::compile(syntax.text);
  if (!text)
    return Error{ErrorCode::kInvalid,
                 "invalid line template: template: line:" + text.error().text()};
  return LineStagePtr(std::make_unique<LineFormatStage>(std::move(text).value()));
}

Result<LineStagePtr> make_stage(const LabelFormatSyntax& syntax) {
  std::vector<LabelFormatStage::Item> items;
  for (const LabelFormatSyntax::Item& each : syntax.items) {
    LabelFormatStage::Item& item = items.emplace_back();
    item.name = each.name;
    item.from = each.value;
    if (each.is_rename) continue;
    Result<QueryTemplate> text = QueryTemplate::compile(each.value);
    if (!text) {
      return Error{ErrorCode::kInvalid, "invalid template for label '" + each.name +
                                            "': template: label:" + text.error().text()};
    }
    item.text = std::make_unique<QueryTemplate>(std::move(text).value());
  }
  return LineStagePtr(std::make_unique<LabelFormatStage>(std::move(items)));
}

}  // namespace tailrace::logql
