#include "logql/line_pipeline.h"

#include <string>
#include <utility>

#include "base/text.h"
#include "model/labels.h"

namespace tailrace::logql {
namespace {

bool changes_line(const StageSyntax& stage) {
  return std::holds_alternative<LineFormatSyntax>(stage) ||
         std::holds_alternative<DecolorizeSyntax>(stage) ||
         std::holds_alternative<UnpackSyntax>(stage);
}

std::string_view sign_of(LineFilterOp op) {
  switch (op) {
    case LineFilterOp::kContains:
      return "|=";
    case LineFilterOp::kNotContains:
      return "!=";
    case LineFilterOp::kRegex:
      return "|~";
    case LineFilterOp::kNotRegex:
      return "!~";
    case LineFilterOp::kPattern:
      return "|>";
    case LineFilterOp::kNotPattern:
      return "!>";
  }
  return "";
}

void append_operand(std::string& out, const std::string& text, bool is_ip) {
  if (is_ip) out += "ip(";
  append_go_quoted(out, text);
  if (is_ip) out += ')';
}

// A stage as messages name it: the parts that can be wrong.
struct StageText {
  std::string operator()(const LineFilterSyntax& stage) const {
    std::string out = std::string(sign_of(stage.op)) + " ";
    append_operand(out, stage.text, stage.is_ip);
    for (const LineFilterOperand& other : stage.others) {
      out += " or ";
      append_operand(out, other.text, other.is_ip);
    }
    return out;
  }
  std::string operator()(const RegexpSyntax& stage) const {
    return with_text("| regexp ", stage.expression);
  }
  std::string operator()(const PatternSyntax& stage) const {
    return with_text("| pattern ", stage.pattern);
  }
  std::string operator()(const LineFormatSyntax& stage) const {
    return with_text("| line_format ", stage.text);
  }
  std::string operator()(const LabelFormatSyntax& stage) const {
    std::string out = "| label_format ";
    for (const LabelFormatSyntax::Item& item : stage.items) {
      if (&item != &stage.items.front()) out += ',';
      out += item.name + "=";
      if (item.is_rename) {
        out += item.value;
      } else {
        append_go_quoted(out, item.value);
      }
    }
    return out;
  }
  std::string operator()(const JsonSyntax& stage) const { return extracts("| json", stage); }
  std::string operator()(const LogfmtSyntax& stage) const { return extracts("| logfmt", stage); }
  std::string operator()(const LabelFilterSyntax& stage) const { return "| " + stage.name; }
  std::string operator()(const DropSyntax&) const { return "| drop"; }
  std::string operator()(const KeepSyntax&) const { return "| keep"; }
  std::string operator()(const UnpackSyntax&) const { return "| unpack"; }
  std::string operator()(const DecolorizeSyntax&) const { return "| decolorize"; }

 private:
  static std::string with_text(std::string out, const std::string& text) {
    append_go_quoted(out, text);
    return out;
  }
  static std::string extracts(std::string out, const auto& stage) {
    for (const ExtractSyntax& extract : stage.extracts) {
      out += &extract == &stage.extracts.front() ? " " : ",";
      out += extract.name + "=";
      append_go_quoted(out, extract.path);
    }
    return out;
  }
};

Error stage_error(const StageSyntax& stage, const Error& error) {
  return Error{ErrorCode::kInvalid,
               "parse error : stage '" + std::visit(StageText(), stage) + "' : " + error.text()};
}

}  // namespace

Result<LinePipeline> LinePipeline::compile(const std::vector<StageSyntax>& stages) {
  LinePipeline out;
  bool as_stored = true;
  for (const StageSyntax& syntax : stages) {
    const auto* filter = std::get_if<LineFilterSyntax>(&syntax);
    if (filter && as_stored) {
      Result<LineFilter> compiled = LineFilter::compile(*filter);
      if (!compiled) return stage_error(syntax, compiled.error());
      out.leading_.push_back(std::move(compiled).value());
      continue;
    }
    Result<LineStagePtr> stage =
        std::visit([](const auto& each) { return make_stage(each); }, syntax);
    if (!stage) return stage_error(syntax, stage.error());
    as_stored = as_stored && !changes_line(syntax);
    out.reads_line_ = out.reads_line_ || (*stage)->reads_line();
    out.stages_.push_back(std::move(stage).value());
  }
  return out;
}

std::string_view label_name_of(std::string_view key, Arena& arena) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  const auto is_letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  while (!key.empty() && key.front() == ' ') key.remove_prefix(1);
  while (!key.empty() && key.back() == ' ') key.remove_suffix(1);
  if (key.empty() || is_label_name(key)) return key;
  const bool leading_digit = is_digit(key[0]);
  char* const out = arena.allocate(key.size() + 1);
  std::size_t size = 0;
  if (leading_digit) out[size++] = '_';
  for (std::size_t i = 0; i < key.size(); ++i) {
    const auto byte = static_cast<unsigned char>(key[i]);
    if ((byte & 0xc0) == 0x80) continue;  // one _ for a character of several bytes
    out[size++] = is_letter(key[i]) || is_digit(key[i]) ? key[i] : '_';
  }
  return {out, size};
}

}  // namespace tailrace::logql
