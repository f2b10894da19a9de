// The combinational parts of a walk, each alone, compared with model/paging: its starting table, evaluation of a
// response, entry address, permission check.
#include <gtest/gtest.h>

#include <sstream>

#include "Vwalk_pins.h"
#include "Vwalk_pins_large.h"
#include "Vwalk_pins_narrow.h"
#include "paging/walk.h"
#include "rtl/lasting_model.h"
#include "rtl/random_tables.h"

namespace tablewalk::test::walk_parts_test {
namespace {

using Step = Walk::Step;

/// A walk of the hardware: the registers of a slot, and the parts that update them.
template <class Pins>
class HardwareWalk {
 public:
  HardwareWalk(std::uint8_t mode, const PagingControls& controls) {
    pins_.mode_i = mode;
    pins_.controls_i = rtl::controls_bits(controls);
  }

  struct State {
    bool wants_memory = false;
    bool followed = false;
    unsigned level = 0;
    std::uint64_t base = 0;
    unsigned rights = 0;
    bool global = false;
    std::uint64_t entry = 0;
    bool update = false;
    bool set_dirty = false;
    bool dirty = false;
    unsigned page_shift = 0;
    unsigned fault = 0;
  };
  State now;

  /// At the root, or at the table of `start`.
  void begin(std::uint64_t root, std::uint64_t va, Access access, const WalkStart* start = nullptr) {
    pins_.root_i = root;
    pins_.va_i = va;
    pins_.access_i = static_cast<std::uint8_t>(access.kind);
    pins_.user_i = access.user;
    pins_.hit_i = start != nullptr;
    if (start != nullptr) {
      pins_.hit_level_i = start->level + 1U;
      pins_.hit_table_i = start->table.value();
      pins_.hit_rights_i = rtl::rights_bits(start->rights);
      pins_.hit_global_i = start->global;
    }
    pins_.eval();
    now = {};
    now.wants_memory = pins_.begun_wants_memory_o;
    now.level = pins_.begun_level_o;
    now.base = pins_.begun_base_o;
    now.rights = pins_.begun_rights_o;
    now.global = pins_.begun_global_o;
    now.update = pins_.begun_update_o;
    now.fault = pins_.begun_fault_o;
  }

  /// A memory response.
  void step(std::uint64_t data, bool error = false, bool retry = false) {
    set_walk();
    pins_.data_i = data;
    pins_.error_i = error;
    pins_.retry_i = retry;
    pins_.eval();
    now.wants_memory = pins_.wants_memory_o;
    now.followed = pins_.followed_o;
    now.level = pins_.level_o;
    now.base = pins_.base_o;
    now.rights = pins_.rights_o;
    now.global = pins_.global_o;
    now.entry = pins_.entry_o;
    now.update = pins_.update_o;
    now.set_dirty = pins_.set_dirty_o;
    now.dirty = pins_.dirty_o;
    now.page_shift = pins_.page_shift_o;
    now.fault = pins_.fault_o;
  }

  std::uint64_t address() {
    set_walk();
    pins_.eval();
    return pins_.address_o;
  }
  unsigned entry_bytes() const { return 1U << pins_.size_o; }

 private:
  void set_walk() {
    pins_.level_i = static_cast<std::uint8_t>(now.level);
    pins_.base_i = now.base;
    pins_.rights_i = static_cast<std::uint16_t>(now.rights);
    pins_.global_i = now.global;
    pins_.entry_i = now.entry;
    pins_.update_i = now.update;
    pins_.set_dirty_i = now.set_dirty;
  }

  Pins& pins_ = lasting_model<Pins>();
};

/// Checks that the two walks are in the same state.
template <class Pins>
void expect_same(HardwareWalk<Pins>& walk, const Walk& model, const PagingMode& mode) {
  const auto& now = walk.now;
  ASSERT_EQ(now.level, model.level());
  ASSERT_EQ(now.wants_memory, model.step() == Step::ReadEntry || model.step() == Step::UpdateEntry);
  ASSERT_EQ(now.fault, model.step() == Step::Fault ? rtl::fault_code(model.fault().reason) : 0u);
  ASSERT_EQ(now.update, model.step() == Step::UpdateEntry);
  if (now.wants_memory) {
    ASSERT_EQ(walk.address(), model.entry_address().value());
    ASSERT_EQ(walk.entry_bytes(), mode.entry_bytes());
    ASSERT_EQ(now.base, model.position().table.value());
    ASSERT_EQ(now.rights, rtl::rights_bits(model.position().rights));
    ASSERT_EQ(now.global, model.position().global);
  }
  if (now.update) {
    ASSERT_EQ(now.entry, model.update_expected());
    ASSERT_EQ(mode.mark_used(now.entry, now.set_dirty), model.update_desired());
  }
  if (model.step() != Step::Done) return;
  const Translation& found = model.translation();
  ASSERT_EQ(now.base, found.page.value());
  ASSERT_EQ(now.page_shift, found.page_shift);
  ASSERT_EQ(now.rights, rtl::rights_bits(found.rights));
  ASSERT_EQ(now.global, found.global);
  ASSERT_EQ(now.dirty, found.dirty);
  ASSERT_EQ(now.entry, found.leaf_entry);
}

/// How walks ended, and events on the way.
struct Met {
  std::array<unsigned, 16> faults{};
  unsigned updates = 0;
  unsigned lost_updates = 0;
};

/// Steps both walks to their end, with memory responses sometimes refused, failed, or overtaken by software.
template <class Pins>
void walk_both(HardwareWalk<Pins>& walk, Walk model, const PagingMode& mode, PhysicalMemory& memory, Dice& dice,
               std::vector<WalkStart>& tables, Met& met) {
  const std::uint64_t above = mode.entry_bytes() == 4 ? rtl::random_bits(dice) << 32 : 0;
  for (;;) {
    ASSERT_NO_FATAL_FAILURE(expect_same(walk, model, mode));
    if (model.step() == Step::Done || model.step() == Step::Fault) break;
    const auto before = walk.now;
    walk.step(rtl::random_bits(dice), false, true);
    ASSERT_FALSE(walk.now.followed);
    ASSERT_NO_FATAL_FAILURE(expect_same(walk, model, mode)) << "after a retry";
    walk.step(rtl::random_bits(dice), true, false);
    ASSERT_FALSE(walk.now.wants_memory || walk.now.followed || walk.now.update);
    ASSERT_EQ(walk.now.fault, rtl::read_failed);
    ASSERT_EQ(walk.now.level, before.level);
    ASSERT_EQ(walk.now.entry, before.entry) << "what failed to be read is no entry";
    walk.now = before;

    const unsigned level = model.level();
    std::uint64_t data = memory.read(model.entry_address(), mode.entry_bytes());
    if (model.step() == Step::ReadEntry) {
      model.supply(data);
    } else {
      ++met.updates;
      // Software was faster, with a bit changed here or there; the walk examines the new value.
      if (dice.chance(20)) data ^= std::uint64_t{1} << dice.number(0, 8 * mode.entry_bytes() - 1);
      met.lost_updates += data != model.update_expected() ? 1 : 0;
      memory.write(model.entry_address(), mode.entry_bytes(),
                   data == model.update_expected() ? model.update_desired() : data);
      model.updated(data);
    }
    walk.step(data | above);
    ASSERT_EQ(walk.now.followed, model.level() != level);
    if (walk.now.followed && model.step() == Step::ReadEntry) tables.push_back(model.position());
  }
  ++met.faults[walk.now.fault];
}

std::string split_or(const rtl::Mode& mode, const std::string& radix) {
  return mode.name == nullptr ? radix : mode.name;
}

template <class Pins>
Met compare_walks(const rtl::Mode& tested, const std::string& radix) {
  Met met;
  for (const std::uint64_t seed : printed_seeds(60)) {
    Dice dice(seed);
    const PagingControls controls = seed % 8 == 1 ? PagingControls{} : rtl::random_controls(dice);
    const auto mode = make_paging_mode(split_or(tested, radix), controls);
    HardwareWalk<Pins> walk(tested.code, controls);
    RandomTables tables(*mode, dice);
    PhysicalMemory memory;
    tables.write(memory);
    std::vector<WalkStart> met_tables;
    for (unsigned i = 0; i < 60; ++i) {
      const VirtualAddress va(tables.address());
      const Access access = tables.access();
      const bool resumes = !met_tables.empty() && dice.chance(40);
      WalkStart start = resumes ? dice.pick(met_tables) : WalkStart{};
      if (resumes && dice.chance(10))
        start.table = PhysicalAddress(rtl::random_bits(dice) & low_bits(56) & ~low_bits(12));
      walk.begin(tables.root(), va.value(), access, resumes ? &start : nullptr);
      const Walk model =
          resumes ? Walk(*mode, start, va, access) : Walk(*mode, PhysicalAddress(tables.root()), va, access);
      walk_both(walk, model, *mode, memory, dice, met_tables, met);
      if (testing::Test::HasFatalFailure()) {
        ADD_FAILURE() << "seed " << seed << " " << mode->name() << " va 0x" << std::hex << va.value();
        return met;
      }
    }
  }
  return met;
}

class WalkParts : public testing::TestWithParam<rtl::Mode> {};

TEST_P(WalkParts, BeginAndStepAsTheWalkOfTheModelDoes) {
  const Met met = compare_walks<Vwalk_pins>(GetParam(), "radix:9,9,9,9/12@8");
  EXPECT_GT(met.faults[0], 100u);
  EXPECT_GT(met.faults[11], 10u);
  EXPECT_GT(met.faults[12], 0u);
  EXPECT_GT(met.lost_updates, 0u);
  EXPECT_GT(met.updates, met.lost_updates);
}

/// All 512 rights of a path, every access, at both privileges.
TEST_P(WalkParts, CheckAccessesAsTheModelDoes) {
  Vwalk_pins& pins = lasting_model<Vwalk_pins>();
  pins.mode_i = GetParam().code;
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    Dice dice(seed);
    const PagingControls controls = rtl::random_controls(dice);
    const auto mode = make_paging_mode(split_or(GetParam(), "radix:9,9,9,9/12@8"), controls);
    pins.controls_i = rtl::controls_bits(controls);
    for (std::uint16_t rights = 0; rights < 512; ++rights) {
      pins.checked_rights_i = rights;
      for (unsigned access = 0; access < 6; ++access) {
        pins.access_i = access / 2;
        pins.user_i = access % 2;
        pins.eval();
        const FaultReason reason =
            mode->forbids(rtl::rights_of(rights), {static_cast<AccessKind>(access / 2), access % 2 != 0});
        ASSERT_EQ(int{pins.forbidden_o}, int{rtl::fault_code(reason)})
            << mode->name() << " rights 0x" << std::hex << rights << " access " << access << " controls 0x"
            << pins.controls_i;
      }
    }
  }
}

TEST_P(WalkParts, FindTheEntryWhereTheModelDoes) {
  const auto mode = make_paging_mode(split_or(GetParam(), "radix:9,9,9,9/12@8"));
  Vwalk_pins& pins = lasting_model<Vwalk_pins>();
  pins.mode_i = GetParam().code;
  Dice dice(1);
  for (unsigned i = 0; i < 5000; ++i) {
    const unsigned level = dice.number(0, mode->root_level());
    const std::uint64_t random = rtl::random_bits(dice);
    const auto extended = static_cast<std::uint64_t>(static_cast<std::int64_t>(random) >> dice.number(0, 63));
    const std::uint64_t va = dice.chance(50) ? extended : random >> dice.number(0, 63);
    if (!mode->translates(VirtualAddress(va))) continue;
    const std::uint64_t table = rtl::random_bits(dice) & low_bits(55) & ~low_bits(12);
    pins.level_i = static_cast<std::uint8_t>(level);
    pins.va_i = va;
    pins.base_i = table;
    pins.eval();
    ASSERT_EQ(pins.address_o, mode->entry_address(level, PhysicalAddress(table), VirtualAddress(va)).value())
        << mode->name() << " level " << level << std::hex << " va 0x" << va;
    ASSERT_EQ(1U << pins.size_o, mode->entry_bytes());
  }
}

INSTANTIATE_TEST_SUITE_P(Modes, WalkParts, testing::ValuesIn(rtl::modes), [](const auto& tested) {
  std::string name = tested.param.name == nullptr ? "radix" : tested.param.name;
  for (char& letter : name) letter = letter == '-' ? '_' : letter;
  return name;
});

TEST(WalkPartsRadix, AnUnevenSplitOfShortEntriesIsWalkedAsInTheModel) {
  EXPECT_GT(compare_walks<Vwalk_pins_narrow>(rtl::modes[0], "radix:5,11,3/13@4").faults[0], 100u);
}

constexpr const char* large_tables = "radix:4,20/12@8";

TEST(WalkPartsRadix, TablesLargerThanAPageAreWalkedAsInTheModel) {
  EXPECT_GT(compare_walks<Vwalk_pins_large>(rtl::modes[0], large_tables).faults[0], 100u);
}

/// Their entries beyond are faults, whether reached by a pointer or a walk cache; those below are read.
TEST(WalkPartsRadix, OfATableThatReachesBeyondPhysicalMemoryTheEntriesBelowAreRead) {
  const auto mode = make_paging_mode(large_tables);
  HardwareWalk<Vwalk_pins_large> walk(0, {});
  WalkStart remembered;
  remembered.table = PhysicalAddress(mode->physical_limit() - 4096);
  const std::uint64_t pointer = mode->encode_pointer(remembered.table, 1);
  for (const std::uint64_t index : {0U, 511U, 512U, 0xFFFFFU}) {
    const unsigned fault = index < 512 ? 0U : rtl::fault_code(FaultReason::OutOfMemory);
    walk.begin(0x1000, index << 12, {});
    ASSERT_TRUE(walk.now.wants_memory);
    walk.step(pointer);
    EXPECT_EQ(walk.now.fault, fault) << index;
    EXPECT_EQ(walk.now.wants_memory, index < 512) << index;
    walk.begin(0x1000, index << 12, {}, &remembered);
    EXPECT_EQ(walk.now.fault, fault) << index;
    EXPECT_EQ(walk.now.wants_memory, index < 512) << index;
  }
}

// Readable examples.

struct Example : HardwareWalk<Vwalk_pins> {
  explicit Example(const std::string& name, const PagingControls& controls = {})
      : HardwareWalk(rtl::mode_code(name), controls), mode(make_paging_mode(name, controls)) {}
  std::shared_ptr<const PagingMode> mode;
};

TEST(WalkBegin, StartsAtTheRootWithEveryRight) {
  Example walk("sv48");
  walk.begin(0x80000, 0x123456789000, {});
  EXPECT_TRUE(walk.now.wants_memory);
  EXPECT_EQ(walk.now.level, 3u);
  EXPECT_EQ(walk.now.base, 0x80000u);
  EXPECT_EQ(walk.now.rights, 0x1Fu);
  EXPECT_FALSE(walk.now.global);
}

TEST(WalkBegin, StartsBelowThePointerThatIsRemembered) {
  Example walk("x86-64");
  WalkStart start{1, PhysicalAddress(0x77000), {}, true};
  start.rights.write = false;
  walk.begin(0x80000, 0x40001000, {}, &start);
  EXPECT_TRUE(walk.now.wants_memory);
  EXPECT_EQ(walk.now.level, 1u);
  EXPECT_EQ(walk.now.base, 0x77000u);
  EXPECT_EQ(walk.now.rights, 0x1Du);
  EXPECT_TRUE(walk.now.global);
  EXPECT_EQ(walk.address(), 0x77000u) << "the first entry: bits 29 to 21 are zero";
}

TEST(WalkBegin, ATableBeyondPhysicalAddressesIsNotRead) {
  PagingControls controls;
  controls.x86.maxphyaddr = 40;
  Example walk("x86-64", controls);
  walk.begin((std::uint64_t{1} << 40) - 0x1000, 0x1000, {});
  EXPECT_TRUE(walk.now.wants_memory);
  walk.begin(std::uint64_t{1} << 40, 0x1000, {});
  EXPECT_FALSE(walk.now.wants_memory);
  EXPECT_EQ(walk.now.fault, 8u);
}

TEST(WalkStep, APointerLeadsDownOneLevel) {
  Example walk("x86-64");
  walk.begin(0x80000, 0x40001000, {});
  walk.step(0x90000 | 0x27);
  EXPECT_TRUE(walk.now.followed);
  EXPECT_TRUE(walk.now.wants_memory);
  EXPECT_EQ(walk.now.level, 2u);
  EXPECT_EQ(walk.now.base, 0x90000u);
}

TEST(WalkStep, AStoreToACleanPageWantsTheDirtyBitSet) {
  Example walk("x86-64");
  const WalkStart start{0, PhysicalAddress(0x77000), {}, false};
  walk.begin(0x80000, 0x40001000, {AccessKind::Store, true}, &start);
  walk.step(0xA00027);
  EXPECT_TRUE(walk.now.wants_memory && walk.now.update && walk.now.set_dirty);
  walk.step(0xA00027);  // the old memory value: the swap was done
  EXPECT_FALSE(walk.now.wants_memory);
  EXPECT_EQ(walk.now.fault, 0u);
  EXPECT_EQ(walk.now.entry, 0xA00067u);
  EXPECT_EQ(walk.now.base, 0xA00000u);
  EXPECT_TRUE(walk.now.dirty);
}

}  // namespace
}  // namespace tablewalk::test::walk_parts_test
