#include "logql/line_pipeline.h"

#include <utility>

#include "model/labels.h"

namespace tailrace::logql {
namespace {

bool changes_line(const StageSyntax& stage) {
  return std::holds_alternative<LineFormatSyntax>(stage) ||
         std::holds_alternative<DecolorizeSyntax>(stage) ||
         std::holds_alternative<UnpackSyntax>(stage);
}

}  // namespace

Result<LinePipeline> LinePipeline::compile(const std::vector<StageSyntax>& stages) {
  LinePipeline out;
  bool as_stored = true;
  for (const StageSyntax& syntax : stages) {
    const auto* filter = std::get_if<LineFilterSyntax>(&syntax);
    if (filter && as_stored) {
      Result<LineFilter> compiled = LineFilter::compile(*filter);
      if (!compiled) return Error{ErrorCode::kInvalid, "parse error : " + compiled.error().text()};
      out.leading_.push_back(std::move(compiled).value());
      continue;
    }
    Result<LineStagePtr> stage =
        std::visit([](const auto& each) { return make_stage(each); }, syntax);
    if (!stage) return Error{ErrorCode::kInvalid, "parse error : " + stage.error().text()};
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
