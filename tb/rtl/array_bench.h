#pragma once

#include <gtest/gtest.h>

#include <vector>

#include "Varray_pins.h"
#include "Varray_pins_full.h"
#include "Varray_pins_huge.h"
#include "Varray_pins_single.h"
#include "rtl/lasting_model.h"
#include "rtl/rtl_codes.h"
#include "support/random_scope.h"
#include "tlb/tlb_array.h"

// Shared by the tests of array_pins.sv: its built shapes, its clock, and a TLB beside the model's.

namespace tablewalk::test {

/// Page sizes are those of the TLB.
struct FourSets {
  using Pins = Varray_pins;
  static constexpr std::uint32_t entries = 8;
  static constexpr std::uint32_t ways = 2;
  static std::vector<unsigned> shifts() { return {12, 16, 21}; }
};
struct FullyAssociative {
  using Pins = Varray_pins_full;
  static constexpr std::uint32_t entries = 6;
  static constexpr std::uint32_t ways = 6;
  static std::vector<unsigned> shifts() { return {12, 21, 30}; }
};
/// Pages of 4 KiB do not fit, and those of 64 KiB are installed whole.
struct OneWay {
  using Pins = Varray_pins_single;
  static constexpr std::uint32_t entries = 2;
  static constexpr std::uint32_t ways = 1;
  static std::vector<unsigned> shifts() { return {13, 16, 21, 30}; }
};

/// For the largest pages: 512 GiB and 256 TiB.
struct HugePages {
  using Pins = Varray_pins_huge;
  static constexpr std::uint32_t entries = 4;
  static constexpr std::uint32_t ways = 2;
  static std::vector<unsigned> shifts() { return {12, 39, 48}; }
};

template <class Pins>
void clock(Pins& pins) {
  pins.clk_i = 1;
  pins.eval();
  pins.clk_i = 0;
  pins.eval();
}

template <class Pins>
void reset(Pins& pins) {
  pins.rst_ni = 0;
  clock(pins);
  clock(pins);
  pins.rst_ni = 1;
  clock(pins);
}

template <class Pins>
void set_invalidation(Pins& pins, const Invalidation& invalidation) {
  const Invalidation::Covered covered = invalidation.covered();
  pins.invalidate_i = 1;
  pins.inv_all_i = invalidation.scope == Invalidation::Scope::All;
  pins.inv_asid_valid_i = covered.space;
  pins.inv_asid_i = invalidation.asid;
  pins.inv_vaddr_valid_i = covered.page;
  pins.inv_vaddr_i = invalidation.va.value();
  pins.inv_global_i = covered.global;
  pins.inv_pointers_i = static_cast<std::uint8_t>(covered.pointers);
}

/// Addresses for random arrays: a few in both halves, so that they collide, in few spaces.
class Questions {
 public:
  Questions(Dice& dice, const PagingMode& mode) : dice_(dice), highest_(low_bits(mode.virtual_bits() - 1)) {
    const std::uint64_t upper_half = mode.translates(VirtualAddress(~highest_)) ? ~highest_ : 0;
    for (unsigned i = 0; i < 4; ++i) {
      regions_.push_back((rtl::random_bits(dice) & highest_ & ~low_bits(33)) | (i % 2 == 0 ? 0 : upper_half));
    }
  }
  VirtualAddress address() {
    const std::uint64_t page = std::uint64_t{dice_.number(0, 3)} << 30 | std::uint64_t{dice_.number(0, 2)} << 21 |
                               std::uint64_t{dice_.number(0, 2)} << 16 | std::uint64_t{dice_.number(0, 1)} << 12;
    const std::uint64_t region = dice_.pick(regions_);
    return VirtualAddress((page & highest_) | region);
  }
  AddressSpaceId asid() { return rtl::random_space(dice_); }
  Invalidation invalidation() {
    Invalidation made;
    made.scope = random_scope(dice_);
    made.asid = asid();
    made.va = address();
    return made;
  }

 private:
  Dice& dice_;
  std::uint64_t highest_;
  std::vector<std::uint64_t> regions_;
};

/// One TLB in RTL and model.
template <class Shape>
class TlbPair {
 public:
  TlbPair(const rtl::Mode& tested, const PagingControls& controls) : mode_(make_paging_mode(tested.name, controls)) {
    model_.emplace_back(config(), Shape::shifts());
    reset(pins_);
    pins_.lookup_mode_i = pins_.remember_mode_i = tested.code;
    pins_.controls_i = rtl::controls_bits(controls);
  }
  const PagingMode& mode() const { return *mode_; }

  void look_up(VirtualAddress va, AddressSpaceId asid, Access access, unsigned& hits) {
    pins_.lookup_i = 1;
    pins_.lookup_va_i = va.value();
    pins_.lookup_asid_i = asid;
    pins_.lookup_access_i = static_cast<std::uint8_t>(access.kind);
    pins_.lookup_user_i = access.user;
    pins_.eval();
    const Translation* found = model_[0].find(va, asid, access);
    ASSERT_EQ(pins_.tlb_hit_o != 0, found != nullptr);
    if (found == nullptr) return;
    ++hits;
    ASSERT_EQ(pins_.tlb_page_o, found->page.value());
    ASSERT_EQ(int{pins_.tlb_page_shift_o}, int{found->page_shift});
    ASSERT_EQ(int{pins_.tlb_level_o}, int{found->level});
    ASSERT_EQ(pins_.tlb_rights_o, rtl::rights_bits(found->rights));
    ASSERT_EQ(pins_.tlb_global_o != 0, found->global);
    ASSERT_EQ(pins_.tlb_dirty_o != 0, found->dirty);
  }
  void fill(VirtualAddress va, AddressSpaceId asid, const Translation& translation) {
    pins_.remember_i = 1;
    pins_.remember_va_i = va.value();
    pins_.remember_asid_i = asid;
    pins_.remember_page_i = translation.page.value();
    pins_.remember_page_shift_i = translation.page_shift;
    pins_.remember_level_i = translation.level;
    pins_.remember_rights_i = rtl::rights_bits(translation.rights);
    pins_.remember_global_i = translation.global;
    pins_.remember_dirty_i = translation.dirty;
    install_in(model_, *mode_, va, asid, translation);
  }
  void invalidate(const Invalidation& invalidation) {
    set_invalidation(pins_, invalidation);
    model_[0].invalidate(invalidation);
  }
  void end_cycle() {
    clock(pins_);
    pins_.lookup_i = pins_.remember_i = pins_.invalidate_i = 0;
  }

 private:
  static TlbArrayConfig config() {
    TlbArrayConfig made;
    made.entries = Shape::entries;
    made.ways = Shape::ways;
    return made;
  }

  std::shared_ptr<const PagingMode> mode_;
  std::vector<TlbArray> model_;
  typename Shape::Pins& pins_ = lasting_model<typename Shape::Pins>();
};

}  // namespace tablewalk::test
