// The MMU RTL: two TLBs and the walker. Responses are compared with the reference walk.
#include <gtest/gtest.h>

#include <functional>

#include "Vmmu.h"
#include "paging/reference_walk.h"
#include "protocol/invalidation.h"
#include "rtl/lasting_model.h"
#include "rtl/random_tables.h"
#include "rtl/rtl_codes.h"
#include "rtl/small_tables.h"

namespace tablewalk::test::mmu_test {
namespace {

struct MmuAnswer {
  std::uint64_t cycle = 0;
  unsigned fault = 0;
  std::uint64_t address = 0;
  bool hit = false;
};

/// The MMU, a memory with a latency of some cycles, and a core with one outstanding request per side.
class MmuBench {
 public:
  explicit MmuBench(const std::string& mode_name, const PagingControls& controls = {})
      : mode(make_paging_mode(mode_name, controls)) {
    pins.mode_i = rtl::mode_code(mode_name);
    pins.controls_i = rtl::controls_bits(controls);
    pins.root_i = 0x1000;
    pins.fetch_rsp_ready_i = pins.data_rsp_ready_i = pins.mem_req_ready_i = 1;
    clock();
    clock();
    pins.rst_ni = 1;
    clock();
  }
  ~MmuBench() { pins.final(); }

  std::shared_ptr<const PagingMode> mode;
  PhysicalMemory memory;
  Vmmu& pins = lasting_model<Vmmu>();
  std::uint64_t cycle = 0;
  unsigned latency = 3;
  unsigned accesses = 0;
  std::function<bool()> retries = [] { return false; };
  std::function<bool()> fails = [] { return false; };

  void tick() {
    pins.mem_rsp_valid_i = 0;
    if (!under_way_.empty() && under_way_.front().due <= cycle) answer_memory();
    if (pins.mem_req_valid_o) {
      ++accesses;
      under_way_.push_back({cycle + latency, pins.mem_req_tag_o, pins.mem_req_addr_o, 1u << pins.mem_req_size_o,
                            pins.mem_req_op_o != 0, pins.mem_req_expected_o, pins.mem_req_wdata_o,
                            memory.read(PhysicalAddress(pins.mem_req_addr_o), 1u << pins.mem_req_size_o)});
    }
    clock();
    ++cycle;
  }

  /// A load or store; `during` is called in every cycle until the response.
  MmuAnswer data(std::uint64_t va, bool store = false, bool user = true, const std::function<void()>& during = {}) {
    pins.data_req_valid_i = 1;
    pins.data_req_va_i = va;
    pins.data_req_store_i = store;
    pins.data_req_priv_i = user;
    const std::uint64_t asked = cycle;
    tick();
    pins.data_req_valid_i = 0;
    for (unsigned i = 0; i < 10000 && !pins.data_rsp_valid_o; ++i) {
      if (during) during();
      tick();
      pins.inv_valid_i = 0;
    }
    const MmuAnswer answer{cycle - asked, pins.data_rsp_fault_o, pins.data_rsp_address_o, pins.data_rsp_hit_o != 0};
    tick();
    return answer;
  }
  MmuAnswer fetch(std::uint64_t va, bool user = true) {
    pins.fetch_req_valid_i = 1;
    pins.fetch_req_va_i = va;
    pins.fetch_req_priv_i = user;
    const std::uint64_t asked = cycle;
    tick();
    pins.fetch_req_valid_i = 0;
    for (unsigned i = 0; i < 10000 && !pins.fetch_rsp_valid_o; ++i) tick();
    const MmuAnswer answer{cycle - asked, pins.fetch_rsp_fault_o, pins.fetch_rsp_address_o, pins.fetch_rsp_hit_o != 0};
    tick();
    return answer;
  }
  void invalidate_all() {
    pins.inv_valid_i = pins.inv_all_i = 1;
    tick();
    pins.inv_valid_i = pins.inv_all_i = 0;
  }
  void invalidate_page(std::uint64_t va, std::uint16_t asid) {
    pins.inv_valid_i = pins.inv_asid_valid_i = pins.inv_vaddr_valid_i = 1;
    pins.inv_asid_i = asid;
    pins.inv_vaddr_i = va;
    pins.inv_global_i = 1;
    pins.inv_pointers_i = static_cast<std::uint8_t>(Invalidation::Pointers::OnTheWay);
    tick();
    pins.inv_valid_i = 0;
  }

 private:
  struct UnderWay {
    std::uint64_t due;
    unsigned tag;
    std::uint64_t address;
    unsigned bytes;
    bool swap;
    std::uint64_t expected;
    std::uint64_t desired;
    std::uint64_t held;  ///< when it was accepted: the data of a read
  };

  void clock() {
    pins.clk_i = 1;
    pins.eval();
    pins.clk_i = 0;
    pins.eval();
  }

  void answer_memory() {
    const UnderWay access = under_way_.front();
    under_way_.erase(under_way_.begin());
    const PhysicalAddress at(access.address);
    pins.mem_rsp_valid_i = 1;
    pins.mem_rsp_tag_i = static_cast<std::uint8_t>(access.tag);
    pins.mem_rsp_retry_i = retries();
    pins.mem_rsp_error_i = !pins.mem_rsp_retry_i && fails();
    if (pins.mem_rsp_retry_i || pins.mem_rsp_error_i) return;
    pins.mem_rsp_data_i =
        access.swap ? memory.compare_and_swap(at, access.bytes, access.expected, access.desired) : access.held;
  }

  std::vector<UnderWay> under_way_;
};

constexpr std::uint64_t page_a = 0x40001000;
constexpr std::uint64_t frame_a = 0xA00000;
constexpr std::uint64_t frame_b = 0xB00000;

TEST(RtlMmu, TheSecondAccessToAPageHitsInTheNextCycle) {
  MmuBench bench("sv39");
  SmallTables tables(*bench.mode, bench.memory);
  tables.map(page_a, frame_a);
  const MmuAnswer first = bench.data(page_a + 0x123);
  EXPECT_FALSE(first.hit);
  EXPECT_EQ(first.address, frame_a + 0x123);
  // Requested in 1, lookup 2, three reads of 3 from 3 on, the response in 15, at the core in 16.
  EXPECT_EQ(first.cycle, 1u + 2 + 3 * 4 + 1);
  const MmuAnswer second = bench.data(page_a + 0xFFF);
  EXPECT_TRUE(second.hit);
  EXPECT_EQ(second.cycle, 1u);
  EXPECT_EQ(second.address, frame_a + 0xFFF);
  EXPECT_FALSE(bench.fetch(page_a).hit) << "fetches have a TLB of their own";
  EXPECT_TRUE(bench.fetch(page_a).hit);
}

TEST(RtlMmu, AStoreToACleanPageWalksOnceMore) {
  MmuBench bench("sv39");
  SmallTables tables(*bench.mode, bench.memory);
  LeafSpec clean;
  clean.dirty = false;
  tables.map(page_a, frame_a, clean);
  bench.data(page_a);
  EXPECT_TRUE(bench.data(page_a).hit);
  EXPECT_FALSE(bench.data(page_a, true).hit);
  EXPECT_TRUE(bench.data(page_a, true).hit);
  EXPECT_EQ(bench.memory.read(tables.leaf_of(page_a), 8) & 0x80, 0x80u);
}

TEST(RtlMmu, RightsAreCheckedAtEveryHit) {
  MmuBench bench("sv39");
  SmallTables tables(*bench.mode, bench.memory);
  tables.map(page_a, frame_a);
  bench.data(page_a);
  const MmuAnswer supervisor = bench.data(page_a, false, false);
  EXPECT_EQ(supervisor.fault, rtl::fault_code(FaultReason::Permission));
  EXPECT_TRUE(bench.data(page_a).hit);
}

TEST(RtlMmu, AnInvalidationOfAnotherPageLeavesTheTranslation) {
  MmuBench bench("sv39");
  SmallTables tables(*bench.mode, bench.memory);
  tables.map(page_a, frame_a);
  bench.data(page_a);
  bench.invalidate_page(page_a + 0x1000, 0);
  EXPECT_TRUE(bench.data(page_a).hit);
  bench.invalidate_page(page_a, 1);
  EXPECT_TRUE(bench.data(page_a).hit) << "of another address space";
  bench.invalidate_page(page_a, 0);
  EXPECT_FALSE(bench.data(page_a).hit);
  bench.invalidate_all();
  EXPECT_FALSE(bench.data(page_a).hit);
}

/// In every cycle of a miss the page moves and is invalidated: the response is the new one, and the TLB holds the new
/// frame.
TEST(RtlMmu, AnInvalidationDuringAMissIsObeyed) {
  for (unsigned at = 0; at < 17; ++at) {
    MmuBench bench("sv39");
    SmallTables tables(*bench.mode, bench.memory);
    tables.map(page_a, frame_a);
    unsigned calls = 0;
    bool invalidated = false;
    const MmuAnswer answer = bench.data(page_a, false, true, [&] {
      if (calls++ != at) return;
      tables.map(page_a, frame_b);
      bench.pins.inv_valid_i = bench.pins.inv_all_i = 1;
      invalidated = true;
    });
    if (!invalidated) continue;
    EXPECT_EQ(answer.address, frame_b) << "in cycle " << at + 1;
    EXPECT_EQ(bench.data(page_a).address, frame_b);
  }
}

TEST(RtlMmu, APageLargerThanTheTlbHoldsIsHeldInParts) {
  MmuBench bench("sv39");
  const PagingMode& mode = *bench.mode;
  const std::uint64_t gigabyte = 0x40000000;
  bench.memory.write(mode.entry_address(2, PhysicalAddress(0x1000), VirtualAddress(gigabyte)), 8,
                     mode.encode_leaf(PhysicalAddress(3 * gigabyte), *mode.find_page_size(gigabyte), {}));
  EXPECT_EQ(bench.data(gigabyte + 0x123456).address, 3 * gigabyte + 0x123456);
  EXPECT_TRUE(bench.data(gigabyte + 0x100000).hit) << "in the same 2 MiB";
  EXPECT_FALSE(bench.data(gigabyte + 0x200000).hit);
  bench.invalidate_page(gigabyte + 0x30000000, 0);
  EXPECT_FALSE(bench.data(gigabyte + 0x100000).hit) << "all parts of the page go";
  EXPECT_FALSE(bench.data(gigabyte + 0x200000).hit);
}

TEST(RtlMmu, APageOf64KibIsOneTranslation) {
  MmuBench bench("sv39");
  SmallTables tables(*bench.mode, bench.memory);
  const PageSize& size = *bench.mode->find_page_size(0x10000);
  for (std::uint64_t part = 0; part < 16; ++part) {
    bench.memory.write(tables.leaf_of(0x40000000 + part * 0x1000), 8,
                       bench.mode->encode_leaf(PhysicalAddress(0xC00000), size, {}));
  }
  EXPECT_EQ(bench.data(0x40003456).address, 0xC03456u);
  const MmuAnswer other = bench.data(0x4000F00F);
  EXPECT_TRUE(other.hit);
  EXPECT_EQ(other.address, 0xC0F00Fu);
}

TEST(RtlMmu, AnEntryThatMemoryFailsToReadIsToldAndNotKept) {
  MmuBench bench("sv39");
  SmallTables tables(*bench.mode, bench.memory);
  tables.map(page_a, frame_a);
  bench.fails = [] { return true; };
  EXPECT_EQ(bench.data(page_a).fault, rtl::read_failed);
  bench.fails = [] { return false; };
  const MmuAnswer answer = bench.data(page_a);
  EXPECT_FALSE(answer.hit);
  EXPECT_EQ(answer.address, frame_a);
}

TEST(RtlMmu, BothSidesMissTogether) {
  MmuBench bench("x86-64");
  SmallTables tables(*bench.mode, bench.memory);
  tables.map(page_a, frame_a);
  tables.map(page_a + 0x8000000000, frame_b);
  bench.latency = 40;
  bench.pins.fetch_req_valid_i = bench.pins.data_req_valid_i = 1;
  bench.pins.fetch_req_va_i = page_a;
  bench.pins.data_req_va_i = page_a + 0x8000000000;
  bench.pins.fetch_req_priv_i = bench.pins.data_req_priv_i = 1;
  bench.tick();
  bench.pins.fetch_req_valid_i = bench.pins.data_req_valid_i = 0;
  while (!bench.pins.fetch_rsp_valid_o && !bench.pins.data_rsp_valid_o) bench.tick();
  EXPECT_LT(bench.cycle, 2 * 4 * 40u) << "the walks overlap";
  EXPECT_EQ(bench.pins.data_rsp_address_o, frame_b);
}

/// Random tables and accesses: with few TLB entries, large pages held whole and in parts.
TEST(RtlMmu, AccessesAreTranslatedAsTheReferenceWalkDoes) {
  unsigned hits = 0;
  const std::vector<std::uint64_t> seeds = printed_seeds(150);
  for (const std::uint64_t seed : seeds) {
    Dice dice(seed);
    const std::vector<std::string> modes = {"x86-32", "x86-pae", "x86-64", "x86-64-la57", "sv32", "sv39", "sv57"};
    const std::string name = dice.pick(modes);
    PagingControls controls = rtl::random_controls(dice);
    // The sixteen entries of such a page must agree: these tables' entries do not, so the result depends on which one a
    // TLB holds.
    controls.riscv.svnapot = false;
    MmuBench bench(name, controls);
    RandomTables tables(*bench.mode, dice);
    PhysicalMemory reference_memory;
    tables.write(bench.memory);
    tables.write(reference_memory);
    bench.pins.root_i = tables.root();
    bench.retries = [&dice] { return dice.chance(5); };
    for (unsigned i = 0; i < 200; ++i) {
      const std::uint64_t va = tables.address();
      const Access access = tables.access();
      bench.pins.asid_i = rtl::random_space(dice);
      const bool store = access.kind == AccessKind::Store;
      const MmuAnswer answer =
          access.kind == AccessKind::Fetch ? bench.fetch(va, access.user) : bench.data(va, store, access.user);
      const WalkOutcome expected =
          reference_walk(*bench.mode, reference_memory, PhysicalAddress(tables.root()), VirtualAddress(va), access);
      const FaultReason reason = expected.translated ? FaultReason::None : expected.fault.reason;
      ASSERT_EQ(answer.fault, rtl::fault_code(reason)) << "seed " << seed << " " << name << std::hex << " va " << va;
      if (expected.translated) {
        ASSERT_EQ(answer.address, expected.translation.physical(VirtualAddress(va)).value())
            << "seed " << seed << " " << name << std::hex << " va " << va;
      }
      hits += answer.hit ? 1 : 0;
      if (dice.chance(2)) bench.invalidate_all();
      if (dice.chance(5)) bench.invalidate_page(tables.address(), rtl::random_space(dice));
    }
    ASSERT_TRUE(tables.same(bench.memory, reference_memory)) << "seed " << seed;
  }
  EXPECT_GT(hits * 150, 1000 * seeds.size()) << "too few hits to mean anything";
}

}  // namespace
}  // namespace tablewalk::test::mmu_test
