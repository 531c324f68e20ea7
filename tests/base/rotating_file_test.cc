#include "base/rotating_file.h"

#include <gtest/gtest.h>

#include "base/file.h"
#include "support/temp_dir.h"

namespace tailrace {
namespace {

std::string content(const std::string& path) {
  const Result<std::string> text = read_file(path);
  return text ? *text : "<" + text.error().text() + ">";
}

// Lines of 10 bytes, "line 0001\n".
std::string lines(int first, int count) {
  std::string out;
  for (int n = first; n < first + count; ++n) {
    char line[32];
    std::snprintf(line, sizeof line, "line %04d\n", n);
    out += line;
  }
  return out;
}

TEST(RotatingFile, RenamesAtItsSizeBetweenLines) {
  const TempDir folder;
  const std::string path = folder / "new/app.log";
  RotatingFile file({.path = path, .max_bytes = 35, .keep = 2});
  ASSERT_TRUE(file.open());
  std::string text = lines(0, 8);
  ASSERT_TRUE(file.append(text));
  EXPECT_EQ(text, "");
  EXPECT_EQ(content(path + ".2"), lines(0, 3));
  EXPECT_EQ(content(path + ".1"), lines(3, 3));
  EXPECT_EQ(content(path), lines(6, 2));
  text = lines(8, 2);
  ASSERT_TRUE(file.append(text));
  EXPECT_EQ(content(path + ".2"), lines(3, 3)) << "the oldest is gone";
  EXPECT_EQ(content(path), lines(9, 1));
}

TEST(RotatingFile, LongLineGetsAFileOfItsOwn) {
  const TempDir folder;
  const std::string path = folder / "app.log";
  RotatingFile file({.path = path, .max_bytes = 35, .keep = 9});
  ASSERT_TRUE(file.open());
  const std::string giant = std::string(100, 'x') + '\n';
  std::string text = lines(0, 1) + giant + lines(1, 1);
  ASSERT_TRUE(file.append(text));
  EXPECT_EQ(content(path + ".2"), lines(0, 1));
  EXPECT_EQ(content(path + ".1"), giant);
  EXPECT_EQ(content(path), lines(1, 1));
}

TEST(RotatingFile, GoesOnWithWhatIsThere) {
  const TempDir folder;
  const std::string path = folder.write("app.log", lines(0, 3));
  RotatingFile file({.path = path, .max_bytes = 35, .keep = 1});
  ASSERT_TRUE(file.open());
  std::string text = lines(3, 1);
  ASSERT_TRUE(file.append(text));
  EXPECT_EQ(content(path + ".1"), lines(0, 3));
  EXPECT_EQ(content(path), lines(3, 1));
}

TEST(RotatingFile, BeginsAnewWhenItsFileWasTakenAway) {
  const TempDir folder;
  const std::string path = folder / "app.log";
  RotatingFile file({.path = path});
  ASSERT_TRUE(file.open());
  std::string text = lines(0, 1);
  ASSERT_TRUE(file.append(text));
  std::filesystem::rename(path, folder / "taken");
  text = lines(1, 1);
  ASSERT_TRUE(file.append(text));
  EXPECT_EQ(content(folder / "taken"), lines(0, 1));
  EXPECT_EQ(content(path), lines(1, 1));
}

TEST(RotatingFile, SaysWhatIsInTheWayAndKeepsTheLines) {
  const TempDir folder;
  folder.write("file", "x");
  RotatingFile file({.path = folder / "file/app.log"});
  const Result<void> opened = file.open();
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().text().find("open " + (folder / "file/app.log")), std::string::npos);
  std::string text = lines(0, 2);
  EXPECT_FALSE(file.append(text));
  EXPECT_EQ(text, lines(0, 2));
  std::filesystem::remove(folder / "file");
  EXPECT_TRUE(file.append(text)) << "it heals by itself";
  EXPECT_EQ(content(folder / "file/app.log"), lines(0, 2));
}

}  // namespace
}  // namespace tailrace
