#include "telemetry/metrics.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <limits>
#include <sstream>
#include <thread>

namespace tailrace {
namespace {

using Format = Metrics::Format;

TEST(Metrics, SpellsSamples) {
  auto f = [](double value, const std::string& want) {
    SCOPED_TRACE(want);
    Metrics metrics;
    metrics.gauge("g", "Help.").set(value);
    EXPECT_EQ(metrics.scrape(Format::kPrometheusText),
              "# HELP g Help.\n# TYPE g gauge\ng " + want + "\n");
  };
  f(0, "0");
  f(1, "1");
  f(-3, "-3");
  f(0.25, "0.25");
  f(1e6, "1000000");
  f(123456789012, "123456789012");
  f(1e15, "1e+15");
  f(1e-9, "1e-09");
  f(std::numeric_limits<double>::infinity(), "+Inf");
  f(-std::numeric_limits<double>::infinity(), "-Inf");
  f(std::nan(""), "NaN");
}

TEST(Metrics, EscapesLabelValues) {
  auto f = [](const std::string& value, const std::string& want) {
    SCOPED_TRACE(want);
    Metrics metrics;
    metrics.gauge("g", "h", {{"l", value}});
    EXPECT_EQ(metrics.scrape(Format::kPrometheusText),
              "# HELP g h\n# TYPE g gauge\ng{l=\"" + want + "\"} 0\n");
  };
  f("", "");
  f("plain", "plain");
  f("a\"b", "a\\\"b");
  f("a\\b", "a\\\\b");
  f("a\nb", "a\\nb");
  f("tab\tstays", "tab\tstays");
  f("größe 日本 😀", "größe 日本 😀");
  f(std::string("bad\xff") + "byte",
    "bad\xEF\xBF\xBD"
    "byte");
}

TEST(Metrics, SortsFamiliesChildrenAndLabels) {
  Metrics metrics;
  metrics.counter("b_total", "B.", {{"z", "1"}, {"a", "2"}}).add(2);
  metrics.counter("b_total", "B.", {{"a", "1"}, {"z", "1"}}).add();
  metrics.gauge("a", "A \"quoted\"\nline").add(-1.5);
  EXPECT_EQ(metrics.scrape(Format::kPrometheusText),
            "# HELP a A \"quoted\"\\nline\n# TYPE a gauge\na -1.5\n"
            "# HELP b_total B.\n# TYPE b_total counter\n"
            "b_total{a=\"1\",z=\"1\"} 1\nb_total{a=\"2\",z=\"1\"} 2\n");
  EXPECT_EQ(metrics.scrape(Format::kOpenMetrics),
            "# HELP a A \\\"quoted\\\"\\nline\n# TYPE a gauge\na -1.5\n"
            "# HELP b B.\n# TYPE b counter\n"
            "b_total{a=\"1\",z=\"1\"} 1\nb_total{a=\"2\",z=\"1\"} 2\n# EOF\n");
}

TEST(Metrics, LegacyNamesKeepTheirTypes) {
  Metrics metrics;
  metrics.gauge("promtail_read_bytes_total", "Bytes read.", {{"path", "/a"}}).set(7);
  metrics.counter("events", "Without suffix.").add(3);
  const std::string text = metrics.scrape(Format::kPrometheusText);
  EXPECT_NE(
      text.find(
          "# TYPE promtail_read_bytes_total gauge\npromtail_read_bytes_total{path=\"/a\"} 7\n"),
      text.npos);
  EXPECT_NE(text.find("# TYPE events counter\nevents 3\n"), text.npos);
  const std::string open = metrics.scrape(Format::kOpenMetrics);
  EXPECT_NE(open.find("# TYPE promtail_read_bytes_total gauge\n"), open.npos);
  EXPECT_NE(open.find("# TYPE events unknown\nevents 3\n"), open.npos);
}

TEST(Metrics, HistogramsCountUpToAndWithTheBound) {
  Metrics metrics;
  Histogram histogram = metrics.histogram("h_seconds", "H.", {{"m", "GET"}}, {0.1, 1, 2.5});
  for (const double value : {0.05, 0.1, 0.100001, 1.0, 99.0}) histogram.observe(value);
  const std::array<std::uint64_t, 4> more = {1, 0, 2, 0};
  histogram.add(more, 4);
  EXPECT_EQ(metrics.scrape(Format::kPrometheusText),
            "# HELP h_seconds H.\n# TYPE h_seconds histogram\n"
            "h_seconds_bucket{m=\"GET\",le=\"0.1\"} 3\nh_seconds_bucket{m=\"GET\",le=\"1\"} 5\n"
            "h_seconds_bucket{m=\"GET\",le=\"2.5\"} 7\nh_seconds_bucket{m=\"GET\",le=\"+Inf\"} 8\n"
            "h_seconds_sum{m=\"GET\"} 104.250001\nh_seconds_count{m=\"GET\"} 8\n");
  EXPECT_NE(metrics.scrape(Format::kOpenMetrics).find("le=\"1.0\"} 5"), std::string::npos);
}

TEST(Metrics, SameNameAndLabelsAreOneChild) {
  Metrics metrics;
  metrics.counter("c_total", "C.", {{"a", "1"}, {"b", "2"}}).add();
  metrics.counter("c_total", "C.", {{"b", "2"}, {"a", "1"}}).add(0.5);
  EXPECT_EQ(metrics.counter("c_total", "other help", {{"a", "1"}, {"b", "2"}}).value(), 1.5);
  metrics.counter("c_total", "C.").add(-1);
  EXPECT_EQ(metrics.counter("c_total", "C.").value(), 0) << "a counter does not go back";
}

TEST(Metrics, RefusesWhatCannotBeShown) {
  auto f = [](std::string_view name, const MetricLabels& labels, const std::string& want) {
    SCOPED_TRACE(want);
    Metrics metrics;
    metrics.gauge("taken", "Taken.");
    const Result<Counter> result = metrics.try_counter(name, "h", labels);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code(), ErrorCode::kInvalid);
    EXPECT_EQ(result.error().text(), want);
  };
  f("", {}, "metric : bad name");
  f("1a", {}, "metric 1a: bad name");
  f("a-b", {}, "metric a-b: bad name");
  f("taken", {}, "metric taken: exists already as a gauge");
  f("ok", {{"a:b", ""}}, "metric ok: bad label name \"a:b\"");
  f("ok", {{"a", "1"}, {"a", "2"}}, "metric ok: label a is given twice");
  Metrics metrics;
  EXPECT_TRUE(metrics.try_counter("a:b_9", "h", {{"_x", "1"}}));
  EXPECT_EQ(metrics.try_histogram("h", "h", {{"le", "1"}}, {1}).error().text(),
            "metric h: bad label name \"le\"");
  EXPECT_EQ(metrics.try_histogram("h", "h", {}, {1, 1}).error().text(),
            "metric h: buckets must be finite and ascending");
  EXPECT_TRUE(metrics.try_histogram("h", "h", {}, {1, std::numeric_limits<double>::infinity()}));
  EXPECT_DEATH(metrics.gauge("h", "h"), "exists already as a histogram");
}

TEST(Metrics, RemovedChildrenAndEmptyFamiliesAreGone) {
  Metrics metrics;
  metrics.gauge("g", "G.", {{"a", "1"}});
  metrics.gauge("g", "G.", {{"a", "2"}});
  metrics.remove("g", {{"a", "1"}});
  metrics.remove("g", {{"a", "9"}});
  metrics.remove("never", {});
  EXPECT_EQ(metrics.scrape(Format::kPrometheusText), "# HELP g G.\n# TYPE g gauge\ng{a=\"2\"} 0\n");
  metrics.remove("g", {{"a", "2"}});
  EXPECT_EQ(metrics.scrape(Format::kPrometheusText), "");
  EXPECT_TRUE(metrics.try_counter("g", "G.", {})) << "the name is free for another type";
}

TEST(Metrics, CollectorsRunInOrderAndMayChangeTheList) {
  Metrics metrics;
  std::string order;
  const std::uint64_t first = metrics.add_collector([&] { order += 'a'; });
  std::uint64_t once = 0;
  once = metrics.add_collector([&] {
    order += 'b';
    metrics.gauge("late", "L.").set(1);
    metrics.remove_collector(once);
  });
  EXPECT_NE(metrics.scrape(Format::kPrometheusText).find("late 1"), std::string::npos);
  EXPECT_EQ(order, "ab");
  (void)metrics.scrape(Format::kPrometheusText);
  metrics.remove_collector(first);
  (void)metrics.scrape(Format::kPrometheusText);
  EXPECT_EQ(order, "aba");
}

TEST(Metrics, ManyThreads) {
  Metrics metrics;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&metrics, i] {
      Counter counter = metrics.counter("c_total", "C.");
      for (int n = 0; n < 1000; ++n) {
        counter.add();
        const MetricLabels labels = {{"i", std::to_string(i)}, {"n", std::to_string(n % 7)}};
        metrics.gauge("g", "G.", labels).set(n);
        if (n % 7 == 6) metrics.remove("g", labels);
        if (n % 100 == 0) (void)metrics.scrape(Format::kOpenMetrics);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(metrics.counter("c_total", "C.").value(), 4000);
}

TEST(Metrics, ChoosesFormat) {
  auto f = [](std::string_view accept, Format want) {
    SCOPED_TRACE(accept);
    EXPECT_EQ(choose_format(accept), want);
  };
  f("", Format::kPrometheusText);
  f("*/*", Format::kPrometheusText);
  f("text/plain;version=0.0.4;q=0.5,*/*;q=0.1", Format::kPrometheusText);
  f("application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3",
    Format::kOpenMetrics);
}

TEST(ProcessMetrics, TellAboutThisProcess) {
  Metrics metrics;
  register_process_metrics(metrics);
  const std::string text = metrics.scrape(Format::kPrometheusText);
  auto value = [&text](std::string_view name) {
    const std::size_t at = text.find("\n" + std::string(name) + " ");
    return at == text.npos ? -1.0 : std::strtod(text.c_str() + at + 2 + name.size(), nullptr);
  };
  EXPECT_GT(value("process_cpu_seconds_total"), 0);
  EXPECT_GT(value("process_resident_memory_bytes"), 100e3);
  EXPECT_GT(value("process_virtual_memory_bytes"), value("process_resident_memory_bytes"));
  EXPECT_GE(value("process_open_fds"), 3);
  EXPECT_GT(value("process_max_fds"), value("process_open_fds"));
  EXPECT_NEAR(value("process_start_time_seconds"), static_cast<double>(std::time(nullptr)), 600);
  EXPECT_NE(text.find("\ntailrace_build_info{compiler=\""), text.npos);
}

// promtool is the judge of names and syntax, where it is installed.
TEST(ProcessMetrics, PromtoolHasNoComplaint) {
  if (std::system("command -v promtool >/dev/null 2>&1") != 0) GTEST_SKIP() << "no promtool";
  Metrics metrics;
  register_process_metrics(metrics);
  metrics.histogram("http_request_latency_seconds", "Latency.", {{"endpoint", "/"}}, {0.1, 1})
      .observe(0.2);
  const std::string path = testing::TempDir() + "metrics_" + std::to_string(::getpid());
  std::ofstream(path) << metrics.scrape(Format::kPrometheusText);
  const std::string command = "promtool check metrics <" + path + " >" + path + ".out 2>&1";
  const int status = std::system(command.c_str());
  std::stringstream complaint;
  complaint << std::ifstream(path + ".out").rdbuf();
  EXPECT_EQ(status, 0) << complaint.str();
  EXPECT_EQ(complaint.str(), "");
  std::filesystem::remove(path);
  std::filesystem::remove(path + ".out");
}

}  // namespace
}  // namespace tailrace
