#include "base/base_n.h"

#include <gtest/gtest.h>

namespace tailrace {
namespace {

TEST(Base64, BothWays) {
  auto f = [](const std::string& bytes, const std::string& text) {
    SCOPED_TRACE(text);
    EXPECT_EQ(encode_base64(bytes), text);
    std::string decoded;
    std::size_t fault = 0;
    EXPECT_TRUE(decode_base64(text, decoded, fault));
    EXPECT_EQ(decoded, bytes);
  };
  f("", "");
  f("f", "Zg==");
  f("fo", "Zm8=");
  f("foo", "Zm9v");
  f("foob", "Zm9vYg==");
  f("foobar", "Zm9vYmFy");
  f(std::string("\0\xff\x10", 3), "AP8Q");
}

TEST(Base64, TellsWhereTheFaultIs) {
  auto f = [](const std::string& text, std::size_t at) {
    SCOPED_TRACE(text);
    std::string decoded;
    std::size_t fault = 0;
    EXPECT_FALSE(decode_base64(text, decoded, fault));
    EXPECT_EQ(fault, at);
  };
  f("a!b=", 1);
  f("Zm9vY", 4);
  f("aG=k", 2);
}

}  // namespace
}  // namespace tailrace
