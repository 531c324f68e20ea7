#include "wire/inflate.h"

#include <gtest/gtest.h>

#include "support/deflated.h"

namespace tailrace {
namespace {

TEST(Inflate, IsBoundedAndTakesSeveralMembers) {
  const std::string two = deflated("one ", kGzipBits) + deflated("two", kGzipBits);
  EXPECT_EQ(inflate_all(two, DeflateFormat::kGzip, 100).value_or(""), "one two");
  EXPECT_EQ(inflate_all(deflated("", kGzipBits), DeflateFormat::kGzip, 0).value_or("x"), "");
  EXPECT_EQ(inflate_all(two, DeflateFormat::kGzip, 6).error().code(), ErrorCode::kRejected);
  EXPECT_EQ(inflate_all(two, DeflateFormat::kGzip, 7).value_or(""), "one two");
  const std::string bomb = deflated(std::string(50'000'000, 'x'), MAX_WBITS);
  EXPECT_EQ(inflate_all(bomb, DeflateFormat::kZlib, 1'000'000).error().code(),
            ErrorCode::kRejected);
  for (std::size_t cut = 0; cut < two.size(); ++cut) {
    if (cut == deflated("one ", kGzipBits).size()) continue;
    EXPECT_FALSE(inflate_all(two.substr(0, cut), DeflateFormat::kGzip, 100)) << cut;
  }
}

TEST(Inflate, TakesBothKindsOfDeflate) {
  const std::string text(200'000, 'x');
  for (const int bits : {MAX_WBITS, kBareBits}) {  // as the standard says; as some send it
    EXPECT_EQ(inflate_all(deflated(text, bits), DeflateFormat::kDeflate, 1 << 20).value_or(""),
              text);
  }
}

TEST(Inflate, SaysWhatIsWrong) {
  auto f = [](const std::string& packed, std::string_view want) {
    const Result<std::string> got = inflate_all(packed, DeflateFormat::kGzip, 1000);
    ASSERT_FALSE(got);
    EXPECT_NE(got.error().text().find(want), std::string::npos) << got.error().text();
  };
  f("no gzip", "incorrect header check");
  f("", "it is cut off");
  f(deflated("text", kGzipBits).substr(0, 20), "it is cut off");
  f(deflated(std::string(2000, 'x'), kGzipBits), "grows over 1000 bytes");
}

}  // namespace
}  // namespace tailrace
