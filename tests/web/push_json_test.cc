#include "web/push_json.h"

#include <gtest/gtest.h>

#include "store/rig.h"

namespace tailrace {
namespace {

TEST(PushJson, MakesTheBytesOfAPushRequest) {
  auto f = [](std::string_view json, const std::vector<TestStream>& want) {
    const Result<std::string> got = push_from_json(json);
    ASSERT_TRUE(got) << json << ": " << got.error().text();
    EXPECT_EQ(*got, encode_push(want)) << json;
  };
  f(R"({"streams":[]})", {});
  f(R"({"streams":null})", {});
  f(R"({})", {});
  f(R"({"streams":[{"stream":{"b":"2","a":"1"},"values":[["7","x"],["8",""]]}]})",
    {{R"({a="1", b="2"})", {{7, "x"}, {8, ""}}}});
  f(R"( {"more":1,"streams":[{"values":[["1795132800000000000","\u00e4\n",{"t":"1","u":"\"2\""}]],"stream":{"a":"q\"q"}}]} )",
    {{R"({a="q\"q"})", {{1795132800000000000, "\xc3\xa4\n", {{"t", "1"}, {"u", "\"2\""}}}}}});
  f(R"({"streams":[{"stream":{"a":"1"},"values":[]},{"stream":{"a":"2"},"values":[["-1","x",{}]]}]})",
    {{R"({a="1"})", {}}, {R"({a="2"})", {{-1, "x"}}}});
}

TEST(PushJson, SaysWhatIsWrong) {
  auto f = [](std::string_view json, std::string_view want) {
    const Result<std::string> got = push_from_json(json);
    ASSERT_FALSE(got) << json;
    EXPECT_EQ(got.error().code(), ErrorCode::kInvalid);
    EXPECT_NE(got.error().text().find(want), std::string::npos) << got.error().text();
  };
  f("", "no JSON object");
  f("[]", "no JSON object");
  f(R"({"streams":[)", "no JSON object");
  f(R"({"streams":{}})", "must be a list");
  f(R"({"streams":[1]})", "a stream needs an object `stream`");
  f(R"({"streams":[{"stream":{"a":1},"values":[]}]})", "values of labels must be strings");
  f(R"({"streams":[{"stream":{"a":"1"}}]})", "a stream needs a list `values`");
  auto row = [&](const std::string& entry, std::string_view want) {
    f(R"({"streams":[{"stream":{"a":"1"},"values":[)" + entry + "]}]}", want);
  };
  row(R"(["1"])", "an entry must be");
  row(R"(["1","x",{},{}])", "an entry must be");
  row(R"({"ts":"1"})", "an entry must be");
  row(R"([1,"x"])", "a timestamp must be a string");
  row(R"(["1.5","x"])", "is no timestamp");
  row(R"(["","x"])", "is no timestamp");
  row(R"(["99999999999999999999","x"])", "is no timestamp");
  row(R"(["1",2])", "a line must be a string");
  row(R"(["1","x",["t"]])", "structured metadata must be an object");
  row(R"(["1","x",{"t":1}])", "values of structured metadata must be strings");
}

}  // namespace
}  // namespace tailrace
