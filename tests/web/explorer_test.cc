#include "web/explorer.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <regex>

#include "net/net_fixture.h"
#include "web/explorer_assets.h"

namespace tailrace {
namespace {

std::string gunzip(std::string_view bytes) {
  std::string out(1 << 20, '\0');
  z_stream stream{};
  EXPECT_EQ(inflateInit2(&stream, 15 + 16), Z_OK);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  inflateEnd(&stream);
  return out;
}

struct Answer {
  explicit Answer(const std::string& text) {
    const std::size_t split = text.find("\r\n\r\n");
    head = text.substr(0, split);
    body = text.substr(split + 4);
  }
  int status() const { return std::stoi(head.substr(9, 3)); }
  std::string header(const std::string& name) const {
    std::smatch match;
    return std::regex_search(head, match, std::regex("\r\n" + name + ": ([^\r]*)")) ? match[1].str()
                                                                                    : "";
  }
  std::string head;
  std::string body;
};

class ExplorerTest : public ::testing::Test {
 protected:
  static void add(Router& router) {
    ExplorerPlace store;
    store.version = "1.2.3";
    store.metrics = "metrics";
    store.agent = "api/v1/agent";
    store.has_store = true;
    add_explorer(router, store);
    ExplorerPlace agent;
    agent.path = "/ui";
    agent.metrics = "../metrics";
    add_explorer(router, agent);
  }
  Answer get(const std::string& target, const std::string& headers = "",
             const std::string& method = "GET") {
    return Answer(server_.talk(method + " " + target + " HTTP/1.1\r\nHost: x\r\n" + headers +
                               "Connection: close\r\n\r\n"));
  }
  TestServer server_{add};
};

TEST_F(ExplorerTest, ServesThePageAndItsFiles) {
  auto f = [&](const std::string& target, const std::string& type, const std::string& begin) {
    SCOPED_TRACE(target);
    const Answer answer = get(target);
    EXPECT_EQ(answer.status(), 200);
    EXPECT_EQ(answer.header("Content-Type"), type);
    EXPECT_EQ(answer.body.substr(0, begin.size()), begin);
  };
  f("/", "text/html; charset=utf-8", "<!doctype html>");
  f("/ui/", "text/html; charset=utf-8", "<!doctype html>");
  f("/assets/main.js", "text/javascript; charset=utf-8", "// ");
  f("/ui/assets/main.js", "text/javascript; charset=utf-8", "// ");
  f("/assets/style.css", "text/css; charset=utf-8", "/* ");
  f("/assets/icon.svg", "image/svg+xml", "<svg ");
  EXPECT_EQ(get("/assets/nothing.js").status(), 404);
  EXPECT_EQ(get("/assets/../main.js").status(), 404);
  EXPECT_EQ(get("/", "", "POST").status(), 405);
}

TEST_F(ExplorerTest, ThePathWithoutASlashLeadsToThePage) {
  const Answer answer = get("/ui");
  EXPECT_EQ(answer.status(), 308);
  EXPECT_EQ(answer.header("Location"), "ui/");  // relative: right behind any prefix
}

TEST_F(ExplorerTest, CompressedForThoseWhoTakeItAndTheSame) {
  for (const ExplorerAsset& asset : explorer_assets()) {
    SCOPED_TRACE(asset.name);
    const std::string target = "/assets/" + std::string(asset.name);
    const Answer plain = get(target);
    EXPECT_EQ(plain.header("Content-Encoding"), "");
    EXPECT_EQ(plain.body.size(), asset.bytes);
    const Answer packed = get(target, "Accept-Encoding: br, gzip\r\n");
    EXPECT_EQ(packed.header("Content-Encoding"), "gzip");
    EXPECT_EQ(packed.header("Vary"), "Accept-Encoding");
    EXPECT_EQ(gunzip(packed.body), plain.body);
    EXPECT_EQ(get(target, "Accept-Encoding: gzip;q=0\r\n").header("Content-Encoding"), "");
  }
}

TEST_F(ExplorerTest, KnownContentIsNotSentAgain) {
  const Answer first = get("/assets/main.js");
  const std::string tag = first.header("ETag");
  ASSERT_TRUE(std::regex_match(tag, std::regex("\"[0-9a-f]{16}\""))) << tag;
  EXPECT_EQ(first.header("Cache-Control"), "no-cache");
  const Answer again = get("/assets/main.js", "If-None-Match: \"other\", " + tag + "\r\n");
  EXPECT_EQ(again.status(), 304);
  EXPECT_EQ(again.body, "");
  EXPECT_EQ(again.header("ETag"), tag);
  EXPECT_EQ(get("/assets/main.js", "If-None-Match: \"other\"\r\n").status(), 200);
  EXPECT_NE(get("/assets/style.css").header("ETag"), tag);
}

TEST_F(ExplorerTest, TheBrowserIsToldWhatMayNotBe) {
  for (const char* target : {"/", "/assets/main.js", "/explorer.json", "/ui/"}) {
    SCOPED_TRACE(target);
    const Answer answer = get(target);
    const std::string policy = answer.header("Content-Security-Policy");
    for (const char* part : {"default-src 'none'", "script-src 'self';", "style-src 'self';",
                             "connect-src 'self';", "frame-ancestors 'none'", "base-uri 'none'",
                             "form-action 'none'", "require-trusted-types-for 'script'"}) {
      EXPECT_NE(policy.find(part), std::string::npos) << part << " is not in: " << policy;
    }
    for (const char* part : {"unsafe", "http:", "https:", "*"})
      EXPECT_EQ(policy.find(part), std::string::npos) << part << " is in: " << policy;
    EXPECT_EQ(answer.header("X-Content-Type-Options"), "nosniff");
    EXPECT_EQ(answer.header("Referrer-Policy"), "no-referrer");
    EXPECT_EQ(answer.header("X-Frame-Options"), "DENY");
  }
}

TEST_F(ExplorerTest, SaysWhatIsHere) {
  EXPECT_EQ(
      get("/explorer.json").body,
      "{\"version\":\"1.2.3\",\"metrics\":\"metrics\",\"agent\":\"api/v1/agent\",\"sources\":["
      "{\"name\":\"store\",\"title\":\"this store\",\"loki\":\"loki/api/v1/\",\"tail\":true}]}");
  EXPECT_EQ(get("/ui/explorer.json").body,
            "{\"version\":\"\",\"metrics\":\"../metrics\",\"agent\":\"\",\"sources\":[]}");
}

// Lines of logs reach the page as text nodes. What could make markup or script of a text must not
// be in its files at all.
TEST(ExplorerAssets, NothingTurnsTextIntoMarkup) {
  const std::regex forbidden(
      "innerHTML|outerHTML|insertAdjacentHTML|document\\.write|\\beval\\b|new Function|DOMParser|"
      "createContextualFragment|setHTML|srcdoc|javascript:|\\son\\w+=\"|<script(?! type=\"module\" "
      "src=)|\\sstyle=");
  for (const char* bad : {"a.innerHTML = b", "eval(x)", "<i onclick=\"x\">", "<script>"})
    EXPECT_TRUE(std::regex_search(std::string(bad), forbidden)) << bad;
  for (const ExplorerAsset& asset : explorer_assets()) {
    const std::string text = gunzip(asset.gzipped);
    std::smatch match;
    EXPECT_FALSE(std::regex_search(text, match, forbidden)) << asset.name << ": " << match.str();
  }
}

// All that is loaded is ours.
TEST(ExplorerAssets, NothingComesFromElsewhere) {
  for (const ExplorerAsset& asset : explorer_assets()) {
    std::string text = gunzip(asset.gzipped);
    text = std::regex_replace(text, std::regex("http://www\\.w3\\.org/2000/svg"), "");  // a name
    EXPECT_EQ(text.find("://"), std::string::npos) << asset.name;
  }
}

TEST(ExplorerAssets, StaySmall) {
  std::size_t bytes = 0;
  std::size_t packed = 0;
  for (const ExplorerAsset& asset : explorer_assets()) {
    bytes += asset.bytes;
    packed += asset.gzipped.size();
  }
  EXPECT_LT(bytes, 160'000u);
  EXPECT_LT(packed, 64'000u);
}

}  // namespace
}  // namespace tailrace
