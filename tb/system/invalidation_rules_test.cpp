// What each event removes from TLBs and walk caches, in every mode, compared with the manuals' rules.

#include <gtest/gtest.h>

#include <vector>

#include "base/error.h"
#include "cpu/trace_event.h"
#include "support/dice.h"
#include "support/random_machine.h"
#include "tlb/tlb_array.h"
#include "trace/event_form.h"
#include "walker/translation_caches.h"

namespace tablewalk::test::invalidation_rules_test {
namespace {

/// A TLB entry, as a row of a list.
struct PlainTranslation {
  std::uint64_t base;
  unsigned shift;
  AddressSpaceId asid;
  bool global;
};
/// A walk-cache entry.
struct PlainPointer {
  unsigned level;
  std::uint64_t prefix;  ///< va >> shift
  unsigned shift;
  AddressSpaceId asid;
  bool global;  ///< everything below is global (RISC-V)
};

/// Intel SDM volume 3, 4.10.4.1; RISC-V privileged manual, 4.2.1; Arm ARM, D8.14. In the order of RecordKind.
bool goes(const Record& event, const PagingMode& mode, AddressSpaceId running, const PlainTranslation& entry) {
  const bool page = event.address.value() >> entry.shift == entry.base >> entry.shift;
  const bool own = entry.asid == event.asid;
  switch (event.kind) {
    case RecordKind::InvalidatePage:
    case RecordKind::Invlpg:
    case RecordKind::TlbiVae1:
    case RecordKind::TlbiVale1:
      return page && (entry.global || own);
    case RecordKind::InvalidateAsid:
    case RecordKind::SfenceAsid:
    case RecordKind::TlbiAside1:
      return own && !entry.global;
    case RecordKind::SwitchSpace:
      return !mode.has_asids() && !entry.global;
    case RecordKind::MovToCr3:
    case RecordKind::InvpcidContext:  // without PCIDs everything belongs to PCID 0
      return !entry.global && (own || !mode.has_asids());
    case RecordKind::InvpcidAddress:
      return page && !entry.global && entry.asid == (mode.has_asids() ? event.asid : running);
    case RecordKind::SfenceAddressAsid:
      return page && own && !entry.global;
    case RecordKind::InvpcidAllNotGlobal:
      return !entry.global;
    case RecordKind::SfenceAddress:
    case RecordKind::TlbiVaae1:
    case RecordKind::TlbiVaale1:
      return page;
    default:
      return true;
  }
}

bool goes(const Record& event, const PagingMode& mode, AddressSpaceId running, const PlainPointer& entry) {
  const bool here = event.address.value() >> entry.shift == entry.prefix;
  const bool own = entry.asid == event.asid;
  switch (event.kind) {
    case RecordKind::InvalidatePage:
      return own && (here || mode.architecture() == Architecture::X86);
    case RecordKind::Invlpg:
    case RecordKind::TlbiAside1:
      return own;
    case RecordKind::InvalidateAsid:
    case RecordKind::SfenceAsid:  // "except for entries containing global mappings"
      return own && !entry.global;
    case RecordKind::InvpcidAddress:
      return here && entry.asid == (mode.has_asids() ? event.asid : running);
    case RecordKind::TlbiVae1:
      return own && here;
    case RecordKind::TlbiVaae1:
      return here;
    case RecordKind::SwitchSpace:
      return !mode.has_asids();
    case RecordKind::MovToCr3:
    case RecordKind::InvpcidContext:
      return own || !mode.has_asids();
    case RecordKind::SfenceAddress:
    case RecordKind::SfenceAddressAsid:
    case RecordKind::TlbiVale1:
    case RecordKind::TlbiVaale1:
      return false;  // leaf entries only
    default:
      return true;
  }
}

/// A TLB and walk caches without evictions, and plain lists of what they must hold.
class Remembering {
 public:
  Remembering(std::shared_ptr<const PagingMode> mode, Dice& dice)
      : mode_(std::move(mode)), dice_(dice), caches_(cache_configs(*mode_), *mode_, false) {
    TlbArrayConfig config;
    config.entries = 1024;
    config.ways = 0;
    std::vector<unsigned> shifts;
    for (const PageSize& size : mode_->page_sizes()) shifts.push_back(size.shift);
    tlb_.emplace_back(config, shifts);
  }

  void step() {
    if (dice_.chance(45)) return fill();
    if (dice_.chance(50)) return remember();
    const Record event = random_event(dice_, *mode_, address(), asid());
    const TraceEvent meant = trace_event(event, *mode_, running_);
    std::uint64_t gone = 0;
    if (meant.invalidation) {
      gone = tlb_.front().invalidate(*meant.invalidation) + caches_.invalidate(*meant.invalidation);
    }
    EXPECT_EQ(gone, forget(translations_, event) + forget(pointers_, event)) << form_of(event.kind).word;
    events += 1;
    taken_out += gone;
    if (meant.switch_to) running_ = *meant.switch_to;
  }

  /// Looks an address up everywhere; returns the difference, or nothing.
  std::string check() {
    const VirtualAddress va = address();
    const AddressSpaceId space = asid();
    bool translated = false;
    for (const PlainTranslation& one : translations_) {
      translated |= va.value() >> one.shift == one.base >> one.shift && (one.global || one.asid == space);
    }
    if ((tlb_.front().find(va, space, {AccessKind::Load, true}) != nullptr) != translated) return "the TLB";
    caches_.find(va, space);
    std::uint8_t levels = 0;
    for (const PlainPointer& one : pointers_) {
      if (va.value() >> one.shift == one.prefix && one.asid == space)
        levels |= static_cast<std::uint8_t>(1u << one.level);
    }
    return caches_.hits() == levels ? "" : "the walk caches";
  }

  std::uint64_t events = 0;
  std::uint64_t taken_out = 0;

 private:
  static std::vector<WalkCacheConfig> cache_configs(const PagingMode& mode) {
    std::vector<WalkCacheConfig> configs;
    for (unsigned level = 1; level <= mode.root_level(); ++level) {
      WalkCacheConfig config;
      config.level = level;
      config.entries = 256;
      config.ways = 0;
      configs.push_back(config);
    }
    return configs;
  }

  AddressSpaceId asid() { return static_cast<AddressSpaceId>(dice_.between(0, 2)); }
  /// One of a few addresses, which differ at every level.
  VirtualAddress address() {
    std::uint64_t address = 0;
    for (unsigned level = 0; level < mode_->levels(); ++level) {
      address |= dice_.between(0, level == 0 ? 1 : level == 1 ? 1 : 0) << mode_->level(level).index_shift;
    }
    const unsigned top = mode_->level(mode_->root_level()).index_shift;
    return VirtualAddress(address | (dice_.between(0, 1) << top & low_bits(mode_->virtual_bits() - 1)));
  }
  bool is_global(std::uint64_t base) const { return (base >> mode_->offset_bits() & 1) != 0; }

  void fill() {
    const VirtualAddress va = address();
    Translation made;
    made.page_shift = made.whole_shift = static_cast<std::uint8_t>(mode_->offset_bits());
    made.global = is_global(va.value());
    made.dirty = true;
    const AddressSpaceId space = asid();
    install_in(tlb_, *mode_, va, space, made);
    const auto same = [&](const PlainTranslation& one) {
      return one.base == va.value() && (one.global || one.asid == space);
    };
    for (const PlainTranslation& one : translations_) {
      if (same(one)) return;
    }
    translations_.push_back({va.value(), mode_->offset_bits(), space, made.global});
  }

  void remember() {
    if (mode_->levels() == 1) return;
    const auto level = static_cast<unsigned>(dice_.between(1, mode_->root_level()));
    const VirtualAddress va = address();
    const AddressSpaceId space = asid();
    WalkStart table;
    table.level = static_cast<std::uint8_t>(level - 1);
    const unsigned shift = mode_->level(level).index_shift;
    table.global = mode_->architecture() == Architecture::Riscv && (va.value() >> shift & 1) != 0;
    caches_.remember(va, space, table);
    for (const PlainPointer& one : pointers_) {
      if (one.level == level && one.prefix == va.value() >> shift && one.asid == space) return;
    }
    pointers_.push_back({level, va.value() >> shift, shift, space, table.global});
  }

  template <class Row>
  std::uint64_t forget(std::vector<Row>& rows, const Record& event) const {
    std::vector<Row> left;
    for (const Row& row : rows) {
      if (!goes(event, *mode_, running_, row)) left.push_back(row);
    }
    const std::uint64_t gone = rows.size() - left.size();
    rows = std::move(left);
    return gone;
  }

  std::shared_ptr<const PagingMode> mode_;
  Dice& dice_;
  std::vector<TlbArray> tlb_;
  TranslationCaches caches_;
  std::vector<PlainTranslation> translations_;
  std::vector<PlainPointer> pointers_;
  AddressSpaceId running_ = 0;
};

TEST(InvalidationRules, AreTheManualsInEveryModeForEveryEventAndSwitch) {
  const std::uint64_t steps = setting("TABLEWALK_STEPS", 4000);
  std::uint64_t events = 0;
  std::uint64_t taken_out = 0;
  for (const std::uint64_t seed : printed_seeds(1)) {
    Dice dice(seed);
    std::vector<std::string> modes;
    for (const std::string& name : paging_mode_names()) {
      if (make_paging_mode(name)->is_radix()) modes.push_back(name);  // the others have no pointers
    }
    modes.emplace_back("radix:5,5,5,5/12@4");
    for (const std::string& name : modes) {
      for (const bool pcide : {true, false}) {
        PagingControls controls;
        controls.x86.pcide = pcide;
        Remembering machine(make_paging_mode(name, controls), dice);
        for (std::uint64_t step = 0; step < steps; ++step) {
          machine.step();
          const std::string wrong = machine.check();
          ASSERT_EQ(wrong, "") << name << ", pcide " << pcide << ", step " << step << ", seed " << seed;
          ASSERT_FALSE(testing::Test::HasFailure())
              << name << ", pcide " << pcide << ", step " << step << ", seed " << seed;
        }
        events += machine.events;
        taken_out += machine.taken_out;
      }
    }
  }
  std::printf("%llu events took out %llu translations and pointers\n", static_cast<unsigned long long>(events),
              static_cast<unsigned long long>(taken_out));
}

/// Everything belongs to PCID 0 then, whatever id the trace gives the running address space.
TEST(InvalidationRules, WithoutPcidsInvpcidOfPcid0IsAboutWhoeverRuns) {
  PagingControls controls;
  controls.x86.pcide = false;
  const auto mode = make_paging_mode("x86-64", controls);
  Record event;
  event.kind = RecordKind::InvpcidContext;
  EXPECT_TRUE(trace_event(event, *mode, 5).invalidation->covers(VirtualAddress(0x1000), 12, 5, false));
  EXPECT_FALSE(trace_event(event, *mode, 5).invalidation->covers(VirtualAddress(0x1000), 12, 5, true));
  event.kind = RecordKind::InvpcidAddress;
  event.address = VirtualAddress(0x1000);
  EXPECT_TRUE(trace_event(event, *mode, 5).invalidation->covers(VirtualAddress(0x1000), 12, 5, false));
  EXPECT_FALSE(trace_event(event, *mode, 5).invalidation->covers(VirtualAddress(0x2000), 12, 5, false));
}

TEST(InvalidationRules, AnInstructionOfAnotherArchitectureIsRefusedByName) {
  const auto refused = [](RecordKind kind, const std::string& mode_name, AddressSpaceId asid = 0) {
    Record event;
    event.kind = kind;
    event.asid = asid;
    try {
      trace_event(event, *make_paging_mode(mode_name), 0);
      return std::string();
    } catch (const InputError& error) {
      return std::string(error.what());
    }
  };
  EXPECT_EQ(refused(RecordKind::SfenceAll, "x86-64"),
            "'sfence.vma' is not an instruction of paging mode x86-64; expected invlpg, invpcid, mov-cr3, invalidate "
            "or switch");
  EXPECT_NE(refused(RecordKind::Invlpg, "sv39"), "");
  EXPECT_NE(refused(RecordKind::TlbiVae1, "sv39"), "");
  EXPECT_NE(refused(RecordKind::Invlpg, "flat48"), "");
  EXPECT_NE(refused(RecordKind::InvpcidContext, "x86-pae", 3), "");
  EXPECT_EQ(
      refused(RecordKind::Thread, "sv39", 3),
      "'thread 3': the trace has several threads; expected a machine with several cores (--set cores=2 or more), or "
      "a capture with threads mixed or apart (trace capture --threads)");
  EXPECT_EQ(refused(RecordKind::InvpcidContext, "x86-64", 3), "");
  EXPECT_EQ(refused(RecordKind::SwitchSpace, "flat48", 3), "");
}

}  // namespace
}  // namespace tablewalk::test::invalidation_rules_test
