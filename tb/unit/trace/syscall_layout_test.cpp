// Lines of Valgrind 3.19 with --trace-syscalls=yes, and what they change.
#include "trace/syscall_layout.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tablewalk::syscall_layout_test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class Syscalls : public ::testing::Test {
 protected:
  /// What the lines, which are all of system calls, change.
  std::vector<std::string> changes(const std::vector<std::string>& lines) {
    for (const std::string& line : lines) EXPECT_TRUE(layout_.take(line, 5)) << line;
    std::vector<std::string> texts;
    for (const LayoutChange& change : layout_.changes_before(5)) {
      EXPECT_EQ(change.record, 5u);
      texts.push_back(to_text(change));
    }
    return texts;
  }

  SyscallLayout layout_;
};

/// A line of thread 1.
std::string call(const std::string& text, const std::string& result) {
  return "SYSCALL[12449,1](9) " + text + " --> [pre-success] " + result + " ";
}

TEST_F(Syscalls, OtherLinesAreNone) {
  for (const char* line :
       {"I  04020ca3,6", "--12449--   SCHED[1]:  acquired lock", "==12449== ", "", " SYSCALL[1,1](9)"}) {
    EXPECT_FALSE(layout_.take(line, 0)) << line;
  }
  EXPECT_FALSE(layout_.has_changes());
}

TEST_F(Syscalls, MmapReserves) {
  EXPECT_THAT(changes({call("sys_mmap ( 0x0, 8193, 3, 34, 4294967295, 0 )", "Success(0x4835000)"),
                       call("sys_mmap ( 0x0, 4096, 1, 33, 4294967295, 0 )", "Success(0x4836000)"),
                       call("sys_mmap ( 0x0, 4096, 7, 290, 4294967295, 0 )", "Success(0x4837000)"),
                       call("sys_mmap ( 0x0, 4194304, 3, 262178, 4294967295, 0 )", "Success(0x4c00000)"),
                       call("sys_mmap ( 0x0, 4096, 3, 34, 4294967295, 0 )", "Failure(0xc)")}),
              ElementsAre("reserve 0x4835000 0x3000 rw-u", "reserve 0x4836000 0x1000 r--u shared",
                          "reserve 0x4837000 0x1000 rwxu stack", "reserve 0x4c00000 0x400000 rw-u page 0x200000"));
}

TEST_F(Syscalls, AForkedProcessBeginsWithWhatItsParentHasThen) {
  const LayoutChange program = parse_layout_change("reserve 0x400000 0x1000 r-xu : /p");
  SyscallLayout parent({{program}, {}, 0, 0});
  parent.take("SYSCALL[10,1](257) sys_openat ( 1, 0x1(/a.so), 524288 ) --> [async] ... ", 3);
  parent.take("SYSCALL[10,1](257) ... [async] --> Success(0x3) ", 3);
  parent.take(call("sys_mmap ( 0x0, 4096, 3, 34, 4294967295, 0 )", "Success(0x4835000)"), 4);
  parent.take(call("sys_open ( 0x5( created child 13), 2, 0 )", "Success(0x4)"), 4);
  parent.take(
      "SYSCALL[10,1](56) sys_clone ( 1200011, 0x0, 0x0, 0x4a29a10, 0x0 )   clone(fork): process 10 created child 12",
      5);
  parent.take(call("sys_munmap ( 0x4835000, 4096 )", "Success(0x0)"), 6);
  parent.take("SYSCALL[10,1](58) sys_fork ( )   fork: process 10 created child 14", 7);
  ASSERT_EQ(parent.forked().size(), 2u);
  const auto texts = [](const Layout& changes) {
    std::vector<std::string> lines;
    for (const LayoutChange& change : changes) lines.push_back(std::to_string(change.record) + " " + to_text(change));
    return lines;
  };
  EXPECT_THAT(texts(parent.forked().at(12).layout),
              ElementsAre("0 reserve 0x400000 0x1000 r-xu : /p", "0 reserve 0x4835000 0x1000 rw-u"));
  EXPECT_THAT(texts(parent.forked().at(14).layout),
              ElementsAre("0 reserve 0x400000 0x1000 r-xu : /p", "0 reserve 0x4835000 0x1000 rw-u",
                          "0 unmap 0x4835000 0x1000"));
  SyscallLayout child(parent.forked().at(12));
  child.take(call("sys_mmap ( 0x0, 4096, 1, 2, 3, 0 )", "Success(0x4836000)"), 1);
  EXPECT_THAT(texts(child.changes_before(9)), ElementsAre("1 reserve 0x4836000 0x1000 r--u file 0x0 : /a.so"))
      << "open files are inherited, and what was there before is no change";
}

TEST(Forks, BeginALogWithTheEndOfTheCall) {
  const std::string heading = "==12== Lackey\n==12== Command: ./p\n==12== \n";
  EXPECT_TRUE(begins_with_fork(heading + "--12--   SCHED[1]: fork\n --> [pre-success] Success(0x0) \nI  0401,3\n"));
  EXPECT_FALSE(begins_with_fork(heading + "I  0401,3\n --> [pre-success] Success(0x0) \n"));
  EXPECT_FALSE(begins_with_fork(heading));
  EXPECT_FALSE(begins_with_fork(""));
}

TEST_F(Syscalls, FilesAreKnownByTheirDescriptors) {
  EXPECT_THAT(
      changes({
          "SYSCALL[12449,1](257) sys_openat ( 4294967196, 0x4034bb0(/usr/a (b), c.so), 524288 ) --> [async] ... ",
          "SYSCALL[12449,1](257) ... [async] --> Success(0x3) ",
          call("sys_mmap ( 0x4838000, 4096, 5, 2066, 3, 8192 )", "Success(0x4838000)"),
          "SYSCALL[12449,1](3) sys_close ( 3 )[sync] --> Success(0x0) ",
          call("sys_mmap ( 0x4839000, 4096, 1, 2066, 3, 0 )", "Success(0x4839000)"),
      }),
      ElementsAre("reserve 0x4838000 0x1000 r-xu file 0x2000 : /usr/a (b), c.so",
                  "reserve 0x4839000 0x1000 r--u file 0x0"));
}

TEST_F(Syscalls, WhatIsReservedChanges) {
  EXPECT_THAT(
      changes({"SYSCALL[12449,1](10) sys_mprotect ( 0x4a16000, 16384, 1 )[sync] --> Success(0x0) ",
               "SYSCALL[12449,1](10) sys_mprotect ( 0x4a16000, 16384, 1 )[sync] --> Failure(0xd) ",
               "SYSCALL[12449,1](11) sys_munmap ( 0x483c000, 43219 )[sync] --> Success(0x0) ",
               call("sys_mremap ( 0x4a2c000, 4096, 8192, 0x1 )", "Success(0x5000000)"),
               call("sys_mremap ( 0x4a2c000, 4096, 8192, 0x1 )", "Failure(0x16)"),
               call("sys_madvise ( 0x4a2e000, 65536, 14 )", "Success(0x0)"),
               call("sys_madvise ( 0x4a2e000, 65536, 15 )", "Success(0x0)"),
               call("sys_madvise ( 0x4a2e000, 65536, 4 )", "Success(0x0)")}),
      ElementsAre("protect 0x4a16000 0x4000 r--u", "unmap 0x483c000 0xb000", "remap 0x4a2c000 0x1000 0x5000000 0x2000",
                  "advise 0x4a2e000 0x10000 huge", "advise 0x4a2e000 0x10000 no-huge"));
}

TEST_F(Syscalls, TheHeapGrowsAndShrinks) {
  EXPECT_THAT(
      changes({call("sys_brk ( 0x0 )", "Success(0x4035000)"), call("sys_brk ( 0x404d6a0 )", "Success(0x404d6a0)"),
               call("sys_brk ( 0x404d700 )", "Success(0x404d700)"), call("sys_brk ( 0x0 )", "Success(0x404d700)"),
               call("sys_brk ( 0x4036000 )", "Success(0x4036000)")}),
      ElementsAre("unmap 0x4035000 0x1000", "reserve 0x4035000 0x19000 rw-u : [heap]", "unmap 0x4036000 0x18000"));
}

TEST_F(Syscalls, AResultMayComeLaterAndBetweenThoseOfOthers) {
  EXPECT_THAT(changes({"SYSCALL[12449,1](28) sys_madvise ( 0x1000, 4096, 14 ) --> [async] ... ",
                       "SYSCALL[12449,2](28) sys_madvise ( 0x2000, 4096, 14 ) --> [async] ... ",
                       "SYSCALL[12449,2](28) ... [async] --> Success(0x0) ",
                       "SYSCALL[12449,1](28) ... [async] --> Failure(0x16) "}),
              ElementsAre("advise 0x2000 0x1000 huge"));
  EXPECT_THAT(changes({"SYSCALL[12449,1](11) sys_munmap ( 0x3000, 4096 )==12449== Warning: client syscall munmap",
                       " --> [pre-fail] Failure(0x16) ",
                       "SYSCALL[12449,1](11) sys_munmap ( 0x4000, 4096 )==12449== Warning: a warning",
                       " --> [pre-success] Success(0x0) "}),
              ElementsAre("unmap 0x4000 0x1000"));
}

TEST_F(Syscalls, ChangesComeBeforeTheirAccess) {
  layout_.take(call("sys_munmap ( 0x1000, 4096 )", "Success(0x0)"), 3);
  layout_.take(call("sys_munmap ( 0x2000, 4096 )", "Success(0x0)"), 7);
  EXPECT_THAT(layout_.changes_before(2), IsEmpty());
  EXPECT_EQ(layout_.changes_before(6).size(), 1u);
  EXPECT_TRUE(layout_.has_changes());
  EXPECT_EQ(layout_.changes_before(7).size(), 1u);
  EXPECT_FALSE(layout_.has_changes());
}

TEST_F(Syscalls, DamagedLinesChangeNothing) {
  EXPECT_THAT(
      changes({"SYSCALL[", "SYSCALL[1,1](9)", "SYSCALL[1,1](9) ", "SYSCALL[1,1](9) sys_mmap", " --> [x] Success(0x1)",
               call("sys_mmap ( 0x0 )", "Success(0x4835000)"), call("sys_munmap ( 0x0, 0 )", "Success(0x0)"),
               call("sys_munmap ( x, 4096 )", "Success(0x0)"), call("sys_munmap ( 0x1000, 4096 )", "Success("),
               call("sys_munmap ( 0xfffffffffffff000, 8192 )", "Success(0x0)")}),
      IsEmpty());
}

TEST(WithoutValgrind, TheProgramsRegionsAreLeft) {
  Layout process;
  for (const char* line :
       {"reserve 0x108000 0x1000 r-xu file 0x0 : /bin/cat", "reserve 0x4035000 0x1000 rwxu",
        "reserve 0x4835000 0x2000 rw-u",
        "reserve 0x58000000 0x1000 r--u file 0x0 : /usr/libexec/valgrind/lackey-amd64-linux",
        "reserve 0x58001000 0x1000 r-xu file 0x1000 : /usr/libexec/valgrind/lackey-amd64-linux",
        "reserve 0x58002000 0x1000 rw-u file 0x2000 : /usr/libexec/valgrind/lackey-amd64-linux",
        "reserve 0x58003000 0x1000 rw-u", "reserve 0x60000000 0x1000 r-xu file 0x0 : /lib/far.so",
        "reserve 0x1002001000 0x1000 rwxu", "reserve 0x1002002000 0x2000 ---u", "reserve 0x1ffeffe000 0x3000 rw-u",
        "reserve 0x7ffe81f70000 0x1000 rw-u stack : [stack]", "reserve 0xffffffffff600000 0x1000 --xu : [vsyscall]"}) {
    process.push_back(parse_layout_change(line));
  }
  std::vector<std::string> lines;
  for (const LayoutChange& region : without_valgrind(process)) lines.push_back(to_text(region));
  EXPECT_THAT(lines,
              ElementsAre("reserve 0x108000 0x1000 r-xu file 0x0 : /bin/cat", "reserve 0x4035000 0x1000 rwxu",
                          "reserve 0x4835000 0x2000 rw-u",
                          "reserve 0x58001000 0x1000 --xu file 0x1000 : /usr/libexec/valgrind/lackey-amd64-linux",
                          "reserve 0x60000000 0x1000 r-xu file 0x0 : /lib/far.so",
                          "reserve 0x1ffeffe000 0x3000 rw-u stack : [stack]"));
}

}  // namespace
}  // namespace tablewalk::syscall_layout_test
