#include "trace/proc_maps.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "base/error.h"
#include "support/temporary_folder.h"

namespace tablewalk::proc_maps_test {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;

class ProcMaps : public ::testing::Test {
 protected:
  Layout read(const std::string& text) { return read_proc_maps(folder_.write("maps", text)); }
  /// What is said about the text, without the folder.
  std::string refusal(const std::string& text) {
    try {
      read(text);
    } catch (const InputError& error) {
      const std::string message = error.what();
      return message.substr(message.find("maps:"));
    }
    return "accepted";
  }

  test::TemporaryFolder folder_;
};

constexpr const char* small_maps =
    "55d0c8a00000-55d0c8a21000 r-xp 00001000 fd:01 1234                       /usr/bin/a b\n"
    "55d0c8c00000-55d0c8c21000 rw-p 00000000 00:00 0                          [heap]\n"
    "7f0000000000-7f0000001000 rw-s 00000000 00:05 99                         /dev/zero (deleted)\n"
    "7ffc00000000-7ffc00021000 rw-p 00000000 00:00 0                          [stack]\n"
    "ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]\n";

/// The lines of what was read.
std::vector<std::string> lines_of(const Layout& layout) {
  std::vector<std::string> lines;
  std::transform(layout.begin(), layout.end(), std::back_inserter(lines), to_text);
  return lines;
}

TEST_F(ProcMaps, HaveRightsBackingAndLabel) {
  EXPECT_THAT(lines_of(read(small_maps)), ElementsAre("reserve 0x55d0c8a00000 0x21000 r-xu file 0x1000 : /usr/bin/a b",
                                                      "reserve 0x55d0c8c00000 0x21000 rw-u : [heap]",
                                                      "reserve 0x7f0000000000 0x1000 rw-u shared : /dev/zero (deleted)",
                                                      "reserve 0x7ffc00000000 0x21000 rw-u stack : [stack]",
                                                      "reserve 0xffffffffff600000 0x1000 --xu : [vsyscall]"));
}

TEST_F(ProcMaps, SmapsHavePageSizesAndAdvice) {
  const Layout layout = read(
      "7f0000000000-7f0000400000 rw-p 00000000 00:0f 7  /anon_hugepage (deleted)\n"
      "Size:               4096 kB\nKernelPageSize:     2048 kB\nMMUPageSize:        2048 kB\n"
      "VmFlags: rd wr mr mw me de ht sd \n"
      "7f0000400000-7f0000800000 rw-p 00000000 00:00 0 \n"
      "KernelPageSize:        4 kB\nTHPeligible:           1\nVmFlags: rd wr mr mw me ac sd hg\n"
      "7f0000800000-7f0000900000 rw-p 00000000 00:00 0 \n"
      "KernelPageSize:        4 kB\nVmFlags: rd wr gd nh\n");
  EXPECT_THAT(
      lines_of(layout),
      ElementsAre("reserve 0x7f0000000000 0x400000 rw-u page 0x200000 : /anon_hugepage (deleted)",
                  "reserve 0x7f0000400000 0x400000 rw-u huge", "reserve 0x7f0000800000 0x100000 rw-u stack no-huge"));
}

TEST_F(ProcMaps, OfThisProcess) {
  for (const char* path : {"/proc/self/maps", "/proc/self/smaps"}) {
    const Layout layout = read_proc_maps(path);
    const VirtualAddress here(reinterpret_cast<std::uint64_t>(&layout));
    const auto stack = std::find_if(layout.begin(), layout.end(), [&](const LayoutChange& region) {
      return region.first <= here && here <= region.last();
    });
    ASSERT_NE(stack, layout.end());
    EXPECT_EQ(stack->label, "[stack]");
    EXPECT_TRUE(stack->grows_down);
    EXPECT_TRUE(stack->read && stack->write && !stack->execute && stack->user);
  }
}

TEST_F(ProcMaps, WhatIsMalformedIsOneLineWithItsPlace) {
  const std::string good = "1000-2000 rw-p 0 0:0 0\n";
  EXPECT_EQ(refusal(good + "hello\n"), "maps:2: 'hello'; expected START-END PERMISSIONS OFFSET DEVICE INODE [PATH]");
  EXPECT_EQ(refusal("1000 rw-p 0 0:0 0"), "maps:1: '1000'; expected two hexadecimal addresses, START-END");
  EXPECT_EQ(refusal("1000-20g0 rw-p 0 0:0 0"), "maps:1: '1000-20g0'; expected two hexadecimal addresses, START-END");
  EXPECT_EQ(refusal("2000-1000 rw-p 0 0:0 0"), "maps:1: '2000-1000' ends before it starts; expected START below END");
  EXPECT_EQ(refusal("1000-1800 rw-p 0 0:0 0"), "maps:1: '1000-1800'; expected addresses that are multiples of 4096");
  EXPECT_EQ(refusal("1000-2000 rwp 0 0:0 0"), "maps:1: permissions 'rwp'; expected four letters, such as r-xp or rw-s");
  EXPECT_EQ(refusal("1000-2000 wr-p 0 0:0 0"),
            "maps:1: permissions 'wr-p'; expected four letters, such as r-xp or rw-s");
  EXPECT_EQ(refusal("1000-2000 rw-p x 0:0 0"), "maps:1: offset 'x'; expected a hexadecimal number");
  EXPECT_EQ(refusal("1000-2000 rw-p 0 0:0 a"), "maps:1: inode 'a'; expected a decimal number");
  EXPECT_EQ(refusal(good + "1000-3000 rw-p 0 0:0 0\n"),
            "maps:2: '1000-3000' begins below the end of the region before it; expected ascending addresses");
  EXPECT_EQ(refusal("Size: 4 kB\n"),
            "maps:1: 'Size: 4 kB' before the first region; expected START-END PERMISSIONS "
            "OFFSET DEVICE INODE [PATH]");
  EXPECT_EQ(refusal(good + "KernelPageSize: 3 kB\n"),
            "maps:2: 'KernelPageSize: 3 kB'; expected KernelPageSize: N kB, N a power of two");
  EXPECT_EQ(refusal(good + "KernelPageSize: 2199023255552 kB\n"),
            "maps:2: 'KernelPageSize: 2199023255552 kB'; expected KernelPageSize: N kB, N a power of two");
  EXPECT_EQ(refusal("400000-500000 rw-p 0 00:00 0\nKernelPageSize: 2048 kB\nVmFlags: rd wr ht\n"
                    "500000-501000 rw-p 0 00:00 0\n"),
            "maps: the region 400000-500000 has pages of 2M; expected whole pages of that size");
  EXPECT_THAT(refusal(good + "Words without\n"), HasSubstr("or a line of smaps, KEY: VALUE"));
  EXPECT_THAT(refusal(""), EndsWith("no regions; expected lines of /proc/PID/maps: START-END PERMISSIONS OFFSET DEVICE "
                                    "INODE [PATH]"));
}

}  // namespace
}  // namespace tablewalk::proc_maps_test
