#include "app/app.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <regex>
#include <set>

#include "app/log_lines.h"
#include "app/routes.h"
#include "net/net_fixture.h"

namespace tailrace {
namespace {

// A folder that goes away with the test.
class Folder {
 public:
  Folder()
      : path_(testing::TempDir() + "app_" + std::to_string(::getpid()) + "_" +
              std::to_string(counter_++)) {
    std::filesystem::create_directories(path_);
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  std::string file(const std::string& name) const { return path_ + "/" + name; }

 private:
  static inline int counter_ = 0;
  std::string path_;
};

std::string content(const std::string& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

awaitable<bool> stop_task(App& app) {
  co_await app.stop(5 * kNsPerSecond);
  co_return true;
}

// The app on a thread of its own.
class TestApp {
 public:
  explicit TestApp(AppOptions options, const App::RegisterRoutes& routes = register_routes)
      : thread_("app") {
    options.listen.address = "127.0.0.1";
    options.listen.port = 0;
    options.log.file.path = folder_.file("logs/app.log");
    options.log.to_stdout = false;
    thread_.run_and_wait([&] {
      app_ = std::make_unique<App>(thread_.executor(), metrics_, options, routes);
      const Result<void> started = app_->start();
      EXPECT_TRUE(started) << (started ? "" : started.error().text());
    });
  }
  ~TestApp() { stop(); }
  void stop() {
    if (!app_) return;
    run_on(thread_, stop_task(*app_));
    thread_.run_and_wait([&] { app_.reset(); });
  }
  std::string get(const std::string& path, const std::string& more = "") {
    RawClient client(app_->port());
    client.send("GET " + path + " HTTP/1.1\r\nHost: h\r\n" + more + "Connection: close\r\n\r\n");
    return client.read_all();
  }
  std::string log_text() { return content(folder_.file("logs/app.log")); }
  App& app() { return *app_; }
  IoThread& thread() { return thread_; }
  const Folder& folder() { return folder_; }

 private:
  Folder folder_;
  Metrics metrics_;
  IoThread thread_;
  std::unique_ptr<App> app_;
};

AppOptions quick() {
  AppOptions options;
  options.work_time_ns_min = 20 * kNsPerMs;
  options.work_time_ns_max = 60 * kNsPerMs;
  return options;
}

std::string body_of(const std::string& answer) {
  return answer.substr(answer.find("\r\n\r\n") + 4);
}

TEST(App, GreetsAfterSimulatedWork) {
  TestApp app(quick());
  const std::int64_t began = Clock::system().monotonic_ns();
  EXPECT_EQ(body_of(app.get("/")), "Hello, world!\n");
  EXPECT_GE(Clock::system().monotonic_ns() - began, 20 * kNsPerMs);
  EXPECT_EQ(body_of(app.get("/healthz")), "ok\n");
  EXPECT_EQ(body_of(app.get("/delay/5")), "waited 5 ms\n");
  EXPECT_TRUE(app.get("/delay/x").starts_with("HTTP/1.1 400 "));
  EXPECT_TRUE(app.get("/delay/60001").starts_with("HTTP/1.1 400 "));
  const std::string page = body_of(app.get("/metrics"));
  for (const char* line :
       {"\nmy_app_requests_total 1\n",
        "http_requests_total{endpoint=\"/\",method=\"GET\",status=\"200\"} 1\n",
        "http_requests_total{endpoint=\"/delay/{milliseconds}\",method=\"GET\",status=\"400\"} 2\n",
        "http_request_latency_seconds_bucket{endpoint=\"/\",method=\"GET\",le=\"0.01\"} 0\n",
        "http_request_latency_seconds_count{endpoint=\"/\",method=\"GET\"} 1\n"}) {
    EXPECT_NE(page.find(line), page.npos) << line << page;
  }
}

TEST(App, RequestsWaitTogether) {
  AppOptions options = quick();
  options.work_time_ns_min = options.work_time_ns_max = 300 * kNsPerMs;
  TestApp app(options);
  std::vector<std::unique_ptr<RawClient>> clients;
  const std::int64_t began = Clock::system().monotonic_ns();
  for (int i = 0; i < 300; ++i) {
    clients.push_back(std::make_unique<RawClient>(app.app().port()));
    clients.back()->send("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  }
  for (auto& client : clients) EXPECT_EQ(body_of(client->read_all()), "Hello, world!\n");
  EXPECT_LT(Clock::system().monotonic_ns() - began, 20 * kNsPerSecond)
      << "one after the other would take 90 s";
}

TEST(App, FailsAtTheGivenRate) {
  auto f = [](double rate, bool ok_seen, bool failed_seen) {
    AppOptions options = quick();
    options.failure_rate = rate;
    TestApp app(options);
    std::set<std::string> seen;
    for (int i = 0; i < 60; ++i) seen.insert(app.get("/unstable").substr(9, 3));
    EXPECT_EQ(seen.contains("200"), ok_seen) << rate;
    EXPECT_EQ(seen.contains("500"), failed_seen) << rate;
  };
  f(0, true, false);
  f(1, false, true);
  f(0.5, true, true);
}

TEST(App, MetricsPagesSuitTheirReaders) {
  TestApp app(quick());
  const std::string text = app.get("/metrics");
  EXPECT_NE(text.find("Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"), text.npos);
  const std::string open = app.get(
      "/metrics", "Accept: application/openmetrics-text;version=1.0.0,text/plain;q=0.5\r\n");
  EXPECT_NE(
      open.find("Content-Type: application/openmetrics-text; version=1.0.0; charset=utf-8\r\n"),
      open.npos);
  EXPECT_TRUE(open.ends_with("# EOF\n"));
  const std::string packed = app.get("/metrics", "Accept-Encoding: gzip\r\n");
  EXPECT_NE(packed.find("Content-Encoding: gzip\r\n"), packed.npos);
  if (std::system("command -v promtool >/dev/null 2>&1") != 0) GTEST_SKIP() << "no promtool";
  const std::string page = app.folder().file("page");
  std::ofstream(page) << body_of(app.get("/metrics"));
  EXPECT_EQ(std::system(("promtool check metrics <" + page + " >" + page + ".out 2>&1").c_str()), 0)
      << content(page + ".out");
  EXPECT_EQ(content(page + ".out"), "");
}

TEST(App, LogsEachRequest) {
  TestApp app(quick());
  (void)app.get("/healthz?a=b");
  (void)app.get("/nowhere");
  app.stop();
  const std::string log = app.log_text();
  const std::string stamp = "\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z ";
  const std::string peer = " 127\\.0\\.0\\.1:\\d+\n";
  EXPECT_TRUE(std::regex_match(log, std::regex(stamp + "INFO app started on port \\d+\n" + stamp +
                                               "INFO GET /healthz\\?a=b 200 3B 0\\.\\d{6}s" + peer +
                                               stamp + "WARN GET /nowhere 404 19B 0\\.\\d{6}s" +
                                               peer + stamp + "INFO app stopped\n")))
      << log;
}

TEST(App, SaysWhenThePortIsTaken) {
  TestApp first(quick());
  AppOptions options = quick();
  options.listen.address = "127.0.0.1";
  options.listen.port = first.app().port();
  options.log.file.path = first.folder().file("other.log");
  options.log.to_stdout = false;
  Metrics metrics;
  IoThread thread("second");
  thread.run_and_wait([&] {
    App app(thread.executor(), metrics, options, register_routes);
    const Result<void> started = app.start();
    ASSERT_FALSE(started);
    EXPECT_EQ(started.error().text(),
              "app: listen 127.0.0.1:" + std::to_string(options.listen.port) +
                  ": Address already in use");
  });
}

TEST(App, MadeUpLinesComeAtTheirRate) {
  AppOptions options = quick();
  options.generator.lines_per_second = 20'000;
  options.generator.format = LogLineFormat::kJson;
  options.log.file.max_bytes = std::uint64_t{1} << 30;
  const std::int64_t began = Clock::system().monotonic_ns();
  TestApp app(options);
  EXPECT_TRUE(eventually([&] {
    const std::string log = app.log_text();
    return std::count(log.begin(), log.end(), '\n') > 4000;
  }));
  app.stop();
  const double seconds = static_cast<double>(Clock::system().monotonic_ns() - began) / 1e9;
  const std::string log = app.log_text();
  const auto lines = static_cast<double>(std::count(log.begin(), log.end(), '\n'));
  EXPECT_LE(lines, 20'000 * seconds + 10) << "not faster than told";
}

TEST(AppLog, RotationLosesAndSplitsNoLine) {
  Folder folder;
  Metrics metrics;
  IoThread thread("log");
  AppLogOptions options;
  options.file.path = folder.file("logs/app.log");
  options.file.max_bytes = 4096;
  options.file.keep = 200;
  options.to_stdout = false;
  std::string before;
  thread.run_and_wait([&] {
    AppLog log(thread.executor(), options, metrics);
    ASSERT_TRUE(log.open());
    for (int i = 0; i < 5000; ++i) {
      log.info("line " + std::to_string(i) + (i == 2500 ? std::string(6000, 'x') : ""));
      if (i % 37 == 0) log.flush();
    }
  });
  std::string all;
  for (int i = 200; i >= 0; --i) {
    const std::string path = options.file.path + (i == 0 ? "" : "." + std::to_string(i));
    if (!std::filesystem::exists(path)) continue;
    const std::string text = content(path);
    EXPECT_TRUE(text.ends_with('\n')) << path;
    EXPECT_TRUE(text.size() <= 4096 || std::count(text.begin(), text.end(), '\n') == 1) << path;
    all += text;
  }
  std::size_t at = 0;
  for (int i = 0; i < 5000; ++i) {
    const std::size_t end = all.find('\n', at);
    ASSERT_NE(end, all.npos);
    const std::string want =
        "INFO line " + std::to_string(i) + (i == 2500 ? std::string(6000, 'x') : "");
    ASSERT_EQ(all.substr(at + 25, end - at - 25), want);
    at = end + 1;
  }
  EXPECT_EQ(at, all.size());
}

TEST(AppLog, KeepsSoManyFilesAndFollowsStrangersRenames) {
  Folder folder;
  Metrics metrics;
  IoThread thread("log");
  AppLogOptions options;
  options.file.path = folder.file("app.log");
  options.file.max_bytes = 4096;
  options.file.keep = 2;
  options.to_stdout = false;
  thread.run_and_wait([&] {
    AppLog log(thread.executor(), options, metrics);
    ASSERT_TRUE(log.open());
    for (int i = 0; i < 1000; ++i) log.info("some line");
    log.flush();
    EXPECT_TRUE(std::filesystem::exists(options.file.path + ".2"));
    EXPECT_FALSE(std::filesystem::exists(options.file.path + ".3"));
    std::filesystem::rename(options.file.path, folder.file("taken"));
    log.info("after the rename");
    log.flush();
    EXPECT_NE(content(options.file.path).find("after the rename"), std::string::npos);
  });
}

TEST(LogLines, AreVariedAndWhole) {
  auto f = [](LogLineFormat format, const std::string& line_pattern) {
    LogLines lines(format, true, 7);
    const std::regex pattern(line_pattern);
    std::set<std::string> levels;
    std::string all;
    for (int i = 0; i < 2000; ++i) {
      std::string text;
      lines.append(text, "2026-01-02T03:04:05.678Z");
      ASSERT_TRUE(text.ends_with('\n'));
      const std::string first = text.substr(0, text.find('\n'));
      std::smatch match;
      ASSERT_TRUE(std::regex_match(first, match, pattern)) << first;
      levels.insert(match[1]);
      all += text;
    }
    EXPECT_EQ(levels.size(), 4u);
    EXPECT_NE(all.find(format == LogLineFormat::kText ? "\n\tat com.shop." : "\\n\\tat com.shop."),
              all.npos);
    std::string again;
    LogLines same(format, true, 7);
    for (int i = 0; i < 2000; ++i) same.append(again, "2026-01-02T03:04:05.678Z");
    EXPECT_EQ(again, all);
    LogLines plain(format, false, 7);
    std::string without;
    for (int i = 0; i < 2000; ++i) plain.append(without, "t");
    EXPECT_EQ(std::count(without.begin(), without.end(), '\n'), 2000);
  };
  f(LogLineFormat::kText,
    "2026-01-02T03:04:05\\.678Z (INFO|DEBUG|WARN|ERROR) [a-z ]+( \\w+=\\S+)+");
  f(LogLineFormat::kJson,
    R"re(\{"ts":"2026-01-02T03:04:05\.678Z","level":"(\w+)","msg":"[a-z ]+"(,"\w+":(\d+|"[^"]*"))+\})re");
  f(LogLineFormat::kLogfmt,
    "ts=2026-01-02T03:04:05\\.678Z level=(\\w+) msg=\"[a-z ]+\"( \\w+=(\"[^\"]*\"|\\S+))+");
}

std::string problems(const std::string& yaml, AppOptions& options) {
  ConfigErrors errors;
  YamlFile file("f", yaml, errors);
  read(file.root().get("app"), options);
  std::string out;
  for (const ConfigProblem& problem : errors.problems())
    out += (out.empty() ? "" : "; ") + problem.path + ": " + problem.message;
  return out;
}

TEST(AppOptions, Read) {
  AppOptions off;
  EXPECT_EQ(problems("server: {}", off), "");
  EXPECT_FALSE(off.enabled);
  AppOptions plain;
  EXPECT_EQ(problems("app:", plain), "");
  EXPECT_TRUE(plain.enabled);
  EXPECT_EQ(plain.listen.port, 5000);
  AppOptions options;
  EXPECT_EQ(
      problems(
          "app: {listen_address: 127.0.0.1, listen_port: 6000, work_time_min: 1ms, work_time_max: "
          "2ms, failure_rate: 0.5, "
          "log: {path: x.log, max_bytes: 1mb, keep: 5, stdout: false, requests: false}, "
          "log_generator: {rate: 2.5, format: logfmt, stack_traces: false}, "
          "basic_auth: [{username: a, password: b}], limits: {connections: 7, body_bytes: 1kb}}",
          options),
      "");
  EXPECT_EQ(options.listen.port, 6000);
  EXPECT_EQ(options.work_time_ns_max, 2 * kNsPerMs);
  EXPECT_EQ(options.log.file.max_bytes, 1048576u);
  EXPECT_EQ(options.generator.lines_per_second, 2.5);
  EXPECT_EQ(options.generator.format, LogLineFormat::kLogfmt);
  EXPECT_EQ(options.connections_max, 7u);
  EXPECT_EQ(options.body_bytes_max, 1024u);
  EXPECT_EQ(options.listen.users.at(0).name, "a");
  auto f = [](const std::string& yaml, const std::string& want) {
    AppOptions ignored;
    const std::string got = problems("app: " + yaml, ignored);
    EXPECT_NE(got.find(want), got.npos) << yaml << ": " << got;
  };
  f("{prot: 1}", "unknown");
  f("{work_time_min: 5s, work_time_max: 1s}",
    "app.work_time_max: must not be less than work_time_min");
  f("{failure_rate: 2}", "app.failure_rate: must be from 0 to 1");
  f("{log_generator: {rate: 200000}}", "app.log_generator.rate: must be from 0 to 100000");
  f("{log_generator: {format: xml}}", "unknown format \"xml\"");
  f("{log: {keep: 0}}", "app.log.keep: must be from 1 to 1000");
  f("{log: {max_bytes: 10}}", "must be at least 4096");
  f("{tls: {cert_file: x}}", "TLS needs both");
}

}  // namespace
}  // namespace tailrace
