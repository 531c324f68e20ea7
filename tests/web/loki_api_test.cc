// Every path of Loki's API, asked as its clients ask.
#include "web/loki_api.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include "net/response.h"
#include "web/loki_rig.h"

namespace tailrace {
namespace {

constexpr std::int64_t kStart = kDay0 + 11 * 3600 * kNsPerSecond;

std::int64_t at(std::int64_t seconds) { return kStart + seconds * kNsPerSecond; }

class LokiApi : public ::testing::Test {
 protected:
  void SetUp() override {
    rig.push({{R"({job="app", env="dev"})",
               {{at(1), "level=info msg=one dur=5ms"},
                {at(2), "level=warn msg=two dur=7ms", {{"trace_id", "t1"}}},
                {at(3), "level=error msg=three dur=1s size=1500KB"}}},
              {R"({job="js", env="prod"})",
               {{at(1) + 5, R"({"level":"info","user":{"id":7},"text":"<a> & \u00e4"})"},
                {at(70), R"({"level":"debug","user":{"id":9}})"}}}});
  }
  // The window of all lines, and what is asked for in it.
  static std::string in_window(std::string_view path, std::string_view more = "") {
    return std::string(path) + "?start=" + std::to_string(at(0)) +
           "&end=" + std::to_string(at(120)) + std::string(more);
  }
  static std::string query(std::string_view text) { return "&query=" + escaped(text); }
  void expect(const std::string& target, std::string_view want, std::string_view headers = "") {
    SCOPED_TRACE(target);
    const Answer answer = rig.get(target, headers);
    EXPECT_EQ(answer.status, 200) << answer.body;
    EXPECT_NE(answer.head.find("Content-Type: application/json; charset=UTF-8"), std::string::npos);
    EXPECT_TRUE(answer.body.ends_with('\n'));
    EXPECT_EQ(without_stats(answer.body.substr(0, answer.body.size() - 1)), want);
  }
  void refused(const std::string& target, std::string_view want, int status = 400) {
    SCOPED_TRACE(target);
    const Answer answer = rig.get(target);
    EXPECT_EQ(answer.status, status);
    EXPECT_NE(answer.head.find("Content-Type: text/plain; charset=utf-8"), std::string::npos);
    EXPECT_TRUE(answer.body.starts_with(want)) << answer.body;
  }

  LokiRig rig;
};

constexpr std::string_view kRange = "/loki/api/v1/query_range";
constexpr std::string_view kQuery = "/loki/api/v1/query";
constexpr std::string_view kFlag = "X-Loki-Response-Encoding-Flags: other,categorize-labels\r\n";

TEST_F(LokiApi, LinesWithAndWithoutCategories) {
  const std::string head = R"({"status":"success","data":{"resultType":"streams",)";
  expect(
      in_window(kRange, query(R"({job="app"} |= "two")")),
      head +
          R"("result":[{"stream":{"detected_level":"warn","env":"dev","job":"app","service_name":"app","trace_id":"t1"},"values":[["1795172402000000000","level=warn msg=two dur=7ms"]]}])");
  expect(
      in_window(kRange, query(R"({job="app"} |= "two")")),
      head +
          R"("encodingFlags":["categorize-labels"],"result":[{"stream":{"env":"dev","job":"app","service_name":"app"},"values":[["1795172402000000000","level=warn msg=two dur=7ms",{"structuredMetadata":{"detected_level":"warn","trace_id":"t1"}}]]}])",
      kFlag);
  // Different metadata: two streams without the flag, one with it; the third element is always
  // there.
  expect(
      in_window(kRange, "&direction=forward" +
                            query(R"({job="app"} != "three" | drop detected_level, trace_id)")),
      head +
          R"("result":[{"stream":{"env":"dev","job":"app","service_name":"app"},"values":[["1795172401000000000","level=info msg=one dur=5ms"],["1795172402000000000","level=warn msg=two dur=7ms"]]}])");
  expect(
      in_window(kRange, "&limit=1" + query(R"({job="app"} | drop detected_level)")),
      head +
          R"("encodingFlags":["categorize-labels"],"result":[{"stream":{"env":"dev","job":"app","service_name":"app"},"values":[["1795172403000000000","level=error msg=three dur=1s size=1500KB",{}]]}])",
      kFlag);
  expect(
      in_window(kRange,
                "&direction=FORWARD&limit=1" + query(R"({job="js"} | json | keep job, user_id)")),
      head +
          R"("encodingFlags":["categorize-labels"],"result":[{"stream":{"job":"js"},"values":[["1795172401000000005","{\"level\":\"info\",\"user\":{\"id\":7},\"text\":\"<a> & \\u00e4\"}",{"parsed":{"user_id":"7"}}]]}])",
      kFlag);
  expect(in_window(kRange, query(R"({job="none"})")), head + R"("result":[])");
  expect(in_window(kRange, query(R"({job="none"})")),
         head + R"("encodingFlags":["categorize-labels"],"result":[])", kFlag);
}

TEST_F(LokiApi, StartCountsEndDoesNot) {
  auto f = [&](std::int64_t start, std::int64_t end, std::size_t lines) {
    for (const char* direction : {"forward", "backward"}) {
      const Answer answer = rig.get(std::string(kRange) + "?direction=" + direction +
                                    "&start=" + std::to_string(start) +
                                    "&end=" + std::to_string(end) + query(R"({job="app"})"));
      std::size_t count = 0;
      for (std::size_t from = 0; (from = answer.body.find("msg=", from)) != std::string::npos;
           ++from)
        ++count;
      EXPECT_EQ(count, lines) << answer.body;
    }
  };
  f(at(1), at(3), 2);
  f(at(1) + 1, at(3) + 1, 2);
  f(at(3), at(3) + 1, 1);
  f(at(3), at(3), 0);
}

TEST_F(LokiApi, LinesInAnInterval) {
  auto f = [&](std::string_view parameters, const std::vector<std::string>& want) {
    SCOPED_TRACE(parameters);
    const Answer answer = rig.get(
        in_window(kRange, std::string(parameters) +
                              query(R"({env=~".+"} | keep x | line_format "{{.__timestamp__}}")")));
    std::vector<std::string> times;
    for (std::size_t from = 0; (from = answer.body.find("[\"1", from)) != std::string::npos; ++from)
      times.push_back(answer.body.substr(from + 2, 19));
    EXPECT_EQ(times, want);
  };
  const auto t = [](std::int64_t ns) { return std::to_string(ns); };
  f("&interval=2&direction=forward", {t(at(1)), t(at(3)), t(at(70))});
  f("&interval=2&direction=backward", {t(at(70)), t(at(3)), t(at(1))});
  f("&interval=2000ms&direction=forward&limit=2", {t(at(1)), t(at(3))});
  f("&interval=1h&direction=backward", {t(at(70))});
  f("&interval=0&direction=forward&limit=2", {t(at(1)), t(at(1) + 5)});
}

TEST_F(LokiApi, Metrics) {
  const std::string matrix = R"({"status":"success","data":{"resultType":"matrix",)";
  // Points stand at multiples of the step outside of the window; empty ones are not there.
  expect(
      std::string(kRange) + "?start=" + std::to_string(at(5)) + "&end=" + std::to_string(at(95)) +
          "&step=30" + query(R"(sum by (job) (count_over_time({env=~".+"}[30s])))"),
      matrix +
          R"("result":[{"metric":{"job":"app"},"values":[[1795172430,"3"]]},{"metric":{"job":"js"},"values":[[1795172430,"1"],[1795172490,"1"]]}])");
  expect(
      in_window(kRange, "&step=60s" + query(R"(rate({job="app"}[1m]))")),
      matrix +
          R"("result":[{"metric":{"detected_level":"error","env":"dev","job":"app","service_name":"app"},"values":[[1795172460,"0.016666666666666666"]]},{"metric":{"detected_level":"info","env":"dev","job":"app","service_name":"app"},"values":[[1795172460,"0.016666666666666666"]]},{"metric":{"detected_level":"warn","env":"dev","job":"app","service_name":"app","trace_id":"t1"},"values":[[1795172460,"0.016666666666666666"]]}])");
  const std::string vector = R"({"status":"success","data":{"resultType":"vector",)";
  expect(std::string(kQuery) + "?direction=backward&time=4000000000" + query("vector(1)+vector(1)"),
         vector + R"("result":[{"metric":{},"value":[4000000000,"2"]}])");
  expect(
      std::string(kQuery) + "?time=1795172403.5" +
          query(R"(sort_desc(sum by (job) (count_over_time({env=~".+"}[1m]))))"),
      vector +
          R"("result":[{"metric":{"job":"app"},"value":[1795172403.5,"3"]},{"metric":{"job":"js"},"value":[1795172403.5,"1"]}])");
  expect(std::string(kQuery) + "?time=1795172403" + query(R"(sum(rate({job="x"}[1m])) / 0)"),
         vector + R"("result":[])");
  expect(std::string(kQuery) + "?time=1795172403" + query("1+1"),
         R"({"status":"success","data":{"resultType":"scalar","result":[1795172403,"2"])");
}

TEST_F(LokiApi, WhatAQueryMayNot) {
  refused(in_window(kQuery, query(R"({job="app"})")),
          "log queries are not supported as an instant query type, please change your query to a "
          "range query type");
  refused(in_window(kRange, query(R"({job="app")")),
          "parse error at line 1, col 11: syntax error: ");
  refused(in_window(kRange, query(R"({job=~".*"})")),
          "parse error : queries require at least one regexp or equality matcher");
  refused(in_window(kRange), "parse error : syntax error: unexpected $end");
  refused(
      in_window(kRange, "&limit=5001" + query(R"({job="app"})")),
      "max entries limit per query exceeded, limit > max_entries_limit_per_query (5001 > 5000)");
  expect(in_window(kRange, "&limit=5001&step=600" + query(R"(count_over_time({job="x"}[1m]))")),
         R"({"status":"success","data":{"resultType":"matrix","result":[])");
  refused(in_window(kRange, "&direction=up" + query(R"({job="app"})")), "invalid direction 'up'");
  refused(in_window(kRange, "&step=60" + query(R"(count_over_time({job="app"} | json [1m]))")),
          "pipeline error: 'JSONParserErr' for series: '{");
  const Answer long_query =
      rig.post(kRange, "application/x-www-form-urlencoded", "query=" + std::string(131'073, 'x'));
  EXPECT_EQ(long_query.status, 400);
  EXPECT_EQ(long_query.body, "parse error : input size too long (131073 > 131072)");
}

TEST_F(LokiApi, LabelsAndSeries) {
  expect(in_window("/loki/api/v1/labels"),
         R"({"status":"success","data":["env","job","service_name"]})");
  expect(in_window("/loki/api/v1/label", query(R"({job="none"})")),
         R"({"status":"success","data":[]})");
  expect(in_window("/loki/api/v1/label/job/values"), R"({"status":"success","data":["app","js"]})");
  expect(in_window("/loki/api/v1/label/%6Aob/values", query(R"({env="dev"})")),
         R"({"status":"success","data":["app"]})");
  expect(in_window("/loki/api/v1/label/__stream_shard__/values"),
         R"({"status":"success","data":[]})");
  const std::string both =
      R"({"status":"success","data":[{"env":"dev","job":"app","service_name":"app"},{"env":"prod","job":"js","service_name":"js"}]})";
  const std::string app =
      R"({"status":"success","data":[{"env":"dev","job":"app","service_name":"app"}]})";
  expect(in_window("/loki/api/v1/series"), both);
  expect(in_window("/loki/api/v1/series", "&match=" + escaped("{}")), both);
  expect(in_window("/loki/api/v1/series", "&match[]=" + escaped(R"({job="app"})")), app);
  expect(in_window("/loki/api/v1/series", "&match=" + escaped(R"({job="app"})") +
                                              "&match%5B%5D=" + escaped(R"({job=~".*s"})")),
         both);
  expect(in_window("/loki/api/v1/series", "&match=" + escaped(R"({nope=""})")), both);
  // A line at the very end counts here.
  expect("/loki/api/v1/labels?start=" + std::to_string(at(0)) + "&end=" + std::to_string(at(1)) +
             query(R"({job="app"})"),
         R"({"status":"success","data":["env","job","service_name"]})");
  expect(
      "/loki/api/v1/labels?start=" + std::to_string(at(1000)) + "&end=" + std::to_string(at(2000)),
      R"({"status":"success","data":[]})");
  refused(in_window("/loki/api/v1/labels", query(R"({job="a"} |= "x")")),
          "only label matchers are supported");
  refused(in_window("/loki/api/v1/labels", query(R"(rate({job="a"}[1m]))")),
          "only label matchers are supported");
  refused(in_window("/loki/api/v1/series", "&match=%7B"), "parse error at line 1, col 2");
}

TEST_F(LokiApi, Volumes) {
  expect(in_window("/loki/api/v1/index/stats", query(R"({env=~".+"})")),
         R"({"streams":2,"chunks":2,"bytes":293,"entries":5})");
  expect(in_window("/loki/api/v1/index/stats", query(R"({job="none"})")),
         R"({"streams":0,"chunks":0,"bytes":0,"entries":0})");
  const std::string vector = R"({"status":"success","data":{"resultType":"vector","result":[)";
  expect(
      in_window("/loki/api/v1/index/volume", query(R"({env=~".+"})")),
      vector +
          R"({"metric":{"env":"dev"},"value":[1795172520,"165"]},{"metric":{"env":"prod"},"value":[1795172520,"128"]}])");
  expect(in_window("/loki/api/v1/index/volume",
                   "&targetLabels=job,service_name&limit=1" + query(R"({env=~".+"})")),
         vector + R"({"metric":{"job":"app","service_name":"app"},"value":[1795172520,"165"]}])");
  expect(
      in_window("/loki/api/v1/index/volume", "&aggregateBy=labels" + query(R"({env="dev"})")),
      vector +
          R"({"metric":{"env":""},"value":[1795172520,"165"]},{"metric":{"job":""},"value":[1795172520,"165"]},{"metric":{"service_name":""},"value":[1795172520,"165"]}])");
  // Parts end at multiples of the step; their samples a millisecond before.
  expect(
      "/loki/api/v1/index/volume_range?step=60&start=" + std::to_string(at(-30)) +
          "&end=" + std::to_string(at(90)) + query(R"({job="app"})"),
      R"({"status":"success","data":{"resultType":"matrix","result":[{"metric":{"job":"app"},"values":[[1795172459.999,"165"]]}])");
  // A stream without one of the labels does not count; 0 is no limit of ours.
  expect(in_window("/loki/api/v1/index/volume", "&targetLabels=job,nope" + query(R"({env=~".+"})")),
         vector + "]");
  expect(in_window("/loki/api/v1/index/volume", "&limit=0" + query(R"({env="dev"})")),
         vector + R"({"metric":{"env":"dev"},"value":[1795172520,"165"]}])");
  expect("/loki/api/v1/index/volume?start=" + std::to_string(at(-30)) +
             "&end=" + std::to_string(at(90) + 1) + query(R"({env="dev"})"),
         vector + R"({"metric":{"env":"dev"},"value":[1795172490.001,"165"]}])");
  refused(in_window("/loki/api/v1/index/volume", "&aggregateBy=x" + query(R"({job="app"})")),
          "invalid aggregation option");
  refused(in_window("/loki/api/v1/index/stats", query(R"({job="app"} | json)")),
          "only label matchers are supported");
}

TEST_F(LokiApi, Detected) {
  expect(
      in_window("/loki/api/v1/detected_labels"),
      R"({"detectedLabels":[{"label":"env","cardinality":2},{"label":"job","cardinality":2},{"label":"service_name","cardinality":2}]})");
  expect(
      in_window("/loki/api/v1/detected_fields", query(R"({job="app"})")),
      R"({"fields":[{"label":"detected_level","type":"string","cardinality":3,"parsers":null},{"label":"dur","type":"duration","cardinality":3,"parsers":["logfmt"]},{"label":"level","type":"string","cardinality":3,"parsers":["logfmt"]},{"label":"msg","type":"string","cardinality":3,"parsers":["logfmt"]},{"label":"size","type":"bytes","cardinality":1,"parsers":["logfmt"]},{"label":"trace_id","type":"string","cardinality":1,"parsers":null}],"limit":1000})");
  expect(
      in_window("/loki/api/v1/detected_fields",
                "&limit=1&field_limit=7&line_limit=1" + query(R"({job="js"} |= "7")")),
      R"({"fields":[{"label":"detected_level","type":"string","cardinality":1,"parsers":null}],"limit":1})");
  expect(in_window("/loki/api/v1/detected_field/user_id/values", query(R"({job="js"})")),
         R"({"values":["7","9"],"limit":1000})");
  expect(in_window("/loki/api/v1/detected_field/size/values", query(R"({job="app"})")),
         R"({"values":["1.5MB"],"limit":1000})");
  expect(in_window("/loki/api/v1/detected_field/trace_id/values",
                   "&limit=1" + query(R"({job="app"})")),
         R"({"values":["t1"],"limit":1})");
  expect(in_window("/loki/api/v1/detected_field/nope/values", query(R"({job="app"})")),
         R"({"values":[],"limit":1000})");
  refused(in_window("/loki/api/v1/detected_fields"), "parse error");
  refused(in_window("/loki/api/v1/detected_fields", "&line_limit=5001" + query(R"({job="app"})")),
          "max entries limit per query exceeded");
  expect(in_window("/loki/api/v1/patterns", query(R"({job="app"})")),
         R"({"status":"success","data":[]})");
}

TEST_F(LokiApi, FixedAnswers) {
  const Answer ready = rig.get("/ready");
  EXPECT_EQ(ready.status, 200);
  EXPECT_EQ(ready.body, "ready\n");
  expect(
      "/loki/api/v1/status/buildinfo",
      R"({"version":"1.2.3","revision":"","branch":"tailrace","buildUser":"","buildDate":"","goVersion":""})");
  expect("/prometheus/api/v1/rules", R"({"status":"success","data":{"groups":[]}})");
  const Answer limits = rig.get("/loki/api/v1/drilldown-limits");
  EXPECT_TRUE(limits.body.starts_with(R"({"limits":{"discover_log_levels":true,)")) << limits.body;
  for (const char* path : {"/loki/api/v1/labels/", "/ready/", "/loki/api/v1/rules",
                           "/loki/api/v1/delete", "/loki/api/v2alpha/tail", "/api/prom/query"})
    refused(path, "404 page not found\n", 404);
  rig.end_tasks();
  EXPECT_EQ(rig.get("/ready").status, 503);
  EXPECT_EQ(rig.get(in_window(kRange, query(R"({job="app"})"))).status, 503);
}

TEST_F(LokiApi, PostsAreAnsweredAsGetsAre) {
  const std::string form = "application/x-www-form-urlencoded";
  const Answer labels =
      rig.post("/loki/api/v1/labels", form,
               "start=" + std::to_string(at(0)) + "&end=" + std::to_string(at(9)));
  EXPECT_EQ(labels.body, "{\"status\":\"success\",\"data\":[\"env\",\"job\",\"service_name\"]}\n");
  const Answer lines =
      rig.post(kRange, form, in_window("", query(R"({job="app"} |= "one")")).substr(1));
  EXPECT_NE(lines.body.find("msg=one"), std::string::npos) << lines.body;
  EXPECT_EQ(rig.talk("PUT /loki/api/v1/labels HTTP/1.1\r\nHost: h\r\nConnection: "
                     "close\r\nContent-Length: 0\r\n\r\n")
                .status,
            405);
}

TEST_F(LokiApi, AnswersMayBePacked) {
  const std::string target = in_window(kRange, query(R"({env=~".+"} | json | logfmt)"));
  const Answer plain = rig.get(target);
  const Answer packed = rig.get(target, "Accept-Encoding: gzip\r\n");
  EXPECT_EQ(plain.head.find("Content-Encoding"), std::string::npos);
  ASSERT_NE(packed.head.find("Content-Encoding: gzip"), std::string::npos) << packed.head;
  std::string text(plain.body.size() + 1000, '\0');
  z_stream stream{};
  ASSERT_EQ(::inflateInit2(&stream, 15 + 32), Z_OK);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.body.data()));
  stream.avail_in = static_cast<uInt>(packed.body.size());
  stream.next_out = reinterpret_cast<Bytef*>(text.data());
  stream.avail_out = static_cast<uInt>(text.size());
  EXPECT_EQ(::inflate(&stream, Z_FINISH), Z_STREAM_END);
  text.resize(text.size() - stream.avail_out);
  ::inflateEnd(&stream);
  EXPECT_EQ(without_stats(text), without_stats(plain.body));
}

TEST(LokiApiStop, AQueryEndsWhenItsClientLeaves) {
  StoreOptions options;
  options.threads = 1;  // which is free again only if the query has ended
  LokiRig rig(options);
  std::vector<TestEntry> entries;
  for (int i = 0; i < 500; ++i) entries.push_back({at(20) + i, "x"});
  rig.push({{R"({job="slow"})", entries}});
  std::string list = "[0";
  for (int i = 1; i < 150; ++i) list += "," + std::to_string(i);
  // Millions of rounds for every line: minutes for all.
  const std::string text = "{job=\"slow\"} | line_format `{{$l := fromJson \"" + list +
                           "]\"}}{{range $l}}{{range $l}}{{range $l}}{{end}}{{end}}{{end}}`";
  const std::string target = "/loki/api/v1/query_range?step=60&start=" + std::to_string(at(0)) +
                             "&end=" + std::to_string(at(60)) + "&query=";
  for (const std::string& asked : {text, "bytes_over_time(" + text + "[5m])"}) {
    RawClient client(rig.server().port());
    client.send("GET " + target + escaped(asked) + " HTTP/1.1\r\nHost: h\r\n\r\n");
    ASSERT_TRUE(eventually([&] { return rig.metric("tailrace_store_queries") == 1; }));
    client.close();
    EXPECT_TRUE(eventually([&] { return rig.metric("tailrace_store_queries") == 0; }));
    EXPECT_EQ(rig.get(target + escaped(R"({job="none"})")).status, 200);
  }
}

TEST_F(LokiApi, Pushes) {
  const std::string path = "/loki/api/v1/push";
  const std::string json = R"({"streams":[{"stream":{"job":"new"},"values":[[")" +
                           std::to_string(at(5)) + R"(","pushed",{"k":"v"}]]}]})";
  auto f = [&](std::string_view type, std::string_view body, int status, std::string_view text,
               std::string_view headers = "") {
    SCOPED_TRACE(type);
    const Answer answer = rig.post(path, type, body, headers);
    EXPECT_EQ(answer.status, status) << answer.body;
    EXPECT_TRUE(answer.body.starts_with(text)) << answer.body;
    if (status == 204) {
      EXPECT_EQ(answer.body, "");
    }
  };
  f("application/json", json, 204, "");
  f("application/json; charset=utf-8", gzip(json), 204, "", "Content-Encoding: gzip\r\n");
  const std::string protobuf = payload({{R"({job="new2"})", {{at(6), "x"}}}});
  f("application/x-protobuf", protobuf, 204, "");
  f("", protobuf, 204, "", "Content-Encoding: snappy\r\n");
  f("application/x-protobuf", gzip(protobuf), 204, "", "Content-Encoding: gzip\r\n");
  f("application/x-protobuf", std::string(5, '\xff'), 400, "snappy: corrupt input");
  f("application/json", gzip(std::string(80'000'000, ' ')), 413, "the body grows over",
    "Content-Encoding: gzip\r\n");
  // Keywords of queries are names of labels that can be stored.
  f("application/x-protobuf", payload({{R"({job="words", json="a", on="b"})", {{at(9), "x"}}}}),
    204, "");
  f("application/json", "{\"streams\":[]}", 422,
    "error at least one valid stream is required for ingestion");
  f("application/x-protobuf", payload({}), 422,
    "error at least one valid stream is required for ingestion");
  f("application/json", "{", 400, "push request: ");
  f("application/json", json, 400, "Content-Encoding \"br\" not supported",
    "Content-Encoding: br\r\n");
  f("application/x-protobuf", "\x05nonsense", 400, "snappy: corrupt input");
  // What can be stored is; the answer gives the first reason.
  f("application/x-protobuf",
    payload({{R"({job="part"})", {{at(7), "good"}, {at(1'000'000), "of the future"}}}}), 400,
    R"(entry for stream '{job="part", service_name="part"}' has timestamp too new: )");
  f("application/x-protobuf",
    payload({{R"({job=)", {{at(7), "x"}}}, {R"({job="beside"})", {{at(8), "y"}}}}), 400,
    "error parsing labels {job= with error: parse error at line 1, col 6: ");
  EXPECT_EQ(rig.post("/api/prom/push", "application/json", json).status, 204);
  expect(in_window("/loki/api/v1/label/job/values"),
         R"({"status":"success","data":["app","beside","js","new","new2","part","words"]})");
  // Sent three times, there once.
  expect(in_window("/loki/api/v1/index/stats", query(R"({job="new"})")),
         R"({"streams":1,"chunks":1,"bytes":33,"entries":1})");
  const Answer get = rig.get(path);
  EXPECT_EQ(get.status, 405);
}

}  // namespace
}  // namespace tailrace
