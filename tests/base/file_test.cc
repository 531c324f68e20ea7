#include "base/file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "support/temp_dir.h"

namespace tailrace {
namespace {

std::size_t entries_in(const std::filesystem::path& directory) {
  using Iterator = std::filesystem::directory_iterator;
  return static_cast<std::size_t>(std::distance(Iterator(directory), Iterator()));
}

TEST(File, ReplacesAndReads) {
  const TempDir directory;
  const std::filesystem::path path = directory / "positions.yaml";
  for (const std::string& text :
       {std::string("first"), std::string(), std::string("\0\xff", 2), std::string(300'000, 'x')}) {
    ASSERT_TRUE(replace_file_blocking(path, text, 0600));
    EXPECT_EQ(read_file(path).value(), text);
  }
  EXPECT_EQ(entries_in(directory.path()), 1U) << "a temporary file was left";
}

TEST(File, SetsTheModeWhateverTheUmask) {
  const TempDir directory;
  const std::filesystem::path path = directory / "f";
  const mode_t before = ::umask(0077);
  EXPECT_TRUE(replace_file_blocking(path, "x", 0644));
  ::umask(before);
  struct stat status {};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0644U);
}

TEST(File, LeavesTheOldContentWhenItCannotReplace) {
  const TempDir directory;
  const std::filesystem::path blocked = directory / "blocked";
  std::filesystem::create_directory(blocked);
  const Result<void> replaced = replace_file_blocking(blocked, "x", 0600);
  ASSERT_FALSE(replaced);
  EXPECT_NE(replaced.error().text().find(blocked.native()), std::string::npos);
  EXPECT_EQ(entries_in(directory.path()), 1U) << "a temporary file was left";
  EXPECT_EQ(replace_file_blocking(directory / "no/f", "x", 0600).error().code(),
            ErrorCode::kNotFound);
}

TEST(File, SaysWhatItCouldNotRead) {
  const TempDir directory;
  const Result<std::string> missing = read_file(directory / "missing");
  EXPECT_EQ(missing.error().code(), ErrorCode::kNotFound);
  EXPECT_NE(missing.error().text().find("missing"), std::string::npos);
  EXPECT_EQ(read_file(directory.path()).error().code(), ErrorCode::kIo);
  EXPECT_EQ(open_for_read(directory / "missing").error().code(), ErrorCode::kNotFound);
}

TEST(File, RefusesMoreThanTheLimit) {
  const TempDir directory;
  const std::string path = directory.write("f", "12345");
  EXPECT_EQ(read_file(path, 5).value(), "12345");
  EXPECT_FALSE(read_file(path, 4));
}

TEST(File, ReadsWhatHasNoSize) {
  // Files of /proc say that they are empty.
  EXPECT_NE(read_file("/proc/self/status").value().find("Name:"), std::string::npos);
}

TEST(File, ReadsAtAnOffset) {
  const TempDir directory;
  const Result<Fd> fd = open_for_read(directory.write("f", "0123456789"));
  ASSERT_TRUE(fd);
  std::array<char, 4> room{};
  EXPECT_EQ(read_at(fd->get(), room, 8).value(), 2U);
  EXPECT_EQ(std::string_view(room.data(), 2), "89");
  EXPECT_EQ(read_at(fd->get(), room, 10).value(), 0U);
  EXPECT_EQ(read_at(fd->get(), room, 3).value(), 4U);
  EXPECT_EQ(std::string_view(room.data(), 4), "3456");
}

TEST(Fd, ClosesOnce) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  Fd first(ends[0]);
  Fd second(ends[1]);
  first = std::move(second);
  EXPECT_EQ(first.get(), ends[1]);
  EXPECT_FALSE(second);  // NOLINT: what a moved-from Fd is, is promised
  EXPECT_EQ(::fcntl(ends[0], F_GETFD), -1) << "what the assignment replaced is closed";
}

}  // namespace
}  // namespace tailrace
