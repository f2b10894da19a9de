#include "base/byte_source.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>

#include "base/line_source.h"

namespace tablewalk::byte_source_test {
namespace {

/// A file of these bytes, which has no name any more.
int file_of(const std::string& content) {
  std::string name = testing::TempDir() + "byte_source.XXXXXX";
  const int descriptor = ::mkstemp(name.data());
  ::unlink(name.c_str());
  EXPECT_EQ(::write(descriptor, content.data(), content.size()), static_cast<ssize_t>(content.size()));
  ::lseek(descriptor, 0, SEEK_SET);
  return descriptor;
}

/// The reading end of a pipe from which these bytes can be read.
int pipe_of(const std::string& content) {
  int ends[2] = {-1, -1};
  EXPECT_EQ(::pipe(ends), 0);
  EXPECT_EQ(::write(ends[1], content.data(), content.size()), static_cast<ssize_t>(content.size()));
  ::close(ends[1]);
  return ends[0];
}

TEST(ByteSource, ProgressIsTheShareOfTheFileThatIsConsumed) {
  ByteSource bytes(file_of("12345678"), "file");
  EXPECT_EQ(bytes.progress(), 0.0);
  EXPECT_EQ(bytes.peek(8), "12345678");
  EXPECT_EQ(bytes.progress(), 0.0) << "only looked at";
  bytes.skip(2);
  EXPECT_EQ(bytes.progress(), 0.25);
  bytes.skip(6);
  EXPECT_EQ(bytes.progress(), 1.0);
}

TEST(ByteSource, TheSizeOfAPipeAndSoItsProgressAreUnknown) {
  ByteSource bytes(pipe_of("1234"), "pipe");
  EXPECT_EQ(bytes.peek(4), "1234");
  EXPECT_LT(bytes.progress(), 0.0);
  EXPECT_FALSE(bytes.seekable());
}

TEST(ByteSource, SeeksInAFile) {
  ByteSource bytes(file_of("12345678"), "file");
  EXPECT_TRUE(bytes.seekable());
  EXPECT_EQ(bytes.size(), 8u);
  bytes.skip(bytes.peek(8).size());
  bytes.seek(6);
  EXPECT_EQ(bytes.offset(), 6u);
  EXPECT_EQ(bytes.peek(8), "78");
  EXPECT_EQ(bytes.progress(), 0.75);
}

TEST(LineSource, OnlyTheLastLineMayLackItsEnd) {
  ByteSource bytes(pipe_of("one\r\n\ntwo"), "pipe");
  LineSource lines(bytes);
  EXPECT_TRUE(lines.ended()) << "nothing lacks anything yet";
  std::string_view line;
  for (const char* expected : {"one", ""}) {
    ASSERT_TRUE(lines.next(line));
    EXPECT_EQ(line, expected);
    EXPECT_TRUE(lines.ended());
  }
  ASSERT_TRUE(lines.next(line));
  EXPECT_EQ(line, "two");
  EXPECT_FALSE(lines.ended());
  EXPECT_EQ(lines.line_number(), 3u);
  EXPECT_FALSE(lines.next(line));
}

}  // namespace
}  // namespace tablewalk::byte_source_test
