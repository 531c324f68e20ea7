#include "logql/line_pattern.h"

#include <algorithm>

#include "logql/line_filter.h"
#include "model/labels.h"

namespace tailrace::logql {
namespace {

Error bad(std::string_view pattern, std::string_view why) {
  return Error{ErrorCode::kInvalid,
               "invalid pattern \"" + std::string(pattern) + "\": " + std::string(why)};
}

}  // namespace

Result<LinePattern> LinePattern::parse(std::string_view text) {
  LinePattern out;
  std::string literal;
  const auto end_literal = [&] {
    if (!literal.empty()) out.parts_.push_back({false, std::move(literal)});
    literal.clear();
  };
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text[at] == '<' ? text.find('>', at) : text.npos;
    const std::string_view name =
        end == text.npos ? std::string_view{} : text.substr(at + 1, end - at - 1);
    if (!is_label_name(name)) {
      literal += text[at++];
      continue;
    }
    end_literal();
    if (!out.parts_.empty() && out.parts_.back().is_capture)
      return bad(text, "found consecutive capture");
    out.parts_.push_back({true, std::string(name)});
    if (name != "_") out.names_.emplace_back(name);
    at = end + 1;
  }
  end_literal();
  return out;
}

Result<LinePattern> LinePattern::compile_stage(std::string_view text) {
  TAILRACE_TRY(LinePattern out, parse(text));
  if (out.names_.empty()) return bad(text, "at least one capture is required");
  std::vector<std::string> sorted = out.names_;
  std::sort(sorted.begin(), sorted.end());
  if (const auto twice = std::adjacent_find(sorted.begin(), sorted.end()); twice != sorted.end())
    return bad(text, "duplicate capture name (" + *twice + ")");
  return out;
}

Result<LinePattern> LinePattern::compile_filter(std::string_view text) {
  TAILRACE_TRY(LinePattern out, parse(text));
  if (!out.names_.empty()) return bad(text, "named captures are not allowed");
  return out;
}

void LinePattern::capture(std::string_view line, std::vector<std::string_view>& values) const {
  values.clear();
  if (line.empty()) return;
  std::size_t part = 0;
  if (!parts_[0].is_capture) {
    if (!line.starts_with(parts_[0].text)) return;
    line.remove_prefix(parts_[0].text.size());
    part = 1;
  }
  for (; part < parts_.size(); part += 2) {
    const bool kept = parts_[part].text != "_";
    const std::size_t end =
        part + 1 < parts_.size() ? find_text(line, parts_[part + 1].text) : std::string_view::npos;
    if (kept) values.push_back(line.substr(0, end));
    if (end == std::string_view::npos) return;
    line.remove_prefix(end + parts_[part + 1].text.size());
  }
}

bool LinePattern::matches_whole(std::string_view line) const {
  if (line.empty() || parts_.empty()) return line.empty() && parts_.empty();
  std::size_t at = 0;
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    if (parts_[i].is_capture) continue;
    const std::size_t found = find_text(line.substr(at), parts_[i].text);
    if (found == std::string_view::npos) return false;
    // A capture takes at least one byte. A literal at the start may stand anywhere, as in Loki.
    if (i != 0 && found == 0) return false;
    at += found + parts_[i].text.size();
  }
  return parts_.back().is_capture == (at != line.size());
}

std::string LinePattern::longest_literal() const {
  std::string out;
  for (const Part& part : parts_) {
    if (!part.is_capture && part.text.size() > out.size()) out = part.text;
  }
  return out;
}

}  // namespace tailrace::logql
