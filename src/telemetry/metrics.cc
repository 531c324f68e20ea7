#include "telemetry/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <mutex>
#include <optional>
#include <variant>

#include "base/assert.h"
#include "telemetry/exposition.h"

namespace tailrace {
namespace {

// The order is that of Child's alternatives.
enum class Kind : std::uint8_t { kCounter, kGauge, kHistogram };

std::string_view kind_name(Kind kind) {
  switch (kind) {
    case Kind::kCounter:
      return "counter";
    case Kind::kGauge:
      return "gauge";
    case Kind::kHistogram:
      return "histogram";
  }
  return "";
}

using Child = std::variant<prometheus::Counter, prometheus::Gauge, prometheus::Histogram>;

struct Family {
  Kind kind = Kind::kCounter;
  std::string help;
  std::vector<double> buckets;
  // Keyed by the labels as they are written on a page, without braces: a="b",c="d". Map nodes do
  // not move, so handles may point into them.
  std::map<std::string, Child> children;
};

Result<std::string> label_text(MetricLabels labels, Kind kind) {
  std::sort(labels.begin(), labels.end());
  std::string out;
  std::string_view previous;
  for (const auto& [name, value] : labels) {
    if (!is_metric_label_name(name) || (kind == Kind::kHistogram && name == "le")) {
      return Error{ErrorCode::kInvalid, "bad label name \"" + name + "\""};
    }
    if (name == previous) return Error{ErrorCode::kInvalid, "label " + name + " is given twice"};
    previous = name;
    if (!out.empty()) out += ',';
    out += name;
    out += "=\"";
    append_label_value(out, value);
    out += '"';
  }
  return out;
}

Result<std::vector<double>> checked_buckets(std::vector<double> buckets) {
  if (!buckets.empty() && std::isinf(buckets.back()) && buckets.back() > 0) buckets.pop_back();
  for (std::size_t i = 0; i < buckets.size(); ++i) {
    if (!std::isfinite(buckets[i]) || (i > 0 && buckets[i] <= buckets[i - 1])) {
      return Error{ErrorCode::kInvalid, "buckets must be finite and ascending"};
    }
  }
  return buckets;
}

// Writes one family as text.
class Page {
 public:
  Page(std::string& out, bool open_metrics) : out_(out), open_metrics_(open_metrics) {}

  void add(const std::string& name, const Family& family) {
    const bool total = family.kind == Kind::kCounter && name.ends_with("_total");
    std::string_view shown = name;
    std::string_view type = kind_name(family.kind);
    if (open_metrics_ && family.kind == Kind::kCounter) {
      // There a counter's family is named without the _total that its samples carry.
      if (total) shown.remove_suffix(6);
      if (!total) type = "unknown";
    }
    out_ += "# HELP ";
    out_ += shown;
    out_ += ' ';
    append_help(out_, family.help, open_metrics_);
    out_ += "\n# TYPE ";
    out_ += shown;
    out_ += ' ';
    out_ += type;
    out_ += '\n';
    for (const auto& [labels, child] : family.children) add_child(name, labels, child);
  }

 private:
  void add_child(const std::string& name, const std::string& labels, const Child& child) {
    if (const auto* counter = std::get_if<prometheus::Counter>(&child)) {
      sample(name, "", labels, counter->Value());
    } else if (const auto* gauge = std::get_if<prometheus::Gauge>(&child)) {
      sample(name, "", labels, gauge->Value());
    } else {
      histogram(name, labels, std::get<prometheus::Histogram>(child));
    }
  }

  void histogram(const std::string& name, const std::string& labels,
                 const prometheus::Histogram& metric) {
    const prometheus::ClientMetric::Histogram values = metric.Collect().histogram;
    for (const auto& bucket : values.bucket) {
      out_ += name;
      out_ += "_bucket{";
      out_ += labels;
      out_ += labels.empty() ? "le=\"" : ",le=\"";
      append_bound(out_, bucket.upper_bound, open_metrics_);
      out_ += "\"} ";
      append_sample_value(out_, bucket.cumulative_count);
      out_ += '\n';
    }
    sample(name, "_sum", labels, values.sample_sum);
    sample(name, "_count", labels, values.sample_count);
  }

  template <class Number>
  void sample(const std::string& name, std::string_view suffix, const std::string& labels,
              Number value) {
    out_ += name;
    out_ += suffix;
    if (!labels.empty()) {
      out_ += '{';
      out_ += labels;
      out_ += '}';
    }
    out_ += ' ';
    append_sample_value(out_, value);
    out_ += '\n';
  }

  std::string& out_;
  const bool open_metrics_;
};

template <class T>
T must(Result<T> result) {
  if (!result) assertion_failed("metric", result.error().text().c_str(), __FILE__, __LINE__);
  return std::move(result).value();
}

}  // namespace

struct Metrics::Impl {
  struct Collector {
    std::uint64_t id;
    std::function<void()> collect;
  };

  std::mutex mutex;  // families
  std::map<std::string, Family, std::less<>> families;
  std::size_t page_bytes = 4096;  // of the last page: the next one is about as long

  // Recursive, because a collector may add or remove collectors.
  std::recursive_mutex collectors_mutex;
  std::uint64_t next_id = 1;
  std::vector<Collector> collectors;

  Result<Child*> child(Kind kind, std::string_view name, std::string_view help,
                       const MetricLabels& labels, const std::vector<double>& buckets) {
    const std::string where = "metric " + std::string(name);
    if (!is_metric_name(name)) return Error{ErrorCode::kInvalid, "bad name"}.in(where);
    Result<std::string> text = label_text(labels, kind);
    if (!text) return std::move(text).error().in(where);
    const std::lock_guard lock(mutex);
    auto found = families.find(name);
    if (found != families.end() && found->second.kind != kind) {
      return Error{ErrorCode::kInvalid,
                   "exists already as a " + std::string(kind_name(found->second.kind))}
          .in(where);
    }
    if (found == families.end()) {
      Result<std::vector<double>> bounds = checked_buckets(buckets);
      if (!bounds) return std::move(bounds).error().in(where);
      Family family{kind, std::string(help), std::move(bounds).value(), {}};
      found = families.emplace(std::string(name), std::move(family)).first;
    }
    return &child_of(found->second, std::move(text).value());
  }

  static Child& child_of(Family& family, std::string labels) {
    const auto found = family.children.find(labels);
    if (found != family.children.end()) return found->second;
    const auto make = [&](auto... arguments) -> Child& {
      return family.children
          .emplace(std::piecewise_construct, std::forward_as_tuple(std::move(labels)),
                   std::forward_as_tuple(arguments...))
          .first->second;
    };
    switch (family.kind) {
      case Kind::kCounter:
        return make(std::in_place_type<prometheus::Counter>);
      case Kind::kGauge:
        return make(std::in_place_type<prometheus::Gauge>);
      case Kind::kHistogram:
        break;
    }
    return make(std::in_place_type<prometheus::Histogram>, family.buckets);
  }
};

void Counter::add(double by) { metric_->Increment(by); }
double Counter::value() const { return metric_->Value(); }
void Gauge::set(double value) { metric_->Set(value); }
void Gauge::add(double by) { metric_->Increment(by); }
double Gauge::value() const { return metric_->Value(); }
void Histogram::observe(double value) { metric_->Observe(value); }
void Histogram::add(std::span<const std::uint64_t> counts, double sum) {
  metric_->ObserveMultiple(std::vector<double>(counts.begin(), counts.end()), sum);
}

Metrics::Metrics() : impl_(std::make_unique<Impl>()) {}
Metrics::~Metrics() = default;

Counter Metrics::counter(std::string_view name, std::string_view help, const MetricLabels& labels) {
  return must(try_counter(name, help, labels));
}

Gauge Metrics::gauge(std::string_view name, std::string_view help, const MetricLabels& labels) {
  return must(try_gauge(name, help, labels));
}

Histogram Metrics::histogram(std::string_view name, std::string_view help,
                             const MetricLabels& labels, const std::vector<double>& buckets) {
  return must(try_histogram(name, help, labels, buckets));
}

Result<Counter> Metrics::try_counter(std::string_view name, std::string_view help,
                                     const MetricLabels& labels) {
  TAILRACE_TRY(Child* const child, impl_->child(Kind::kCounter, name, help, labels, {}));
  return Counter(std::get_if<prometheus::Counter>(child));
}

Result<Gauge> Metrics::try_gauge(std::string_view name, std::string_view help,
                                 const MetricLabels& labels) {
  TAILRACE_TRY(Child* const child, impl_->child(Kind::kGauge, name, help, labels, {}));
  return Gauge(std::get_if<prometheus::Gauge>(child));
}

Result<Histogram> Metrics::try_histogram(std::string_view name, std::string_view help,
                                         const MetricLabels& labels,
                                         const std::vector<double>& buckets) {
  TAILRACE_TRY(Child* const child, impl_->child(Kind::kHistogram, name, help, labels, buckets));
  return Histogram(std::get_if<prometheus::Histogram>(child));
}

void Metrics::remove(std::string_view name, const MetricLabels& labels) {
  const std::lock_guard lock(impl_->mutex);
  const auto family = impl_->families.find(name);
  if (family == impl_->families.end()) return;
  const Result<std::string> text = label_text(labels, family->second.kind);
  if (!text) return;
  family->second.children.erase(*text);
  if (family->second.children.empty()) impl_->families.erase(family);
}

std::uint64_t Metrics::add_collector(std::function<void()> collect) {
  const std::lock_guard lock(impl_->collectors_mutex);
  impl_->collectors.push_back({impl_->next_id, std::move(collect)});
  return impl_->next_id++;
}

void Metrics::remove_collector(std::uint64_t id) {
  const std::lock_guard lock(impl_->collectors_mutex);
  std::erase_if(impl_->collectors, [id](const Impl::Collector& c) { return c.id == id; });
}

std::string Metrics::scrape(Format format) {
  {
    const std::lock_guard lock(impl_->collectors_mutex);
    // A copy, because a collector may change the list.
    for (const Impl::Collector& collector : std::vector(impl_->collectors)) collector.collect();
  }
  const bool open_metrics = format == Format::kOpenMetrics;
  std::string out;
  const std::lock_guard lock(impl_->mutex);
  out.reserve(impl_->page_bytes + impl_->page_bytes / 8);
  Page page(out, open_metrics);
  for (const auto& [name, family] : impl_->families) page.add(name, family);
  if (open_metrics) out += "# EOF\n";
  impl_->page_bytes = out.size();
  return out;
}

Metrics::Format choose_format(std::string_view accept) {
  // Scrapers that know OpenMetrics prefer it; nobody names it to refuse it.
  return accept.find("application/openmetrics-text") == accept.npos
             ? Metrics::Format::kPrometheusText
             : Metrics::Format::kOpenMetrics;
}

std::string_view content_type(Metrics::Format format) {
  return format == Metrics::Format::kOpenMetrics
             ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
             : "text/plain; version=0.0.4; charset=utf-8";
}

}  // namespace tailrace
