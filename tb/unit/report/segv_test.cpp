#include <gtest/gtest.h>

#include "memory/frame_allocator.h"
#include "paging/table_builder.h"
#include "report/segv_text.h"

namespace tablewalk::segv_test {
namespace {

/// A program of five regions, with tables for its code and the first page of its data.
class Segv : public ::testing::Test {
 protected:
  explicit Segv(const std::string& mode = "x86-64")
      : mode_(make_paging_mode(mode)), frames_(std::uint64_t{1} << 30, 4096, {}), tables_(mode_, memory_, frames_) {
    Layout layout;
    for (const char* line :
         {"reserve 0x400000 0x2000 r-xu file 0x1000 : /bin/a", "reserve 0x402000 0x1000 r--u file 0x3000 : /bin/a",
          "reserve 0x500000 0x3000 rw-u : [heap]", "reserve 0x600000 0x1000 rw-u shared",
          "reserve 0x7ff000 0x1000 rw-- : kernel"}) {
      layout.push_back(parse_layout_change(line));
    }
    regions_ = regions_of(layout);
    LeafSpec code;
    code.rights = rights_of(true, false, true);
    tables_.map_range(VirtualAddress(0x400000), 0x3000, 4096, code);
    tables_.map_range(VirtualAddress(0x500000), 0x1000, 4096);
  }

  RefusedAccess access(std::uint64_t va, AccessKind kind) const {
    return {VirtualAddress(va), 8, {kind, true}, VirtualAddress(0x400151), 1233, 3, "a.twt"};
  }
  std::string text(const RefusedAccess& refused) {
    const auto violation = check_access(regions_, refused.va, refused.access);
    if (!violation) return "allowed";
    return segv_text({*mode_, memory_, tables_.root()}, regions_, *violation, refused);
  }
  std::string line(std::uint64_t va, AccessKind kind) {
    const RefusedAccess refused = access(va, kind);
    const auto violation = check_access(regions_, refused.va, refused.access);
    return violation ? segv_line(regions_, *violation, refused) : "allowed";
  }

  std::shared_ptr<const PagingMode> mode_;
  PhysicalMemory memory_;
  FrameAllocator frames_;
  TableBuilder tables_;
  Regions regions_;
};

class SegvOfRiscv : public Segv {
 protected:
  SegvOfRiscv() : Segv("sv39") {}
};

TEST_F(Segv, AnAddressThatIsNotMapped) {
  EXPECT_EQ(text(access(0x503010, AccessKind::Store)), R"(SIGSEGV, segmentation fault: SEGV_MAPERR (address not mapped)
  store of 8 bytes at 0x503010 at user privilege, by the instruction at 0x400151 (/bin/a + 0x1151)
  record 1234 of a.twt, address space 3
  0x10 bytes behind [heap]
regions around it:
    0x402000-0x402fff  r--u  /bin/a
    0x500000-0x502fff  rw-u  [heap]
  > 0x503010
    0x600000-0x600fff  rw-u  shared memory
    0x7ff000-0x7fffff  rw--  kernel
walk of x86-64, from the PML4 at 0x1000:
    PML4 entry 0 at 0x1000: 0x0000000000003027 -> table PDPT at 0x3000
    PDPT entry 0 at 0x3000: 0x0000000000004027 -> table PD at 0x4000
    PD entry 2 at 0x4010: 0x0000000000005027 -> table PT at 0x5000
    PT entry 259 at 0x5818: 0x0000000000000000 -> not present: the walk ends
fault: not present; #PF, error code 0x6: not present, write, user
)");
}

TEST_F(Segv, AnAccessThatIsNotPermitted) {
  RefusedAccess refused = access(0x401000, AccessKind::Store);
  refused.bytes = 1;
  refused.instruction.reset();
  EXPECT_EQ(text(refused), R"(SIGSEGV, segmentation fault: SEGV_ACCERR (access not permitted)
  store of 1 byte at 0x401000 at user privilege
  record 1234 of a.twt, address space 3
  in /bin/a, which may not be written
regions around it:
    0x400000-0x401fff  r-xu  /bin/a
  > 0x401000
    0x402000-0x402fff  r--u  /bin/a
    0x500000-0x502fff  rw-u  [heap]
walk of x86-64, from the PML4 at 0x1000:
    PML4 entry 0 at 0x1000: 0x0000000000003027 -> table PDPT at 0x3000
    PDPT entry 0 at 0x3000: 0x0000000000004027 -> table PD at 0x4000
    PD entry 2 at 0x4010: 0x0000000000005027 -> table PT at 0x5000
    PT entry 1 at 0x5008: 0x0000000000006065 -> page of 4 KiB at 0x6000
fault: not permitted; #PF, error code 0x7: present, write, user
)");
}

TEST_F(Segv, TheWalkMayEndEarlyOrSucceedOrNotBegin) {
  EXPECT_NE(text(access(0x8000000000, AccessKind::Load))
                .find("  > 0x8000000000\n"
                      "walk of x86-64, from the PML4 at 0x1000:\n"
                      "    PML4 entry 1 at 0x1008: 0x0000000000000000 -> not "
                      "present: the walk ends\n"
                      "fault: not present; #PF, error code 0x4: not present, "
                      "read, user\n"),
            std::string::npos);
  regions_.unmap(range_of(VirtualAddress(0x500000), 0x1000));
  EXPECT_NE(text(access(0x500020, AccessKind::Load)).find("    the tables allow it, at 0x8020; the kernel does not\n"),
            std::string::npos)
      << text(access(0x500020, AccessKind::Load));
  EXPECT_NE(text(access(0x800000000000, AccessKind::Load))
                .find("    no entry is read\nfault: address outside the translated range; "
                      "#GP, error code 0\n"),
            std::string::npos)
      << text(access(0x800000000000, AccessKind::Load));
}

TEST_F(SegvOfRiscv, HasTheCauseOfItsManual) {
  EXPECT_NE(text(access(0x503010, AccessKind::Store)).find("fault: not present; exception 15: store/AMO page fault\n"),
            std::string::npos);
  EXPECT_NE(text(access(0x503010, AccessKind::Load)).find("exception 13: load page fault\n"), std::string::npos);
  EXPECT_NE(text(access(0x500010, AccessKind::Fetch)).find("in [heap], which may not be executed\n"),
            std::string::npos);
}

TEST_F(Segv, OneLineSaysWhereItIs) {
  EXPECT_EQ(line(0x503000, AccessKind::Load),
            "SIGSEGV (SEGV_MAPERR): the load of 8 bytes at 0x503000, just behind [heap]");
  EXPECT_EQ(line(0x4ffff0, AccessKind::Load),
            "SIGSEGV (SEGV_MAPERR): the load of 8 bytes at 0x4ffff0, 0x10 bytes below [heap]");
  EXPECT_EQ(line(0x0, AccessKind::Fetch),
            "SIGSEGV (SEGV_MAPERR): the fetch of 8 bytes at 0x0, 0x400000 bytes below /bin/a");
  EXPECT_EQ(line(0x900000, AccessKind::Load),
            "SIGSEGV (SEGV_MAPERR): the load of 8 bytes at 0x900000, 0x100000 bytes behind kernel");
  EXPECT_EQ(line(0x7ff000, AccessKind::Load),
            "SIGSEGV (SEGV_ACCERR): the load of 8 bytes at 0x7ff000, in kernel, which may not be used by the program");
  EXPECT_EQ(line(0x600000, AccessKind::Fetch),
            "SIGSEGV (SEGV_ACCERR): the fetch of 8 bytes at 0x600000, in shared memory, which may not be executed");
  regions_ = Regions();
  EXPECT_EQ(line(0x600000, AccessKind::Fetch),
            "SIGSEGV (SEGV_MAPERR): the fetch of 8 bytes at 0x600000, no region is reserved");
}

}  // namespace
}  // namespace tablewalk::segv_test
