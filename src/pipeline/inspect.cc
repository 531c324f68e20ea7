#include "pipeline/inspect.h"

#include <cstdio>
#include <set>
#include <utility>

#include "base/text.h"
#include "parse/go_time.h"

namespace tailrace {
namespace {

constexpr std::string_view kRoot = "{stages.Entry}";

std::string quoted_key(std::string_view prefix, std::string_view key) {
  std::string out(prefix);
  out += '[';
  append_go_quoted(out, key);
  out += ']';
  return out;
}

EntrySnapshot::Value value_of(const FieldValue& value) {
  Arena arena;
  const std::string text(field_text(value, arena).value_or(std::string_view("<nil>")));
  switch (value.kind) {
    case FieldValue::Kind::kNumber:
      return {"float64", text};
    case FieldValue::Kind::kBool:
      return {"bool", text};
    case FieldValue::Kind::kString:
      return {"string", text};
    case FieldValue::Kind::kNull:
    case FieldValue::Kind::kUnset:
    case FieldValue::Kind::kRemoved:
      break;
  }
  return {"nil", text};
}

// Collects the differences, one path at a time.
class Differences {
 public:
  void add(const std::string& path, const std::string* before, const std::string* after) {
    if (before != nullptr && after != nullptr && *before == *after) return;
    text_ += kRoot;
    text_ += path;
    text_ += ":\n";
    if (before != nullptr) text_ += "\t-: " + *before + "\n";
    if (after != nullptr) text_ += "\t+: " + *after + "\n";
  }

  void add_map(std::string_view path, const std::map<std::string, std::string>& before,
               const std::map<std::string, std::string>& after) {
    std::set<std::string> names;
    for (const auto& [name, value] : before) names.insert(name);
    for (const auto& [name, value] : after) names.insert(name);
    for (const std::string& name : names) {
      const auto was = before.find(name);
      const auto is = after.find(name);
      add(quoted_key(path, name), was == before.end() ? nullptr : &was->second,
          is == after.end() ? nullptr : &is->second);
    }
  }

  // Fields carry the type in their path.
  static std::map<std::string, std::string> typed(
      const std::map<std::string, EntrySnapshot::Value>& fields) {
    std::map<std::string, std::string> out;
    for (const auto& [name, value] : fields) {
      out.emplace(quoted_key(".Extracted", name) + ".(" + value.type + ")", value.text);
    }
    return out;
  }

  void add_fields(const EntrySnapshot& before, const EntrySnapshot& after) {
    const auto was = typed(before.fields);
    const auto is = typed(after.fields);
    std::set<std::string> paths;
    for (const auto& [path, value] : was) paths.insert(path);
    for (const auto& [path, value] : is) paths.insert(path);
    for (const std::string& path : paths) {
      const auto old_value = was.find(path);
      const auto new_value = is.find(path);
      add(path, old_value == was.end() ? nullptr : &old_value->second,
          new_value == is.end() ? nullptr : &new_value->second);
    }
  }

  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

std::string time_text(std::int64_t timestamp_ns) {
  std::string out;
  GoLayout::compile("2006-01-02 15:04:05.999999999 -0700 MST")
      .format(GoTime::at_ns(timestamp_ns, TimeZone::utc()), out);
  return out;
}

// The two watchers of one stage share what they saw. An entry goes from the first through the stage
// to the second in one call, so one snapshot is enough.
struct Watch {
  std::string_view name;
  const FieldTable& table;
  EntrySnapshot before;
};

class BeforeStage final : public Stage {
 public:
  explicit BeforeStage(std::shared_ptr<Watch> watch) : watch_(std::move(watch)) {}
  void accept(Entry& entry) override {
    watch_->before = EntrySnapshot::of(entry, watch_->table);
    pass(entry);
  }

 private:
  std::shared_ptr<Watch> watch_;  // owned by both watchers
};

class AfterStage final : public Stage {
 public:
  explicit AfterStage(std::shared_ptr<Watch> watch) : watch_(std::move(watch)) {}
  void accept(Entry& entry) override {
    const EntrySnapshot after = EntrySnapshot::of(entry, watch_->table);
    const std::string text = describe_changes(watch_->name, watch_->before, after);
    std::fwrite(text.data(), 1, text.size(), stderr);
    pass(entry);
  }

 private:
  std::shared_ptr<Watch> watch_;
};

}  // namespace

EntrySnapshot EntrySnapshot::of(Entry& entry, const FieldTable& table) {
  EntrySnapshot out;
  entry.fields.for_each(table, [&](std::string_view name, const FieldValue& value) {
    out.fields.emplace(name, value_of(value));
  });
  for (const auto& [name, value] : entry.stream()->labels()) out.labels.emplace(name, value);
  for (const auto& [name, value] : entry.metadata) out.metadata.emplace(name, value);
  out.timestamp_ns = entry.timestamp_ns;
  out.line = entry.line;
  return out;
}

std::string describe_changes(std::string_view stage, const EntrySnapshot& before,
                             const EntrySnapshot& after) {
  Differences differences;
  differences.add_fields(before, after);
  differences.add_map(".Entry.Labels", before.labels, after.labels);
  differences.add_map(".Entry.Entry.StructuredMetadata", before.metadata, after.metadata);
  if (before.timestamp_ns != after.timestamp_ns) {
    const std::string was = time_text(before.timestamp_ns), is = time_text(after.timestamp_ns);
    differences.add(".Entry.Entry.Timestamp", &was, &is);
  }
  differences.add(".Entry.Entry.Line", &before.line, &after.line);
  std::string out = "[inspect: " + std::string(stage) + " stage]: ";
  if (differences.text().empty()) return out + "none\n";
  return out + "\n" + differences.text() + "\n";
}

void inspect_stage(std::string_view name, StagePtr stage, PipelineContext& context,
                   std::vector<StagePtr>& stages) {
  auto watch = std::make_shared<Watch>(Watch{name, context.fields, {}});
  stages.push_back(std::make_unique<BeforeStage>(watch));
  stages.push_back(std::move(stage));
  stages.push_back(std::make_unique<AfterStage>(watch));
}

}  // namespace tailrace
