// Runs a pipeline over lines, in a test.
//
//   EXPECT_EQ(run_stages("- output: {source: job}", {"a line"}), (RanList{{.line = "test"}}));
//
// Every line lives in a buffer of its own that ends with accept(), the arena is reset and the
// interner swept after each, so that a stage that keeps a view too long is found by the address
// sanitizer.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "config/config_node.h"
#include "pipeline/pipeline.h"

namespace tailrace {

// An entry that came out.
struct Ran {
  std::string labels = R"({job="test"})";
  std::string line = {};
  std::int64_t timestamp_ns = 0;  // compared only if not 0 in what is wanted
  std::string tenant = {};
  std::multimap<std::string, std::string> metadata = {};

  friend bool operator==(const Ran& got, const Ran& want) {
    return got.labels == want.labels && got.line == want.line && got.tenant == want.tenant &&
           got.metadata == want.metadata &&
           (got.timestamp_ns == want.timestamp_ns || want.timestamp_ns == 0);
  }
  friend std::ostream& operator<<(std::ostream& out, const Ran& ran) {
    out << ran.labels << " " << ran.timestamp_ns << " " << testing::PrintToString(ran.line);
    if (!ran.tenant.empty()) out << " tenant=" << ran.tenant;
    for (const auto& [name, value] : ran.metadata) out << " ~" << name << "=" << value;
    return out;
  }
};
using RanList = std::vector<Ran>;

using FieldTexts = std::map<std::string, std::string>;

class Harness final : public EntrySink {
 public:
  enum class Keep : std::uint8_t {
    kFieldsRead,  // as in the product: only fields that a stage reads
    kAllFields,
  };
  struct Options {
    Labels labels{{"job", "test"}};
    Keep keep = Keep::kFieldsRead;
    bool inspect = false;
    bool check_only = false;
  };

  // `stages`: the list under pipeline_stages, as YAML.
  explicit Harness(std::string_view stages) : Harness(stages, Options{}) {}
  Harness(std::string_view stages, const Options& options)
      : labels_(options.labels),
        yaml_("test.yaml", "pipeline_stages:\n" + std::string(stages) + "\n", errors),
        context_{fields, metrics, clock, options.inspect, options.check_only} {
    build(yaml_.root().get("pipeline_stages"), options);
  }
  // From a node of another file, which gets the errors.
  Harness(const ConfigNode& stages, const Options& options)
      : labels_(options.labels),
        yaml_("none.yaml", "", errors),
        context_{fields, metrics, clock, options.inspect, options.check_only} {
    build(stages, options);
  }
  ~Harness() override { pipeline.reset(); }
  // Null if the configuration is bad; errors say why.
  std::unique_ptr<Pipeline> pipeline;
  ConfigErrors errors;
  FakeClock clock{1'700'000'000 * kNsPerSecond};
  Metrics metrics;
  FieldTable fields;
  RanList out;
  std::vector<FieldTexts> out_fields;  // the fields of each, in string form; null is "<null>"
  bool room = true;                    // what has_room() of the end says
  std::int64_t deadline = kNever;

  void line(std::string_view text, Ticket* ticket = nullptr) { line(labels_, text, ticket); }
  void line(const Labels& labels, std::string_view text, Ticket* ticket = nullptr) {
    ASSERT_TRUE(pipeline) << errors.text();
    auto buffer = std::make_unique<char[]>(text.size() + 1);
    text.copy(buffer.get(), text.size());
    entry_.begin({buffer.get(), text.size()}, clock.now_ns(), interner_.intern(labels), ticket);
    pipeline->accept(entry_);
    end_of_read();
  }
  void lines(const std::vector<std::string>& texts) {
    for (const std::string& text : texts) line(text);
  }
  void stop() {
    pipeline->flush(FlushReason::kStop, clock.monotonic_ns(), entry_);
    end_of_read();
  }
  void pass_time(std::int64_t ns) {
    clock.advance_ns(ns);
    pipeline->flush(FlushReason::kDeadline, clock.monotonic_ns(), entry_);
    end_of_read();
  }
  // The value of one sample, named as on the page: `name{a="b"}`. Nothing if it is not there.
  std::optional<double> sample(std::string_view name) {
    const std::string page = "\n" + metrics.scrape(Metrics::Format::kPrometheusText);
    const std::size_t at = page.find("\n" + std::string(name) + " ");
    if (at == page.npos) return std::nullopt;
    return std::stod(page.substr(at + name.size() + 2));
  }

  void accept(Entry& entry) override {
    const LabelSet* const stream = entry.stream();
    Ran& ran = out.emplace_back();
    ran.labels = stream->text();
    ran.line = entry.line;
    ran.timestamp_ns = entry.timestamp_ns;
    ran.tenant = stream->tenant();
    for (const auto& [name, value] : entry.metadata) ran.metadata.emplace(name, value);
    FieldTexts& texts = out_fields.emplace_back();
    entry.fields.for_each(fields, [&](std::string_view name, const FieldValue& value) {
      texts.emplace(name, field_text(value, arena_).value_or("<null>"));
    });
  }
  bool has_room() const override { return room; }
  std::int64_t deadline_ns() const override { return deadline; }

 private:
  void build(const ConfigNode& stages, const Options& options) {
    entry_.arena = &arena_;
    entry_.interner = &interner_;
    if (options.keep == Keep::kFieldsRead) {
      pipeline = Pipeline::build(stages, context_, *this);
      return;
    }
    pipeline = Pipeline::build_nested(stages, context_, *this);
    FieldsRead all;
    all.add_all();
    if (pipeline) pipeline->plan(all);
  }
  void end_of_read() {
    arena_.reset();
    interner_.sweep();
    interner_.sweep();
  }

  Labels labels_;
  Interner interner_;
  Arena arena_;
  Entry entry_;
  YamlFile yaml_;
  PipelineContext context_;
};

// What comes out, after a stop at the end. Also asserts that leaving away what nobody reads changes
// nothing.
inline RanList run_stages(std::string_view stages, const std::vector<std::string>& lines,
                          Harness::Options options = {}) {
  options.keep = Harness::Keep::kFieldsRead;
  Harness product(stages, options);
  options.keep = Harness::Keep::kAllFields;
  Harness whole(stages, options);
  if (!product.pipeline || !whole.pipeline) {
    ADD_FAILURE() << stages << "\n" << product.errors.text();
    return {};
  }
  product.lines(lines);
  product.stop();
  whole.lines(lines);
  whole.stop();
  EXPECT_EQ(product.out, whole.out) << "differs when only the fields that are read are extracted";
  return product.out;
}

// The fields after one line, without those that are labels.
inline FieldTexts fields_after(std::string_view stages, std::string_view line) {
  Harness harness(stages, {.labels = {}, .keep = Harness::Keep::kAllFields});
  if (!harness.pipeline) {
    ADD_FAILURE() << stages << "\n" << harness.errors.text();
    return {};
  }
  harness.line(line);
  return harness.out_fields.empty() ? FieldTexts{} : harness.out_fields.front();
}

// What is wrong with a pipeline; "" if nothing is, warnings included.
inline std::string problems_of(std::string_view stages) {
  Harness harness(stages);
  EXPECT_EQ(harness.pipeline == nullptr, harness.errors.failed()) << stages;
  return harness.errors.text();
}

}  // namespace tailrace
