// Runs the cases of the conformance corpus that are about stages, in this process. Each case
// directory is a row of a table: case.yaml says what goes in, expected.json what came out of
// Promtail. Cases that need the whole agent (steps, the time of day in their files) are left to the
// corpus' own runner.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "base/base_n.h"
#include "parse/json_value.h"
#include "pipeline/run_stage.h"

namespace tailrace {
namespace {

namespace fs = std::filesystem;

fs::path cases_folder() {
  const char* const given = std::getenv("TAILRACE_CONFORMANCE_CASES");
  return given ? fs::path(given) : fs::path(TAILRACE_SOURCE_DIR) / "tests/conformance/cases";
}

std::string read(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

std::string content(const ConfigNode& node) {
  if (node.is_scalar()) return node.scalar();
  std::string text;
  const ConfigNode coded = node.get("base64"), hex = node.get("hex");
  std::size_t fault = 0;
  if (coded.absent()) {
    text = node.get("text").scalar();
  } else {
    decode_base64(coded.scalar(), text, fault);
  }
  for (std::size_t i = 0; !hex.absent() && i + 1 < hex.scalar().size(); i += 2) {
    text += static_cast<char>(std::stoi(std::string(hex.scalar().substr(i, 2)), nullptr, 16));
  }
  std::int64_t repeat = 1;
  node.read("repeat", repeat);
  std::string out;
  for (std::int64_t i = 0; i < repeat; ++i) out += text;
  return out;
}

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != text.npos; at += to.size()) {
    text.replace(at, from.size(), to);
  }
}

// A case's folder that goes away with it.
struct Folder {
  Folder() {
    std::string name = (fs::temp_directory_path() / "tailrace-case-XXXXXX").string();
    path = ::mkdtemp(name.data());
  }
  ~Folder() { fs::remove_all(path); }
  fs::path path;
};

bool fits(const ConfigNode& root, const std::string& text) {
  return root.get("steps").absent() && root.get("mode").absent() &&
         text.find("${NOW") == text.npos && !root.get("files").get("app.log").absent();
}

// Labels of an expected stream, without those that only the whole agent sets.
std::string label_text(const JsonValue& labels) {
  Labels out;
  for (const JsonMember& label : labels.members()) out.set(label.key, label.value.text());
  return out.text();
}

std::multiset<std::string> expected_entries(const JsonValue& expected, bool exact_times) {
  std::multiset<std::string> out;
  for (const JsonValue& stream : expected.find("streams")->items()) {
    for (const JsonValue& entry : stream.find("entries")->items()) {
      Ran ran;
      ran.labels = label_text(*stream.find("labels"));
      ran.line = entry.find("line")->text();
      const std::string_view tenant = stream.find("tenant")->text();
      if (tenant != "default-tenant") ran.tenant = tenant;  // the client's own
      if (const JsonValue* metadata = entry.find("metadata")) {
        for (const JsonMember& pair : metadata->members()) {
          ran.metadata.emplace(pair.key, pair.value.text());
        }
      }
      std::string_view time = "now";
      if (const JsonValue* written = entry.find("ts")) time = written->text();
      std::ostringstream shown;
      shown << ran << " " << (exact_times ? time : "");
      out.insert(shown.str());
    }
  }
  return out;
}

std::multiset<std::string> shown_entries(const Harness& harness, bool exact_times) {
  std::multiset<std::string> out;
  for (Ran ran : harness.out) {
    std::string time = std::to_string(ran.timestamp_ns);
    if (ran.timestamp_ns == harness.clock.now_ns()) time = "now";
    ran.timestamp_ns = 0;
    std::ostringstream shown;
    shown << ran << " " << (exact_times ? time : "");
    out.insert(shown.str());
  }
  return out;
}

class Conformance : public testing::TestWithParam<std::string> {};

TEST_P(Conformance, Case) {
  const fs::path folder = cases_folder() / GetParam();
  std::string case_text = read(folder / "case.yaml");
  ConfigErrors errors;
  const YamlFile case_file("case.yaml", case_text, errors);
  const ConfigNode root = case_file.root();
  if (!fits(root, case_text)) GTEST_SKIP() << "needs the whole agent";
  // Bytes that are not UTF-8 stand in the expectation as lone surrogates.
  if (read(folder / "expected.json").find("\\udc") != std::string::npos)
    GTEST_SKIP() << "needs the runner's way of writing bytes";

  const Folder home;
  for (const auto& [name, node] : root.get("files").entries()) {
    std::ofstream(home.path / name, std::ios::binary) << content(node);
  }
  std::string config_text = root.get("config").scalar();
  replace_all(config_text, "${DIR}", home.path.string());
  const YamlFile config("config.yaml", config_text, errors);
  const ConfigNode scrape = config.root().get("scrape_configs").items().at(0);
  Labels labels;
  scrape.get("static_configs").items().at(0).get("labels").read(labels);
  labels.erase("__path__");
  labels.set("filename", (home.path / "app.log").string());
  ASSERT_FALSE(errors.failed()) << errors.text();

  Harness harness(scrape.get("pipeline_stages"), {.labels = labels});
  ASSERT_TRUE(harness.pipeline) << harness.errors.text();
  std::istringstream log(content(root.get("files").get("app.log")));
  for (std::string line; std::getline(log, line);) harness.line(line);
  harness.stop();

  std::string expected_text = read(folder / "expected.json");
  replace_all(expected_text, "${DIR}", home.path.string());
  Arena arena;
  const std::optional<JsonValue> expected = parse_json(expected_text, arena);
  ASSERT_TRUE(expected);
  const bool exact_times = root.get("compare").get("timestamps").scalar() == "exact";
  EXPECT_EQ(shown_entries(harness, exact_times), expected_entries(*expected, exact_times));

  if (const JsonValue* samples = expected->find("metrics")) {
    for (const JsonMember& sample : samples->find("values")->members()) {
      const std::optional<double> value = harness.sample(sample.key);
      ASSERT_TRUE(value) << sample.key << " is missing in\n"
                         << harness.metrics.scrape(Metrics::Format::kPrometheusText);
      EXPECT_DOUBLE_EQ(*value, sample.value.number()) << sample.key;
    }
  }
}

std::vector<std::string> case_names() {
  std::vector<std::string> names;
  std::error_code none;
  for (const auto& item : fs::directory_iterator(cases_folder(), none)) {
    const std::string name = item.path().filename().string();
    if (name.starts_with("stage-") || name.starts_with("config-stage-") ||
        name == "config-yaml-anchors" || name == "config-quoted-numbers" ||
        name == "config-null-pipeline") {
      names.push_back(name);
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string test_name(const testing::TestParamInfo<std::string>& info) {
  std::string name = info.param;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(Conformance);
INSTANTIATE_TEST_SUITE_P(Corpus, Conformance, testing::ValuesIn(case_names()), test_name);

// Configurations that Promtail refuses because of a stage, from the same corpus.
TEST(ConformanceErrors, NameWhatIsWrong) {
  std::error_code none;
  int seen = 0;
  for (const auto& item : fs::directory_iterator(cases_folder(), none)) {
    if (!item.path().filename().string().starts_with("bad-")) continue;
    ConfigErrors case_errors;
    const YamlFile case_file("case.yaml", read(item.path() / "case.yaml"), case_errors);
    const YamlFile config("config.yaml", case_file.root().get("config").scalar(), case_errors);
    const std::vector<ConfigNode> scrapes = config.root().get("scrape_configs").items();
    if (scrapes.empty() || scrapes[0].get("pipeline_stages").items().empty()) continue;
    SCOPED_TRACE(item.path().filename().string());
    ++seen;
    Harness harness(scrapes[0].get("pipeline_stages"), {});
    EXPECT_FALSE(harness.pipeline);
    const auto lower = [](std::string text) {
      std::transform(text.begin(), text.end(), text.begin(),
                     [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
      return text;
    };
    // Problems of a node go to the errors of its file.
    const std::string text = lower(case_errors.text());
    for (const ConfigNode& part : case_file.root().get("expect").get("output_contains").items()) {
      bool found = false;
      std::vector<std::string> any;
      if (part.is_list()) {
        part.read(any);
      } else {
        any.push_back(part.scalar());
      }
      for (const std::string& each : any) found = found || text.find(lower(each)) != text.npos;
      EXPECT_TRUE(found) << any.front() << " is not in " << text;
    }
  }
  if (seen == 0) GTEST_SKIP() << "no corpus beside the tests";
}

}  // namespace
}  // namespace tailrace
