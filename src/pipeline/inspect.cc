#include "pipeline/inspect.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
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

constexpr std::string_view kRed = "\x1b[31m", kGreen = "\x1b[32m", kYellow = "\x1b[33m",
                           kBold = "\x1b[1m", kPlain = "\x1b[0m";

bool stderr_takes_colours() {
  const char* const no_colour = std::getenv("NO_COLOR");
  const char* const terminal = std::getenv("TERM");
  if (no_colour != nullptr && *no_colour != '\0') return false;
  if (terminal != nullptr && std::string_view(terminal) == "dumb") return false;
  return ::isatty(STDERR_FILENO) == 1;
}

// Collects the differences, one path at a time.
class Differences {
 public:
  explicit Differences(bool in_colours) : in_colours_(in_colours) {}

  void add(const std::string& path, const std::string* before, const std::string* after) {
    if (before != nullptr && after != nullptr && *before == *after) return;
    const bool is_new = before == nullptr, is_gone = after == nullptr;
    const std::string_view colour = is_new ? kGreen : is_gone ? kRed : kYellow;
    text_ += paint(std::string(kRoot) + path + ":", colour) + "\n";
    if (!is_new) text_ += paint("\t-: " + *before, colour) + "\n";
    if (!is_gone) text_ += paint("\t+: " + *after, kGreen) + "\n";
  }

  // A value that changes carries its type in its path, as long as that stays the same.
  void add_fields(const EntrySnapshot& before, const EntrySnapshot& after) {
    std::set<std::string> names;
    for (const auto& [name, value] : before.fields) names.insert(name);
    for (const auto& [name, value] : after.fields) names.insert(name);
    for (const std::string& name : names) {
      const auto was = before.fields.find(name);
      const auto is = after.fields.find(name);
      const bool is_change = was != before.fields.end() && is != after.fields.end();
      std::string path = quoted_key(".Extracted", name);
      if (is_change && was->second.type == is->second.type) path += ".(" + is->second.type + ")";
      add(path, was == before.fields.end() ? nullptr : &was->second.text,
          is == after.fields.end() ? nullptr : &is->second.text);
    }
  }

  std::string paint(std::string text, std::string_view colour) const {
    if (!in_colours_) return text;
    return std::string(colour) + text + std::string(kPlain);
  }

  const std::string& text() const { return text_; }

 private:
  const bool in_colours_;
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
    const std::string text = describe_changes(watch_->name, watch_->before, after, in_colours_);
    std::fwrite(text.data(), 1, text.size(), stderr);
    pass(entry);
  }

 private:
  std::shared_ptr<Watch> watch_;
  const bool in_colours_ = stderr_takes_colours();
};

}  // namespace

EntrySnapshot EntrySnapshot::of(Entry& entry, const FieldTable& table) {
  EntrySnapshot out;
  entry.fields.for_each(table, [&](std::string_view name, const FieldValue& value) {
    out.fields.emplace(name, value_of(value));
  });
  out.labels = entry.stream()->labels().text();
  out.timestamp_ns = entry.timestamp_ns;
  out.line = entry.line;
  return out;
}

std::string describe_changes(std::string_view stage, const EntrySnapshot& before,
                             const EntrySnapshot& after, bool in_colours) {
  Differences differences(in_colours);
  differences.add_fields(before, after);
  differences.add(".Entry.Labels", &before.labels, &after.labels);
  if (before.timestamp_ns != after.timestamp_ns) {
    const std::string was = time_text(before.timestamp_ns), is = time_text(after.timestamp_ns);
    differences.add(".Entry.Entry.Timestamp", &was, &is);
  }
  differences.add(".Entry.Entry.Line", &before.line, &after.line);
  const std::string name = differences.paint(std::string(stage), kBold);
  const std::string none = differences.paint("none", kRed);
  return "[inspect: " + name +
         " stage]: " + (differences.text().empty() ? none + "\n" : "\n" + differences.text());
}

void inspect_stage(std::string_view name, StagePtr stage, PipelineContext& context,
                   std::vector<StagePtr>& stages) {
  auto watch = std::make_shared<Watch>(Watch{name, context.fields, {}});
  stages.push_back(std::make_unique<BeforeStage>(watch));
  stages.push_back(std::move(stage));
  stages.push_back(std::make_unique<AfterStage>(watch));
}

}  // namespace tailrace
