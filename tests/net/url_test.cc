#include "net/url.h"

#include <gtest/gtest.h>

namespace tailrace {
namespace {

TEST(Url, Parses) {
  auto f = [](std::string_view text, const std::string& user, const std::string& password,
              const std::string& authority, int port, const std::string& target) {
    SCOPED_TRACE(text);
    const Result<Url> url = parse_url(text);
    ASSERT_TRUE(url) << url.error().text();
    EXPECT_EQ(url->user, user);
    EXPECT_EQ(url->password, password);
    EXPECT_EQ(url->authority(), authority);
    EXPECT_EQ(url->port_or_default(), port);
    EXPECT_EQ(url->target(), target);
  };
  f("http://loki:3100/loki/api/v1/push", "", "", "loki:3100", 3100, "/loki/api/v1/push");
  f("http://loki", "", "", "loki", 80, "/");
  f("HTTPS://Loki.example/?a=b", "", "", "Loki.example", 443, "/?a=b");
  f("https://h?x", "", "", "h", 443, "/?x");
  f("http://h/p?#frag", "", "", "h", 80, "/p?");
  f("http://u:p%40ss@h:1/", "u", "p@ss", "h:1", 1, "/");
  f("http://u@h/", "u", "", "h", 80, "/");
  f("http://a@b:c@h/", "a@b", "c", "h", 80, "/");
  f("http://[::1]:8080/x", "", "", "[::1]:8080", 8080, "/x");
  f("http://h:/x", "", "", "h", 80, "/x");
  f("unix:///var/run/docker.sock", "", "", "localhost", 80, "/");
}

TEST(Url, RefusesWithReasons) {
  auto f = [](std::string_view text, const std::string& want) {
    const Result<Url> url = parse_url(text);
    ASSERT_FALSE(url) << text;
    EXPECT_EQ(url.error().code(), ErrorCode::kInvalid);
    EXPECT_EQ(url.error().text(), want);
  };
  f("", "bad URL \"\": it must start with http://, https:// or unix://");
  f("loki:3100/push",
    "bad URL \"loki:3100/push\": it must start with http://, https:// or unix://");
  f("ftp://h/", "bad URL \"ftp://h/\": unknown scheme; use http, https or unix");
  f("http:///x", "bad URL \"http:///x\": no host");
  f("http://h:99999/", "bad URL \"http://h:99999/\": the port must be a number from 1 to 65535");
  f("http://h:8a/", "bad URL \"http://h:8a/\": the port must be a number from 1 to 65535");
  f("http://a b/",
    "bad URL \"http://a b/\": blanks and control characters must be percent-encoded");
  f("http://h/\n",
    "bad URL \"http://h/\n\": blanks and control characters must be percent-encoded");
  f("http://[::1/", "bad URL \"http://[::1/\": missing ]");
  f("http://h<x>/", "bad URL \"http://h<x>/\": bad character in the host name");
  f("http://u:pass%zz@h/", "bad URL: bad %-escape in user or password");
  f("http://u:secret@h:x/", "bad URL \"h:x\": the port must be a number from 1 to 65535");
  f("unix://relative",
    "bad URL \"unix://relative\": a socket needs an absolute path: unix:///run/x.sock");
}

TEST(Url, TextHidesThePassword) {
  auto f = [](std::string_view text, const std::string& want) {
    EXPECT_EQ(parse_url(text)->text(), want);
  };
  f("http://u:secret@h:1/p?q", "http://u:xxxxx@h:1/p?q");
  f("http://u@h", "http://u@h/");
  f("unix:///run/x.sock", "unix:///run/x.sock");
}

TEST(Url, ResolvesReferences) {
  auto f = [](std::string_view reference, const std::string& want) {
    SCOPED_TRACE(reference);
    EXPECT_EQ(resolve_url(parse_url("https://h:1/a/b?c").value(), reference)->text(), want);
  };
  f("/x?y", "https://h:1/x?y");
  f("x", "https://h:1/a/x");
  f("?z", "https://h:1/a/b?z");
  f("//other/p", "https://other/p");
  f("http://other:2/", "http://other:2/");
  f("/p?u=http://x", "https://h:1/p?u=http://x");
  EXPECT_FALSE(resolve_url(parse_url("https://h/").value(), "gopher://x/"));
}

TEST(Url, PercentCoding) {
  EXPECT_EQ(percent_encode("a b/ü?-_.~"), "a%20b%2F%C3%BC%3F-_.~");
  EXPECT_EQ(percent_decode("a%20b%2f%C3%BC+", false).value(), "a b/ü+");
  EXPECT_EQ(percent_decode("a+b%41", true).value(), "a bA");
  for (const char* bad : {"%", "%4", "%zz", "x%4g"})
    EXPECT_FALSE(percent_decode(bad, false)) << bad;
}

}  // namespace
}  // namespace tailrace
