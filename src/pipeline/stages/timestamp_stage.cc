// timestamp: the entry's time from a field.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "parse/timestamp_format.h"
#include "pipeline/last_timestamps.h"
#include "pipeline/stage.h"
#include "pipeline/stage_options.h"

namespace tailrace {
namespace {

// Layouts without a year take it from the clock, which is asked for them only.
bool needs_clock(std::string_view format) {
  constexpr std::string_view kUnix = "Unix";
  if (format.starts_with(kUnix) && format != "UnixDate") return false;
  if (named_go_layout(format)) return false;
  return format.find("2006") == format.npos && format.find("06") == format.npos;
}

struct TimestampOptions {
  FieldId source = 0;
  std::vector<TimestampFormat> formats;  // tried in order
  bool needs_clock = false;
  bool fudge = true;
};

class TimestampStage final : public Stage {
 public:
  TimestampStage(TimestampOptions options, PipelineContext& context)
      : options_(std::move(options)), fields_(context.fields), clock_(context.clock) {}

  void plan(FieldsRead& later) override { later.add(options_.source); }

  void accept(Entry& entry) override {
    const std::optional<std::int64_t> parsed = parse(entry);
    if (options_.fudge) {
      last_.apply(entry, parsed);
    } else if (parsed) {
      entry.timestamp_ns = *parsed;
    }
    pass(entry);
  }

 private:
  std::optional<std::int64_t> parse(Entry& entry) const {
    const std::optional<FieldValue> value = entry.fields.find(options_.source, fields_);
    if (!value) return std::nullopt;
    const std::optional<std::string_view> text = field_text(*value, *entry.arena);
    if (!text) return std::nullopt;
    const std::int64_t now_ns = options_.needs_clock ? clock_.now_ns() : 0;
    for (const TimestampFormat& format : options_.formats) {
      if (const auto parsed = format.parse(*text, now_ns)) return parsed;
    }
    return std::nullopt;
  }

  TimestampOptions options_;
  const FieldTable& fields_;
  const Clock& clock_;
  LastTimestamps last_;
};

}  // namespace

StagePtr make_timestamp_stage(ConfigNode node, PipelineContext& context) {
  StageOptions options(std::move(node), "timestamp",
                       {"source", "format", "fallback_formats", "location", "action_on_failure"});
  std::string source, format, location, action = "fudge";
  std::vector<std::string> formats;
  options.read("source", source);
  options.read("format", format);
  options.read("fallback_formats", formats);
  options.read("location", location);
  options.read("action_on_failure", action);
  if (!options.good()) return nullptr;
  if (source.empty()) {
    options.fail("source", "timestamp source value is required if timestamp is specified");
  }
  if (format.empty()) options.fail("format", "timestamp format is required");
  if (action != "fudge" && action != "skip") {
    options.fail("action_on_failure",
                 "invalid action_on_failure " + action + "; it is fudge or skip");
  }
  const TimeZone* zone = nullptr;
  if (!location.empty()) {
    Result<const TimeZone*> found = TimeZone::find(location);
    if (found) {
      zone = *found;
    } else {
      options.fail("location", "invalid location specified: " + found.error().text());
    }
  }
  if (!options.good()) return nullptr;
  formats.insert(formats.begin(), format);
  TimestampOptions compiled;
  compiled.source = context.fields.id(source);
  compiled.fudge = action == "fudge";
  for (const std::string& each : formats) {
    compiled.formats.push_back(TimestampFormat::compile(each, zone));
    compiled.needs_clock = compiled.needs_clock || needs_clock(each);
  }
  return std::make_unique<TimestampStage>(std::move(compiled), context);
}

}  // namespace tailrace
