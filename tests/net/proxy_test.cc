#include "net/proxy.h"

#include <gtest/gtest.h>

#include <map>

namespace tailrace {
namespace {

TEST(Proxy, NoProxyLists) {
  auto f = [](std::string_view list, std::string_view host, std::uint16_t port, bool want) {
    SCOPED_TRACE(std::string(list) + " " + std::string(host));
    EXPECT_EQ(bypasses_proxy(list, host, port), want);
  };
  f("", "example.com", 80, false);
  f("", "localhost", 80, true);
  f("", "127.3.2.1", 80, true);
  f("", "::1", 80, true);
  f("*", "example.com", 80, true);
  f("example.com", "example.com", 80, true);
  f("example.com", "EXAMPLE.com.", 80, true);
  f("example.com", "a.example.com", 80, true);
  f("example.com", "badexample.com", 80, false);
  f(".example.com", "a.example.com", 80, true);
  f(".example.com", "example.com", 80, false);
  f("*.example.com", "a.example.com", 80, true);
  f("*.example.com", "example.com", 80, false);
  f("a.com, b.com ,c.com", "b.com", 80, true);
  f("example.com:8080", "example.com", 8080, true);
  f("example.com:8080", "example.com", 80, false);
  f("10.0.0.0/8", "10.200.3.4", 80, true);
  f("10.0.0.0/8", "11.0.0.1", 80, false);
  f("10.0.0.0/8", "ten.example", 80, false);
  f("10.0.0.1", "10.0.0.1", 80, true);
  f("10.0.0.1", "10.0.0.10", 80, false);
  f("10.0.0.1:81", "10.0.0.1", 80, false);
  f("fd00::/8", "fd12::1", 80, true);
  f("fd00::1", "fd00:0::1", 80, true);
  f("[fd00::1]:80", "fd00::1", 80, true);
  f("10.0.0.0/x,/8,,:", "10.0.0.1", 80, false);
}

TEST(Proxy, FromEnvironment) {
  auto f = [](std::map<std::string, std::string> variables, std::string_view target,
              const std::string& want) {
    SCOPED_TRACE(target);
    ProxyOptions options;
    options.from_environment = true;
    const Result<std::optional<Url>> proxy =
        proxy_for(options, parse_url(target).value(), [&](const char* name) -> const char* {
          const auto found = variables.find(name);
          return found == variables.end() ? nullptr : found->second.c_str();
        });
    EXPECT_EQ(!proxy ? "error" : *proxy ? (*proxy)->text() : "none", want);
  };
  f({}, "http://h/", "none");
  f({{"HTTP_PROXY", "http://p:1"}}, "http://h/", "http://p:1/");
  f({{"HTTP_PROXY", "http://p:1"}}, "https://h/", "none");
  f({{"https_proxy", "p:2"}}, "https://h/", "http://p:2/");
  f({{"HTTPS_PROXY", ""}, {"https_proxy", "p:2"}}, "https://h/", "http://p:2/");
  f({{"HTTP_PROXY", "p:1"}, {"NO_PROXY", "h"}}, "http://h/", "none");
  f({{"HTTP_PROXY", "p:1"}}, "http://localhost:3100/", "none");
  f({{"HTTP_PROXY", "socks5://p:1"}}, "http://h/", "error");
  f({{"HTTP_PROXY", "p:1"}}, "unix:///x", "none");
}

TEST(Proxy, FromOptions) {
  ProxyOptions options;
  options.url = parse_url("http://p:1").value();
  const Url local = parse_url("http://127.0.0.1/").value();
  EXPECT_TRUE(proxy_for(options, local)->has_value())
      << "without a list everything goes through it";
  options.no_proxy = "example.com";
  EXPECT_FALSE(proxy_for(options, local)->has_value());
  EXPECT_TRUE(proxy_for(options, parse_url("http://h/").value())->has_value());
}

}  // namespace
}  // namespace tailrace
