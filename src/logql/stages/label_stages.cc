// drop, keep and label filters.
#include <utility>

#include "base/units.h"
#include "logql/ip_pattern.h"
#include "logql/line_pipeline.h"
#include "logql/matcher.h"
#include "logql/quantity.h"
#include "parse/go_number.h"

namespace tailrace::logql {
namespace {

struct Named {
  std::string name;
  std::optional<Matcher> matcher;
};

Result<std::vector<Named>> compile_named(const std::vector<NamedSyntax>& syntax) {
  std::vector<Named> out;
  for (const NamedSyntax& each : syntax) {
    Named& named = out.emplace_back();
    named.name = each.name;
    if (!each.matcher) continue;
    TAILRACE_TRY(named.matcher, Matcher::compile(*each.matcher));
  }
  return out;
}

class DropStage final : public LineStage {
 public:
  explicit DropStage(std::vector<Named> names) : names_(std::move(names)) {}
  bool reads_line() const override { return false; }
  bool process(LineState& state) override {
    for (const Named& named : names_) {
      if (!named.matcher || named.matcher->matches(state.labels.get(named.name)))
        state.labels.erase(named.name);
    }
    return true;
  }

 private:
  std::vector<Named> names_;
};

class KeepStage final : public LineStage {
 public:
  explicit KeepStage(std::vector<Named> names) : names_(std::move(names)) {}
  bool reads_line() const override { return false; }
  bool process(LineState& state) override {
    std::erase_if(state.labels.edit(), [&](const LineLabel& label) { return !kept(label); });
    return true;
  }

 private:
  bool kept(const LineLabel& label) const {
    for (const Named& named : names_) {
      if (named.name == label.name && (!named.matcher || named.matcher->matches(label.value)))
        return true;
    }
    return false;
  }
  std::vector<Named> names_;
};

template <class T>
bool holds(CompareOp op, T a, T b) {
  switch (op) {
    case CompareOp::kEqual:
      return a == b;
    case CompareOp::kNotEqual:
      return a != b;
    case CompareOp::kGreater:
      return a > b;
    case CompareOp::kGreaterOrEqual:
      return a >= b;
    case CompareOp::kLess:
      return a < b;
    case CompareOp::kLessOrEqual:
      return a <= b;
  }
  return false;
}

// A tree of conditions.
class LabelFilter {
 public:
  static Result<LabelFilter> compile(const LabelFilterSyntax& syntax) {
    LabelFilter out;
    out.syntax_ = syntax;
    out.syntax_.both.clear();
    for (const LabelFilterSyntax& each : syntax.both) {
      TAILRACE_TRY(LabelFilter part, compile(each));
      out.both_.push_back(std::move(part));
    }
    if (syntax.kind == LabelFilterSyntax::Kind::kMatcher) {
      TAILRACE_TRY(out.matcher_, Matcher::compile(syntax.matcher));
    } else if (syntax.kind == LabelFilterSyntax::Kind::kIp) {
      Result<IpPattern> ip = IpPattern::compile(syntax.text);
      if (!ip) return std::move(ip).error();
      out.ip_ = *ip;
    }
    return out;
  }

  bool matches(LineLabels& labels, Arena& arena) const {
    using Kind = LabelFilterSyntax::Kind;
    switch (syntax_.kind) {
      case Kind::kAnd: {
        return both_[0].matches(labels, arena) && both_[1].matches(labels, arena);
      }
      case Kind::kOr:
        return both_[0].matches(labels, arena) || both_[1].matches(labels, arena);
      case Kind::kMatcher:
        return matcher_->matches(labels.get(matcher_->name()));
      case Kind::kIp: {
        // With an error only matchers of text can drop a line.
        if (labels.has_error()) return true;
        const std::optional<std::string_view> value = labels.find(syntax_.name);
        return value && ip_->found_in(*value) == (syntax_.op == CompareOp::kEqual);
      }
      case Kind::kNumber:
        return converted(labels, arena, syntax_.number, "strconv.ParseFloat: parsing ",
                         [](std::string_view text) { return parse_go_float(text); });
      case Kind::kDuration:
        return converted(labels, arena, syntax_.duration_ns, "time: invalid duration ",
                         [](std::string_view text) {
                           const Result<std::int64_t> ns = parse_go_duration(text);
                           return ns ? std::optional(*ns) : std::nullopt;
                         });
      case Kind::kBytes:
        return converted(labels, arena, syntax_.bytes, "invalid size ",
                         [](std::string_view text) { return parse_bytes(text); });
    }
    return true;
  }

 private:
  template <class T, class Convert>
  bool converted(LineLabels& labels, Arena& arena, T wanted, std::string_view complaint,
                 Convert convert) const {
    const std::optional<std::string_view> text = labels.find(syntax_.name);
    if (!text) return false;
    const std::optional<T> value = convert(*text);
    if (value) return holds(syntax_.op, *value, wanted);
    if (!labels.has_error())
      labels.set_error("LabelFilterErr",
                       arena.copy(std::string(complaint) + "\"" + std::string(*text) + "\""));
    return true;
  }

  LabelFilterSyntax syntax_;
  std::vector<LabelFilter> both_;
  std::optional<Matcher> matcher_;
  std::optional<IpPattern> ip_;
};

class LabelFilterStage final : public LineStage {
 public:
  explicit LabelFilterStage(LabelFilter filter) : filter_(std::move(filter)) {}
  bool reads_line() const override { return false; }
  bool process(LineState& state) override { return filter_.matches(state.labels, state.arena); }

 private:
  LabelFilter filter_;
};

}  // namespace

Result<LineStagePtr> make_stage(const DropSyntax& syntax) {
  TAILRACE_TRY(std::vector<Named> names, compile_named(syntax.names));
  return LineStagePtr(std::make_unique<DropStage>(std::move(names)));
}

Result<LineStagePtr> make_stage(const KeepSyntax& syntax) {
  TAILRACE_TRY(std::vector<Named> names, compile_named(syntax.names));
  return LineStagePtr(std::make_unique<KeepStage>(std::move(names)));
}

Result<LineStagePtr> make_stage(const LabelFilterSyntax& syntax) {
  TAILRACE_TRY(LabelFilter filter, LabelFilter::compile(syntax));
  return LineStagePtr(std::make_unique<LabelFilterStage>(std::move(filter)));
}

}  // namespace tailrace::logql
