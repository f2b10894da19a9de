// Hashed page tables against a std::map, and against a walker written from the format's description alone.
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "base/error.h"
#include "paging/hashed_line.h"
#include "paging/table_builder.h"
#include "support/dice.h"
#include "unit/paging/page_changes.h"
#include "unit/paging/plain_hashed_walk.h"

namespace tablewalk::test::hashed_worlds_test {
namespace {

// --- every sequence of changes in a tiny space

/// Two pages of a block, one of another block, one of a third, and the large page around the first two.
constexpr std::uint64_t places[] = {0x1000, 0x2000, 0x8000, 0x40000000};

class TinyWorld {
 public:
  TinyWorld(const std::string& name, double max_load) : mode_(make_paging_mode(name, controls_of(512, max_load))) {
    for (const std::uint64_t va : places) steps_.push_back({Step::Kind::Map, va, page_4k});
    steps_.push_back({Step::Kind::Map, 0, page_2m});
    for (const std::uint64_t va : places) {
      steps_.push_back({Step::Kind::Unmap, va, page_4k});
      steps_.push_back({Step::Kind::Protect, va, page_4k});
    }
    steps_.push_back({Step::Kind::Unmap, 0, page_2m});
    steps_.push_back({Step::Kind::Protect, 0, page_2m});
    steps_.push_back({Step::Kind::Unmap, 0, page_1g * 2});
  }

  std::uint64_t try_all(unsigned length) {
    return test::try_all(steps_, length, sequence_, [this] { play(); });
  }

 private:
  void play() const {
    PhysicalMemory memory;
    FrameAllocator frames(1 << 24, 4096, {});
    TableBuilder tables(mode_, memory, frames, 7);
    Pages pages;
    for (std::size_t i = 0; i < sequence_.size(); ++i) {
      Step step = *sequence_[i];
      step.frame = (i + 1) * page_2m;
      const bool legal = apply_to(pages, step);
      ASSERT_EQ(apply_to(tables, step), legal) << describe(sequence_);
    }
    check(pages, tables, memory);
  }

  void check(const Pages& pages, const TableBuilder& tables, PhysicalMemory& memory) const {
    for (const std::uint64_t va : {0x0, 0x1008, 0x2fff, 0x3000, 0x8000, 0x1ff000, 0x200000, 0x40000000}) {
      const auto* expected = page_at(pages, va);
      ASSERT_EQ(tables.is_mapped(VirtualAddress(va)), expected != nullptr) << describe(sequence_) << va;
      for (const AccessKind kind : {AccessKind::Load, AccessKind::Store}) {
        const WalkOutcome found = reference_walk(*mode_, memory, tables.root(), VirtualAddress(va), {kind, true});
        const bool allowed = expected != nullptr && (kind == AccessKind::Load || expected->second.writable);
        ASSERT_EQ(found.translated, allowed) << describe(sequence_) << va;
        if (!allowed) continue;
        ASSERT_EQ(found.translation.physical(VirtualAddress(va)).value(),
                  expected->second.frame + (va - expected->first))
            << describe(sequence_) << va;
      }
      ASSERT_EQ(difference(*mode_, memory, tables.root(), VirtualAddress(va), {AccessKind::Load, true}), "")
          << describe(sequence_) << va;
    }
  }

  std::shared_ptr<const PagingMode> mode_;
  std::vector<Step> steps_;
  std::vector<const Step*> sequence_;
};

/// The organisations with a hash function.
class HashedWorlds : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Hashing, HashedWorlds, testing::Values("hashed", "hashed-chained", "inverted", "cuckoo"));

TEST_P(HashedWorlds, EverySequenceOfChangesLeavesWhatAMapWouldHold) {
  const auto length = static_cast<unsigned>(setting("TABLEWALK_LENGTH", 4));
  std::uint64_t tried = 0;
  // At 0.125 a table grows with its second block, at 0.9 with the eighth.
  for (const double max_load : {0.125, 0.9}) {
    tried += TinyWorld(GetParam(), max_load).try_all(length);
    if (HasFatalFailure()) return;
  }
  std::printf("%llu sequences\n", static_cast<unsigned long long>(tried));
}

// --- random tables and walks

/// Tables that change at random, and what they map.
class RandomWorld {
 public:
  RandomWorld(Dice& dice, const std::string& name, const PagingControls& controls, unsigned pages)
      : dice_(dice),
        mode_(make_paging_mode(name, controls)),
        frames_(all_memory, 4096, {}),
        tables_(mode_, memory_, frames_, static_cast<AddressSpaceId>(dice.between(0, 65535))) {
    const std::uint64_t region = dice.between(0, ~std::uint64_t{0} >> 31) << 30;
    for (unsigned i = 0; i < pages; ++i) {
      const std::uint64_t bytes = dice.chance(80) ? page_4k : dice.chance(80) ? page_2m : page_1g;
      const std::uint64_t near = region + dice.between(0, 64 * page_4k);
      places_.push_back({(dice.chance(60) ? near : dice.between(0, ~std::uint64_t{0} - 1)) & ~(bytes - 1), bytes});
    }
  }

  /// Maps, unmaps or protects one of the pages.
  void change() {
    const auto [va, bytes] = dice_.pick(places_);
    LeafSpec spec;
    spec.rights.write = dice_.chance(70);
    spec.rights.execute = dice_.chance(70);
    spec.rights.user = dice_.chance(80);
    spec.accessed = dice_.chance(50);
    spec.dirty = spec.accessed && dice_.chance(50);
    spec.global = dice_.chance(10);
    try {
      const unsigned what = dice_.number(0, 9);
      if (what < 6)
        tables_.map(VirtualAddress(va), PhysicalAddress(++frames_used_ * page_1g % all_memory), bytes, spec);
      if (what == 6 || what == 7) tables_.unmap(VirtualAddress(va), bytes);
      if (what > 7) tables_.protect(VirtualAddress(va), bytes, spec);
    } catch (const InputError&) {  // overlaps another page
    }
  }
  std::string walk() {
    const auto [page, bytes] = dice_.pick(places_);
    const std::uint64_t away = dice_.chance(20) ? dice_.between(0, 16) * page_4k : 0;
    const VirtualAddress va(page + away + dice_.between(0, bytes - 1));
    const AccessKind kind = dice_.pick<AccessKind>({AccessKind::Load, AccessKind::Store, AccessKind::Fetch});
    return difference(*mode_, memory_, tables_.root(), va, {kind, dice_.chance(60)});
  }
  /// Sets bits of a random entry of the table.
  void damage() {
    // Lines, or anchors; or the node of a page.
    PhysicalAddress at;
    if (mode_->name() != "cuckoo") {
      const HashedRoot root = HashedRoot::decode(tables_.root().value());
      const std::uint64_t words =
          mode_->name() == "hashed" ? root.slots() * 8 : std::min<std::uint64_t>(root.slots(), 64);
      at = root.table + dice_.between(0, words - 1) * 8;
    }
    if (!damaged_) note_leaves();
    damaged_ = true;
    if (!leaves_.empty() && dice_.chance(50)) {
      const std::uint64_t bytes = mode_->name() == "cuckoo" ? 64 : 32;
      at = PhysicalAddress((dice_.pick(leaves_).value() & ~(bytes - 1)) + dice_.between(0, bytes / 8 - 1) * 8);
    }
    if (at == PhysicalAddress(0)) return;
    memory_.write(at, 8, memory_.read(at, 8) ^ std::uint64_t{1} << dice_.between(0, 63));
  }

 private:
  /// Before the first damage, after which the builder cannot read its tables.
  void note_leaves() {
    for (const auto& place : places_) {
      if (const auto leaf = tables_.leaf(VirtualAddress(place.first))) leaves_.push_back(leaf->at);
    }
  }

  Dice& dice_;
  bool damaged_ = false;
  std::vector<PhysicalAddress> leaves_;
  std::shared_ptr<const PagingMode> mode_;
  PhysicalMemory memory_;
  FrameAllocator frames_;
  TableBuilder tables_;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> places_;
  std::uint64_t frames_used_ = 0;
};

TEST_P(HashedWorlds, RandomWalksAreThoseOfTheDescription) {
  const std::uint64_t walks = setting("TABLEWALK_WALKS", 500000);
  std::uint64_t done = 0;
  for (const std::uint64_t seed : printed_seeds(50)) {
    Dice dice(seed);
    const double load = 0.125 + 0.01 * dice.number(0, 82);
    const PagingControls controls = controls_of(512u << dice.number(0, 2), load, 1u << dice.number(1, 3));
    RandomWorld world(dice, GetParam(), controls, dice.number(3, 120));
    const bool damaged = dice.chance(40);
    for (std::uint64_t i = 0; i < walks / 50; ++i, ++done) {
      if (i % 16 == 0) world.change();
      const std::string wrong = world.walk();
      ASSERT_EQ(wrong, "") << "seed " << seed << ", walk " << i;
      // A damaged table is read, but no longer changed.
      if (damaged && i >= walks / 100) {
        for (; i < walks / 50; ++i, ++done) {
          if (i % 8 == 0) world.damage();
          const std::string different = world.walk();
          ASSERT_EQ(different, "") << "seed " << seed << ", walk " << i << " of a damaged table";
        }
      }
    }
  }
  std::printf("%llu walks\n", static_cast<unsigned long long>(done));
}

}  // namespace
}  // namespace tablewalk::test::hashed_worlds_test
