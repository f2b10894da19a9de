// The RTL entry decoder compared with the model's, bit by bit: every mode, every level, every setting of the controls.
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "Vdecoder_pins.h"
#include "Vdecoder_pins_narrow.h"
#include "paging/reference_walk.h"
#include "rtl/lasting_model.h"
#include "rtl/rtl_codes.h"

namespace tablewalk::test::entry_decoder_test {
namespace {

/// One mode with some controls, in RTL and model.
template <class Pins>
class Pair {
 public:
  /// `radix`: the name of the split that the pins were built for.
  Pair(const rtl::Mode& mode, const std::string& radix, const PagingControls& controls)
      : model_(make_paging_mode(mode.name == nullptr ? radix : mode.name, controls)) {
    pins_.mode_i = mode.code;
    pins_.controls_i = rtl::controls_bits(controls);
  }

  const PagingMode& model() const { return *model_; }

  void expect_same_entry(std::uint64_t entry, unsigned level) {
    pins_.entry_i = entry;
    pins_.level_i = static_cast<std::uint8_t>(level);
    pins_.eval();
    const EntryView view = model_->decode(entry, level);
    ASSERT_EQ(int{pins_.kind_o}, static_cast<int>(view.kind)) << at(entry, level);
    ASSERT_EQ(int{pins_.fault_o}, int{rtl::fault_code(view.malformed)}) << at(entry, level);
    for (const bool dirty : {false, true}) {
      pins_.set_dirty_i = dirty;
      pins_.eval();
      ASSERT_EQ(pins_.marked_o, model_->mark_used(entry, dirty)) << at(entry, level);
    }
    if (view.kind != EntryView::Kind::Pointer && view.kind != EntryView::Kind::Leaf) return;
    ASSERT_EQ(pins_.target_o, view.target.value()) << at(entry, level);
    ASSERT_EQ(int{pins_.rights_o}, int{rtl::rights_bits(view.rights)}) << at(entry, level);
    ASSERT_EQ(pins_.accessed_o != 0, view.accessed) << at(entry, level);
    ASSERT_EQ(pins_.dirty_o != 0, view.dirty) << at(entry, level);
    ASSERT_EQ(pins_.global_o != 0, view.global) << at(entry, level);
    if (view.kind == EntryView::Kind::Leaf) {
      ASSERT_EQ(int{pins_.page_shift_o}, int{view.page_shift}) << at(entry, level);
    }
    expect_same_verdict(view, entry, level);
  }

  void expect_same_place(std::uint64_t va, std::uint64_t table, unsigned level) {
    pins_.va_i = va;
    pins_.table_i = table;
    pins_.level_i = static_cast<std::uint8_t>(level);
    pins_.eval();
    const VirtualAddress address(va);
    ASSERT_EQ(pins_.translates_o != 0, model_->translates(address)) << model_->name() << std::hex << " " << va;
    ASSERT_EQ(1U << pins_.size_o, model_->entry_bytes());
    ASSERT_EQ(std::uint64_t{1} << pins_.physical_bits_o, model_->physical_limit()) << model_->name();
    if (!model_->translates(address)) return;
    ASSERT_EQ(pins_.address_o, model_->entry_address(level, PhysicalAddress(table), address).value())
        << model_->name() << " level " << level << std::hex << " " << va;
  }

 private:
  /// Of a path with different rights from the levels above.
  void expect_same_verdict(const EntryView& view, std::uint64_t entry, unsigned level) {
    Rights above;
    above.write = (entry >> 9 & 1) == 0;
    above.execute = above.privileged_execute = (entry >> 10 & 1) == 0;
    above.user = (entry >> 11 & 1) == 0;
    const Rights combined = model_->combine(above, view.rights);
    pins_.above_i = rtl::rights_bits(above);
    for (unsigned kind = 0; kind < 3; ++kind) {
      for (const bool user : {false, true}) {
        pins_.access_i = static_cast<std::uint8_t>(kind);
        pins_.user_i = user;
        pins_.eval();
        ASSERT_EQ(int{pins_.combined_o}, int{rtl::rights_bits(combined)}) << at(entry, level);
        const FaultReason forbidden = model_->forbids(combined, {static_cast<AccessKind>(kind), user});
        ASSERT_EQ(int{pins_.forbidden_o}, int{rtl::fault_code(forbidden)}) << at(entry, level) << " access " << kind;
      }
    }
  }

  std::string at(std::uint64_t entry, unsigned level) const {
    std::ostringstream text;
    text << model_->name() << " level " << level << " entry 0x" << std::hex << entry << " controls 0x"
         << pins_.controls_i;
    return text.str();
  }

  std::shared_ptr<const PagingMode> model_;
  Pins& pins_ = lasting_model<Pins>();
};

/// Entries with every combination of their low bits, and chosen high ones.
template <class Check>
void for_entries(Dice& dice, unsigned entry_bytes, Check check) {
  const std::uint64_t all = low_bits(8 * entry_bytes);
  for (std::uint64_t low = 0; low < 4096; ++low) {
    const std::uint64_t random = rtl::random_bits(dice);
    const std::uint64_t sparse = random & rtl::random_bits(dice) & rtl::random_bits(dice);
    const std::uint64_t aligned = random & low_bits(50) & ~low_bits(dice.number(12, 40));
    for (const std::uint64_t high : {std::uint64_t{0}, random, sparse, aligned, aligned | std::uint64_t{1} << 63}) {
      check((low | (high & ~low_bits(12))) & all);
    }
    check(random & all);
  }
}

template <class Pins>
void compare_mode(const rtl::Mode& mode, const std::string& radix) {
  for (std::uint64_t seed = 1; seed <= 24; ++seed) {
    Dice dice(seed);
    Pair<Pins> pair(mode, radix, seed == 1 ? PagingControls{} : rtl::random_controls(dice));
    for (unsigned level = 0; level < pair.model().levels(); ++level) {
      for_entries(dice, pair.model().entry_bytes(), [&](std::uint64_t entry) { pair.expect_same_entry(entry, level); });
      if (testing::Test::HasFatalFailure()) return;
      for (unsigned i = 0; i < 2000; ++i) {
        const std::uint64_t random = rtl::random_bits(dice);
        const auto sign_extended = static_cast<std::int64_t>(random) >> dice.number(0, 63);
        const std::uint64_t va =
            dice.chance(50) ? static_cast<std::uint64_t>(sign_extended) : random >> dice.number(0, 63);
        pair.expect_same_place(va, dice.between(0, low_bits(50)) & ~low_bits(12), level);
      }
      if (testing::Test::HasFatalFailure()) return;
    }
  }
}

class EntryDecoder : public testing::TestWithParam<rtl::Mode> {};

TEST_P(EntryDecoder, SaysOfEveryEntryWhatTheModelSays) {
  compare_mode<Vdecoder_pins>(GetParam(), "radix:9,9,9,9/12@8");
}

/// Random entries rarely distinguish two widths: most have a reserved bit in both.
TEST_P(EntryDecoder, ReservesTheSameAddressBitsAtEveryPhysicalWidth) {
  PagingControls controls;
  controls.x86.pse = controls.x86.page1gb = true;
  for (unsigned bits = 24; bits <= 56; ++bits) {
    controls.x86.maxphyaddr = std::clamp(bits, 32U, 52U);
    controls.riscv.physical_bits = bits;
    Pair<Vdecoder_pins> pair(GetParam(), "radix:9,9,9,9/12@8", controls);
    for (unsigned level = 0; level < pair.model().levels(); ++level) {
      for (const std::uint64_t flags : {0x01, 0x81, 0x03, 0x0B}) {  // pointers and leaves, of either family
        for (unsigned bit = 0; bit < 8 * pair.model().entry_bytes(); ++bit) {
          pair.expect_same_entry(flags | std::uint64_t{1} << bit, level);
        }
      }
    }
    if (HasFatalFailure()) return;
  }
}

INSTANTIATE_TEST_SUITE_P(Modes, EntryDecoder, testing::ValuesIn(rtl::modes), [](const auto& tested) {
  std::string name = tested.param.name == nullptr ? "radix" : tested.param.name;
  for (char& letter : name) letter = letter == '-' ? '_' : letter;
  return name;
});

TEST(EntryDecoderRadix, AUnevenSplitOfShortEntriesDecodesAsInTheModel) {
  compare_mode<Vdecoder_pins_narrow>(rtl::modes[0], "radix:5,11,3/13@4");
}

}  // namespace
}  // namespace tablewalk::test::entry_decoder_test
