// Flattened page tables against a std::map and a walker written from the format's description alone; merging where
// memory allows it, and tables counted against tables built.
#include "paging/flattened_mode.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <ctime>
#include <map>
#include <optional>
#include <vector>

#include "base/error.h"
#include "paging/table_builder.h"
#include "paging/table_size.h"
#include "support/dice.h"
#include "unit/paging/page_changes.h"
#include "unit/paging/plain_flattened_walk.h"

namespace tablewalk::test::flattened_mode_test {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

constexpr std::uint64_t page_4k = 4096;

struct Shape {
  const char* name;
  std::vector<PlainLevel> levels;  ///< from the last one to the root
};

const Shape tiny{"flattened:5+5,5+5/12@8", {{5, false}, {5, true}, {5, false}, {5, true}}};
const std::vector<Shape>& shapes() {
  static const std::vector<Shape> all = {
      tiny,
      {"flattened", {{9, false}, {9, true}, {9, false}, {9, true}}},
      {"flattened:4,4+5,6/12@8", {{6, false}, {5, false}, {4, true}, {4, false}}},
      {"flattened:3+4,3,3+3/12@8", {{3, false}, {3, true}, {3, false}, {4, false}, {3, true}}}};
  return all;
}

/// Memory in which only single frames are free, if `fragmented`.
FrameAllocator make_frames(std::uint64_t bytes, bool fragmented) {
  FrameAllocatorConfig config;
  config.policy = FramePolicy::Buddy;
  FrameAllocator frames(bytes, page_4k, config);
  while (fragmented) {
    const auto block = frames.try_allocate_page(VirtualAddress(0), 2 * page_4k);
    if (!block) break;
    frames.split_page(*block, 2 * page_4k, page_4k);
    frames.release_page(*block, page_4k);
  }
  return frames;
}

std::uint64_t figure_of(const TableBuilder& tables, const std::string& name) {
  for (const TableFigure& figure : tables.figures()) {
    if (name == figure.name) return figure.value;
  }
  return ~std::uint64_t{0};
}

PhysicalMemory copy_of(const PhysicalMemory& memory) {
  PhysicalMemory copy;
  memory.for_each_touched_page([&](PhysicalAddress page) {
    std::array<unsigned char, page_4k> bytes{};
    memory.read_page(page, bytes.data());
    copy.write_page(page, bytes.data());
  });
  return copy;
}

/// Whole pages at once: they are compared after each walk.
bool holds_the_same(const PhysicalMemory& memory, const PhysicalMemory& copy) {
  bool same = true;
  memory.for_each_touched_page([&](PhysicalAddress page) {
    std::array<unsigned char, page_4k> found{};
    std::array<unsigned char, page_4k> expected{};
    memory.read_page(page, found.data());
    copy.read_page(page, expected.data());
    same = same && found == expected;
  });
  return same;
}

/// Empty if the model's walk in `memory` gives the same as the plain one in `copy`, and leaves the same bits.
std::string difference(const PagingMode& mode, const Shape& shape, PhysicalMemory& memory, PhysicalMemory& copy,
                       PhysicalAddress root, VirtualAddress va, Access access) {
  const PhysicalMemory& unchanged = memory;
  const WalkOutcome dry = reference_walk(mode, unchanged, root, va, access);
  const WalkOutcome found = reference_walk(mode, memory, root, va, access);
  const PlainFlattenedWalk plain =
      plain_flattened(copy, shape.levels, root.value(), va.value(), access.kind, access.user);
  const FaultReason reason = found.translated ? FaultReason::None : found.fault.reason;
  if (reason != plain.fault) return std::string("fault: ") + to_string(reason) + ", not " + to_string(plain.fault);
  if (dry.translated != found.translated) return "the walk that writes nothing has another result";
  if (found.entry_reads != plain.reads) {
    return std::to_string(found.entry_reads) + " reads, not " + std::to_string(plain.reads);
  }
  if (!holds_the_same(memory, copy)) return "other bits in memory";
  if (!found.translated) return {};
  if (found.translation.physical(va).value() != plain.physical) return "another address";
  if (found.translation.whole_shift != plain.shift) return "another page size";
  return {};
}

// --- every sequence of changes in a tiny space

constexpr std::uint64_t large = 32 * page_4k;     // one entry of level 1
constexpr std::uint64_t pair_bytes = 32 * large;  // what a merged table of levels 1 and 0 maps

class TinyWorld {
 public:
  explicit TinyWorld(bool fragmented) : fragmented_(fragmented) {
    for (const std::uint64_t va : {std::uint64_t{0}, page_4k, large, pair_bytes}) {
      for (const Step::Kind kind : {Step::Kind::Map, Step::Kind::Unmap, Step::Kind::Protect}) {
        steps_.push_back({kind, va, page_4k});
      }
    }
    for (const std::uint64_t va : {std::uint64_t{0}, large}) {
      for (const Step::Kind kind : {Step::Kind::Map, Step::Kind::Unmap, Step::Kind::Split}) {
        steps_.push_back({kind, va, large});
      }
    }
    steps_.push_back({Step::Kind::Unmap, 0, 2 * pair_bytes});
  }

  std::uint64_t try_all(unsigned length) {
    return test::try_all(steps_, length, sequence_, [this] { play(); });
  }

 private:
  /// Only a large page that is there is split.
  static bool split(Pages& pages, TableBuilder& tables, const Step& step) {
    const auto found = pages.find(step.va);
    if (found == pages.end() || found->second.bytes != step.bytes) return false;
    LeafSpec spec;
    spec.rights.write = found->second.writable;
    tables.split(VirtualAddress(step.va), page_4k, spec);
    const Page whole = found->second;
    for (std::uint64_t at = 0; at < whole.bytes; at += page_4k) {
      pages[step.va + at] = {whole.frame + at, page_4k, whole.writable};
    }
    return true;
  }

  void play() const {
    PhysicalMemory memory;
    FrameAllocator frames = make_frames(1 << 20, fragmented_);
    TableBuilder tables(mode_, memory, frames);
    Pages pages;
    for (std::size_t i = 0; i < sequence_.size(); ++i) {
      Step step = *sequence_[i];
      step.frame = (i + 16) * large;
      if (step.kind == Step::Kind::Split) {
        split(pages, tables, step);
        continue;
      }
      const bool legal = apply_to(pages, step);
      ASSERT_EQ(apply_to(tables, step), legal) << describe(sequence_);
    }
    check(pages, tables, memory);
    if (pages.empty()) {
      ASSERT_EQ(tables.table_count(), 1u) << describe(sequence_);
    }
    ASSERT_EQ(figure_of(tables, "merged") == 0, fragmented_) << describe(sequence_);
  }

  void check(const Pages& pages, const TableBuilder& tables, PhysicalMemory& memory) const {
    for (const std::uint64_t va : {std::uint64_t{0}, page_4k + 8, 2 * page_4k - 1, 2 * page_4k, large, large + page_4k,
                                   pair_bytes - 1, pair_bytes}) {
      const auto* expected = page_at(pages, va);
      ASSERT_EQ(tables.is_mapped(VirtualAddress(va)), expected != nullptr) << describe(sequence_) << va;
      for (const AccessKind kind : {AccessKind::Load, AccessKind::Store}) {
        const PhysicalMemory& unchanged = memory;
        const WalkOutcome found = reference_walk(*mode_, unchanged, tables.root(), VirtualAddress(va), {kind, true});
        const bool allowed = expected != nullptr && (kind == AccessKind::Load || expected->second.writable);
        ASSERT_EQ(found.translated, allowed) << describe(sequence_) << va;
        if (!allowed) continue;
        ASSERT_EQ(found.translation.physical(VirtualAddress(va)).value(),
                  expected->second.frame + (va - expected->first))
            << describe(sequence_) << va;
        ASSERT_EQ(std::uint64_t{1} << found.translation.page_shift, expected->second.bytes)
            << describe(sequence_) << va;
      }
    }
    PhysicalMemory copy = copy_of(memory);
    const Access store{AccessKind::Store, true};
    ASSERT_EQ(difference(*mode_, tiny, memory, copy, tables.root(), VirtualAddress(page_4k), store), "")
        << describe(sequence_);
  }

  std::shared_ptr<const PagingMode> mode_ = make_paging_mode(tiny.name);
  bool fragmented_;
  std::vector<Step> steps_;
  std::vector<const Step*> sequence_;
};

TEST(FlattenedTables, EverySequenceOfChangesLeavesWhatAMapWouldHold) {
  const auto length = static_cast<unsigned>(setting("TABLEWALK_LENGTH", 3));
  std::uint64_t tried = 0;
  for (const bool fragmented : {false, true}) {
    tried += TinyWorld(fragmented).try_all(length);
    if (HasFatalFailure()) return;
  }
  std::printf("%llu sequences\n", static_cast<unsigned long long>(tried));
}

// --- random tables and walks

/// Tables that change at random.
class RandomWorld {
 public:
  RandomWorld(Dice& dice, const Shape& shape)
      : dice_(dice),
        shape_(shape),
        mode_(make_paging_mode(shape.name)),
        frames_(make_frames(std::uint64_t{1} << 24, dice.chance(30))),
        tables_(mode_, memory_, frames_) {
    const std::uint64_t anchor = dice.between(0, low_bits(mode_->virtual_bits()));
    for (unsigned i = dice.number(3, 60); i != 0; --i) {
      std::uint64_t va = anchor;
      const unsigned highest = dice.number(0, mode_->root_level());
      for (unsigned level = 0; level <= highest; ++level) va ^= dice.between(0, 7) << mode_->index_shift(level);
      const std::vector<PageSize>& sizes = mode_->page_sizes();
      const PageSize& size = dice.chance(70) ? sizes.front() : sizes[dice.between(0, sizes.size() - 1)];
      places_.push_back({va & low_bits(mode_->virtual_bits()) & ~low_bits(size.shift), &size});
    }
  }

  /// Maps, unmaps, protects or splits one of the pages.
  void change() {
    copy_.reset();
    const auto [va, size] = dice_.pick(places_);
    LeafSpec spec;
    spec.rights.write = dice_.chance(70);
    spec.rights.execute = dice_.chance(70);
    spec.rights.user = dice_.chance(80);
    spec.accessed = dice_.chance(50);
    spec.dirty = spec.accessed && dice_.chance(50);
    try {
      const unsigned what = dice_.number(0, 9);
      const std::uint64_t frame = ++frames_used_ % 512 << size->shift;
      if (what < 6) tables_.map(VirtualAddress(va), PhysicalAddress(frame), size->bytes(), spec);
      if (what == 6 || what == 7) tables_.unmap(VirtualAddress(va), size->bytes());
      if (what == 8) tables_.protect(VirtualAddress(va), size->bytes(), spec);
      const auto leaf = what == 9 ? tables_.leaf(VirtualAddress(va)) : std::nullopt;
      const PageSize* of = leaf ? mode_->find_page_size(std::uint64_t{1} << leaf->view.page_shift) : nullptr;
      if (of != nullptr && of->level == 1) tables_.split(VirtualAddress(va), page_4k, spec);
    } catch (const InputError&) {  // overlaps another page, or no memory
    }
  }
  std::string walk() {
    const auto [page, size] = dice_.pick(places_);
    const std::uint64_t away = dice_.chance(20) ? dice_.between(0, 16) * page_4k : 0;
    const std::uint64_t sign = dice_.chance(1) ? ~low_bits(mode_->virtual_bits()) : 0;
    const VirtualAddress va((page + away + dice_.between(0, size->bytes() - 1)) | sign);
    const AccessKind kind = dice_.pick<AccessKind>({AccessKind::Load, AccessKind::Store, AccessKind::Fetch});
    if (!copy_) copy_ = copy_of(memory_);
    return difference(*mode_, shape_, memory_, *copy_, tables_.root(), va, {kind, dice_.chance(60)});
  }
  /// Changes a bit of a random entry on the way to one of the pages.
  void damage() {
    copy_.reset();
    const VirtualAddress va(dice_.pick(places_).first);
    Walk walk(*mode_, tables_.root(), va, {AccessKind::Load, true});
    PhysicalAddress at = walk.entry_address();
    for (unsigned steps = dice_.number(0, 3); steps != 0 && walk.step() == Walk::Step::ReadEntry; --steps) {
      walk.supply(memory_.read(walk.entry_address(), 8) | 16);
      if (walk.step() == Walk::Step::ReadEntry) at = walk.entry_address();
    }
    memory_.write(at, 8, memory_.read(at, 8) ^ std::uint64_t{1} << dice_.between(0, 63));
  }

 private:
  Dice& dice_;
  const Shape& shape_;
  std::shared_ptr<const PagingMode> mode_;
  PhysicalMemory memory_;
  std::optional<PhysicalMemory> copy_;  ///< where the plain walks are made, since the last change
  FrameAllocator frames_;
  TableBuilder tables_;
  std::vector<std::pair<std::uint64_t, const PageSize*>> places_;
  std::uint64_t frames_used_ = 0;
};

TEST(FlattenedTables, RandomWalksAreThoseOfTheDescription) {
  const std::uint64_t walks = setting("TABLEWALK_WALKS", 500000);
  constexpr std::uint64_t worlds = 100;
  std::uint64_t done = 0;
  for (const std::uint64_t seed : printed_seeds(worlds)) {
    Dice dice(seed);
    RandomWorld world(dice, shapes()[seed % shapes().size()]);
    const bool damaged = dice.chance(40);
    for (std::uint64_t i = 0; i < walks / worlds; ++i, ++done) {
      // A damaged table is read, but no longer changed.
      const bool now = damaged && i >= walks / worlds / 2;
      if (!now && i % 16 == 0) world.change();
      if (now && i % 8 == 0) world.damage();
      const std::string wrong = world.walk();
      ASSERT_EQ(wrong, "") << "seed " << seed << ", walk " << i << (now ? " of a damaged table" : "");
    }
  }
  std::printf("%llu walks\n", static_cast<unsigned long long>(done));
}

// --- merging

TEST(FlattenedTables, TheTablesCountedAreThoseBuilt) {
  std::uint64_t all = 0;
  const auto seeds = printed_seeds(200);
  for (const std::uint64_t seed : seeds) {
    Dice dice(seed);
    const Shape& shape = dice.pick(shapes());
    const auto mode = make_paging_mode(shape.name);
    PhysicalMemory memory;
    FrameAllocator frames(std::uint64_t{1} << 36, page_4k, {});
    TableBuilder tables(mode, memory, frames);
    std::vector<MappedRange> ranges;
    std::uint64_t next = 0;
    for (unsigned i = 0; i < dice.number(0, 12); ++i) {
      const PageSize& size = dice.chance(70) ? mode->page_sizes().front() : mode->page_sizes()[dice.number(0, 1)];
      next += dice.between(0, 3) << dice.number(12, mode->index_shift(mode->root_level()));
      const std::uint64_t va = (next + size.bytes() - 1) & ~low_bits(size.shift);
      const std::uint64_t length = dice.between(1, 40) * size.bytes();
      if (va + length > low_bits(mode->virtual_bits())) break;
      tables.map_range(VirtualAddress(va), length, size.bytes());
      ranges.push_back({VirtualAddress(va), VirtualAddress(va + length - 1), size.bytes()});
      next = va + length;
    }
    const TableSize size = table_size(*mode, ranges);
    ASSERT_EQ(size.bytes, tables.table_bytes()) << "seed " << seed << ", " << shape.name;
    all += size.tables;
    ASSERT_EQ(size.tables_per_level, tables.tables_per_level()) << "seed " << seed << ", " << shape.name;
  }
  EXPECT_GT(all, 5 * seeds.size() / 2);
}

unsigned reads_of(const PagingMode& mode, const PhysicalMemory& memory, const TableBuilder& tables, std::uint64_t va) {
  const WalkOutcome walk = reference_walk(mode, memory, tables.root(), VirtualAddress(va), {AccessKind::Load, true});
  EXPECT_TRUE(walk.translated) << va;
  return static_cast<unsigned>(walk.entry_reads);
}

TEST(FlattenedTables, HalveTheReadsWhereMemoryHasTheBlocks) {
  const auto mode = make_paging_mode(tiny.name);
  PhysicalMemory memory;
  FrameAllocator frames = make_frames(1 << 20, true);
  TableBuilder tables(mode, memory, frames);
  tables.map(VirtualAddress(0), PhysicalAddress(0), page_4k);
  EXPECT_EQ(reads_of(*mode, memory, tables, 0), 4u) << "ordinary tables instead of merged ones";
  EXPECT_EQ(figure_of(tables, "not_merged"), 2u);
  EXPECT_EQ(figure_of(tables, "merged"), 0u);
  PhysicalMemory other;
  FrameAllocator ample = make_frames(1 << 20, false);
  TableBuilder merged(mode, other, ample);
  merged.map(VirtualAddress(0), PhysicalAddress(0), page_4k);
  merged.map(VirtualAddress(large), PhysicalAddress(large), large);
  merged.map(VirtualAddress(pair_bytes), PhysicalAddress(large), large);
  EXPECT_EQ(reads_of(*mode, other, merged, 0), 2u);
  EXPECT_EQ(reads_of(*mode, other, merged, large), 2u) << "a large page in a merged table";
  EXPECT_EQ(reads_of(*mode, other, merged, pair_bytes), 2u) << "a large page in a table of its level";
  EXPECT_EQ(figure_of(merged, "merged"), 2u);
  EXPECT_EQ(merged.table_bytes(), 2 * 8192u + 32 * 8);
}

/// In seconds of the processor, so that it does not depend on what else runs.
TEST(TableBuilders, MapSixteenGibibytesInSeconds) {
  for (const char* name : {"x86-64", "flattened", "hashed", "hashed-chained"}) {
    const auto mode = make_paging_mode(name);
    PhysicalMemory memory;
    FrameAllocator frames(std::uint64_t{1} << 36, page_4k, {});
    TableBuilder tables(mode, memory, frames);
    const std::clock_t begin = std::clock();
    tables.map_range(VirtualAddress(std::uint64_t{1} << 40), std::uint64_t{16} << 30, page_4k);
    const double seconds = static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
    std::printf("%s: %.2f s, %llu MiB of tables\n", name, seconds,
                static_cast<unsigned long long>(tables.table_bytes() >> 20));
    EXPECT_LT(seconds, 30) << name;
    EXPECT_TRUE(tables.is_mapped(VirtualAddress((std::uint64_t{1} << 40) + (std::uint64_t{16} << 30) - page_4k)));
  }
}

TEST(FlattenedMode, NamesThatCannotBeAreRefused) {
  const auto problem = [](const std::string& name, const std::string& text) {
    EXPECT_THAT([&] { make_paging_mode(name); }, ThrowsMessage<InputError>(HasSubstr(text))) << name;
  };
  EXPECT_NO_THROW(make_paging_mode("flattened:9,9+9,9/12@8"));
  problem("flattened:9+9+9/12@8", "three levels in one table: expected one or two");
  problem("flattened:9+9,9+2/12@8", "2 index bits: expected at least 3");
  problem("flattened:9+9,9+9/12@4", "entries of 4 bytes: expected 8");
  problem("flattened:9+9,9+9", "expected ',' and the next level's index bits");
  problem("flattened:16+15/12@8", "31 index bits in one table: expected at most 30");
  problem("flattened:+9/12@8", "expected a number of index bits");
}

TEST(FlattenedMode, RootsThatCannotBeAreRefused) {
  const auto mode = make_paging_mode("flattened");
  EXPECT_NO_THROW(mode->decode_root(0x200001));
  EXPECT_THAT([&] { mode->decode_root(0x200002); }, ThrowsMessage<InputError>(HasSubstr("expected a multiple of 64")));
  EXPECT_THROW(mode->decode_root(std::uint64_t{1} << 52), InputError);
  EXPECT_THROW(make_paging_mode("flattened:9,9+9/12@8")->decode_root(0x200001), InputError);
}

}  // namespace
}  // namespace tablewalk::test::flattened_mode_test
