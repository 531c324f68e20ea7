// replace: puts a template's result in place of what the groups of an expression caught.
//
// Groups are replaced, not whole matches; one that begins inside a group already replaced is left.
// Then each named group is stored as a field, with its replaced text, as of the first match. One
// that took no part is stored like an empty one if any group of any match was empty: Promtail looks
// the replaced text up by what it was.
#include <string>
#include <utility>
#include <vector>

#include "parse/go_regex_replace.h"
#include "pipeline/bound_template.h"
#include "pipeline/text_source.h"

namespace tailrace {
namespace {

class ReplaceStage final : public Stage {
 public:
  ReplaceStage(GoRegex regex, BoundTemplate compiled, TextSource source, FieldTable& fields)
      : regex_(std::move(regex)),
        matches_(regex_, {}),
        template_(std::move(compiled)),
        source_(source) {
    for (const GoRegex::Group& group : regex_.groups()) {
      if (!group.name.empty()) named_.push_back({group.number, fields.id(group.name)});
    }
  }

  void plan(FieldsRead& later) override {
    // If the line is what changes, it does so whoever reads fields; so nothing can be left out but
    // these.
    std::erase_if(named_, [&](const NamedGroup& each) { return !later.has(each.target); });
    template_.plan(later);
    source_.plan(later);
  }

  void accept(Entry& entry) override {
    if (const std::optional<std::string_view> text = source_.text(entry)) replace(*text, entry);
    pass(entry);
  }

 private:
  struct NamedGroup {
    std::size_t number;
    FieldId target;
  };
  struct NewField {
    FieldId target;
    std::size_t start, bytes;  // within named_text_
  };

  // Changes nothing if the expression does not match or the template fails.
  void replace(std::string_view text, Entry& entry) {
    result_.clear();
    named_text_.clear();
    new_fields_.clear();
    std::size_t copied = 0;  // bytes of `text` that are in result_, or replaced
    bool is_first = true, was_any_empty = false;
    if (text.data() == nullptr) text = "";  // places in the text are told by their address
    matches_.restart(text);
    while (matches_.next()) {
      const std::vector<std::string_view>& found = matches_.found();
      for (std::size_t group = 1; group < found.size(); ++group) {
        if (found[group].data() == nullptr) continue;
        was_any_empty = was_any_empty || found[group].empty();
        if (!replace_group(text, found[group], copied, entry)) return;
      }
      if (is_first && !name_groups(found, entry)) return;
      is_first = false;
    }
    if (is_first) return;
    if (was_any_empty && !name_absent_groups(entry)) return;
    result_ += text.substr(copied);
    const std::string_view result = entry.arena->copy(result_);
    if (const std::optional<FieldId> field = source_.field()) {
      entry.fields.set(*field, FieldValue::of(result));
    } else {
      entry.line = result;
    }
    const std::string_view names = entry.arena->copy(named_text_);
    for (const NewField& each : new_fields_) {
      entry.fields.set(each.target, FieldValue::of(names.substr(each.start, each.bytes)));
    }
  }

  bool replace_group(std::string_view text, std::string_view group, std::size_t& copied,
                     Entry& entry) {
    const auto start = static_cast<std::size_t>(group.data() - text.data());
    if (start < copied) return true;
    result_ += text.substr(copied, start - copied);
    copied = start + group.size();
    return template_.execute(entry, group, result_).has_value();
  }

  // Takes the groups of the first match.
  bool name_groups(const std::vector<std::string_view>& found, Entry& entry) {
    absent_.clear();
    for (const NamedGroup& named : named_) {
      const std::string_view group = found[named.number];
      if (group.data() == nullptr) {
        absent_.push_back(named.target);
      } else if (!name_group(named.target, group, entry)) {
        return false;
      }
    }
    return true;
  }

  bool name_absent_groups(Entry& entry) {
    for (const FieldId target : absent_) {
      if (!name_group(target, "", entry)) return false;
    }
    return true;
  }

  bool name_group(FieldId target, std::string_view group, Entry& entry) {
    const std::size_t start = named_text_.size();
    if (!template_.execute(entry, group, named_text_)) return false;
    new_fields_.push_back({target, start, named_text_.size() - start});
    return true;
  }

  GoRegex regex_;
  RegexMatches matches_;  // over regex_
  BoundTemplate template_;
  TextSource source_;
  std::vector<NamedGroup> named_;
  std::vector<FieldId> absent_;  // named groups that took no part in the first match
  std::string result_, named_text_;
  std::vector<NewField> new_fields_;
};

// For a template that does not parse: Promtail starts, and then changes nothing.
class PassStage final : public Stage {
 public:
  void accept(Entry& entry) override { pass(entry); }
};

}  // namespace

StagePtr make_replace_stage(ConfigNode node, PipelineContext& context) {
  StageOptions options(std::move(node), "replace", {"expression", "source", "replace"});
  std::string expression, replacement;
  options.read("expression", expression);
  options.read("replace", replacement);
  const TextSource source = TextSource::read(options, context.fields);
  if (options.good() && expression.empty()) options.fail("expression", "expression is required");
  if (!options.good()) return nullptr;
  Result<GoRegex> regex = GoRegex::compile(expression, {.keep = GroupsKept::kAll});
  if (!regex) {
    options.fail("expression", regex.error().text());
    return nullptr;
  }
  Result<BoundTemplate> compiled = BoundTemplate::compile(replacement, false, context);
  if (!compiled) {
    options.get("replace").warn("this replace stage will change nothing: " +
                                compiled.error().text());
    return std::make_unique<PassStage>();
  }
  return std::make_unique<ReplaceStage>(std::move(regex).value(), std::move(compiled).value(),
                                        source, context.fields);
}

}  // namespace tailrace
