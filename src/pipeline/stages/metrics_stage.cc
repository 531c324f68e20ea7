// metrics: Prometheus metrics from fields, one series per label set of the entry.
#include <string>
#include <utility>
#include <vector>

#include "pipeline/metric_series.h"
#include "pipeline/stream_table.h"
#include "telemetry/exposition.h"

namespace tailrace {
namespace {

constexpr std::size_t kStreamsMax = 10'000;  // beyond it series are found again by their labels
constexpr std::string_view kInternalPrefix = "__";

class MetricsStage final : public Stage {
 public:
  MetricsStage(std::vector<MetricConfig> metrics, PipelineContext& context)
      : book_(std::move(metrics), context.metrics, context.clock),
        fields_(context.fields),
        clock_(context.clock) {}

  void plan(FieldsRead& later) override {
    for (const MetricConfig& metric : book_.metrics()) {
      if (!metric.match_all) later.add(metric.source);
    }
  }

  void accept(Entry& entry) override {
    Row* row = nullptr;
    std::int64_t now = 0;
    const std::vector<MetricConfig>& metrics = book_.metrics();
    for (std::size_t i = 0; i < metrics.size(); ++i) {
      const std::optional<double> value = value_for(metrics[i], entry);
      if (!value) continue;
      if (row == nullptr) {
        row = &row_of(entry);
        now = clock_.monotonic_ns();
      }
      if (MetricSeries* const series = series_of(*row, i)) series->record(*value, now);
    }
    pass(entry);
  }

 private:
  using Action = MetricConfig::Action;

  // The series of one label set, by metric. Shared with the book, which shows them.
  struct Row {
    const LabelSet* labels = nullptr;  // held by the table
    std::vector<std::shared_ptr<MetricSeries>> series;
  };

  // What to record; nothing if this entry does not count.
  std::optional<double> value_for(const MetricConfig& metric, Entry& entry) const {
    if (metric.match_all) {
      if (metric.count_entry_bytes) return static_cast<double>(entry.line.size());
      return metric.action == Action::kInc ? std::optional<double>(1) : std::nullopt;
    }
    const std::optional<FieldValue> value = entry.fields.find(metric.source, fields_);
    if (!value) return std::nullopt;
    if (metric.value) {
      const std::optional<std::string_view> text = field_text(*value, *entry.arena);
      if (!text || *text != *metric.value) return std::nullopt;
    }
    if (metric.action == Action::kInc || metric.action == Action::kDec) return 1;
    const std::optional<double> number = metric_number(*value);
    // A counter cannot go down.
    if (number && metric.kind == MetricConfig::Kind::kCounter && !(*number >= 0))
      return std::nullopt;
    return number;
  }

  Row& row_of(Entry& entry) {
    const LabelSet* const labels = shown_labels(entry);
    if (Row* const known = rows_.find(labels)) return *known;
    if (rows_.full()) rows_.evict_older_half([](Row&) {});
    Row& row = rows_.add(labels);
    row.labels = labels;
    row.series.resize(book_.metrics().size());
    return row;
  }

  // The labels of the series: those of the entry without internal ones.
  const LabelSet* shown_labels(Entry& entry) {
    const LabelSet* const stream = entry.stream();
    if (const LabelSetRef* const known = shown_.find(stream)) return known->get();
    std::vector<LabelEdit> edits;
    for (const auto& [name, value] : stream->labels()) {
      if (name.starts_with(kInternalPrefix)) edits.push_back({name, {}, true});
    }
    const LabelSet* const labels = edits.empty() ? stream : entry.interner->derive(stream, edits);
    if (shown_.full()) shown_.evict_older_half([](LabelSetRef&) {});
    shown_.add(stream) = LabelSetRef(labels);
    return labels;
  }

  MetricSeries* series_of(Row& row, std::size_t metric) {
    std::shared_ptr<MetricSeries>& series = row.series[metric];
    if (!series || series->retired()) {
      MetricLabels labels;
      for (const auto& [name, value] : row.labels->labels()) {
        labels.emplace_back(escaped_metric_name(name), value);
      }
      series = book_.create(metric, std::move(labels));
    }
    return series.get();
  }

  SeriesBook book_;
  const FieldTable& fields_;
  const Clock& clock_;
  StreamTable<LabelSetRef> shown_{kStreamsMax};
  StreamTable<Row> rows_{kStreamsMax};
};

// Whether the registry will take the metric. Promtail starts with names it cannot show, so this
// only warns.
void try_out(const MetricConfig& metric, const ConfigNode& node, Metrics& registry) {
  const MetricLabels labels{{"tailrace_check", "1"}};
  const auto check = [&](const auto& result) {
    if (!result) node.warn("this metric will not be shown: " + result.error().text());
  };
  switch (metric.kind) {
    case MetricConfig::Kind::kCounter:
      check(registry.try_counter(metric.name, metric.help, labels));
      break;
    case MetricConfig::Kind::kGauge:
      check(registry.try_gauge(metric.name, metric.help, labels));
      break;
    case MetricConfig::Kind::kHistogram:
      check(registry.try_histogram(metric.name, metric.help, labels, metric.buckets));
      break;
  }
  registry.remove(metric.name, labels);
}

}  // namespace

StagePtr make_metrics_stage(ConfigNode node, PipelineContext& context) {
  StageOptions options(std::move(node), "metrics", {});
  if (!options.good()) return nullptr;
  std::vector<MetricConfig> metrics;
  const auto entries = options.named(options.node());
  bool good = options.good();
  for (const auto& [name, metric_node] : entries) {
    std::optional<MetricConfig> metric = read_metric(name, metric_node, context.fields);
    if (!metric) {
      good = false;
      continue;
    }
    try_out(*metric, metric_node, context.metrics);
    metrics.push_back(std::move(*metric));
  }
  if (!good) return nullptr;
  return std::make_unique<MetricsStage>(std::move(metrics), context);
}

}  // namespace tailrace
