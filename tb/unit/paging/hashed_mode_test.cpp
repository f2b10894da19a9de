// Hashed page tables: against a std::map, against a walker written in this file from the format's description alone
// (docs/paging/hashed.md), and against the arithmetic of linear probing.
#include "paging/hashed_mode.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <vector>

#include "base/error.h"
#include "paging/reference_walk.h"
#include "paging/table_builder.h"
#include "paging/table_size.h"
#include "support/dice.h"

namespace tablewalk::test {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

constexpr std::uint64_t page_4k = 4096;
constexpr std::uint64_t page_2m = 2 << 20;
constexpr std::uint64_t page_1g = 1 << 30;
constexpr std::uint64_t all_memory = std::uint64_t{1} << 40;

PagingControls controls_of(std::uint64_t initial_bytes, double max_load, std::uint32_t growth = 2) {
  PagingControls controls;
  controls.hashed.initial_bytes = ByteSize{initial_bytes};
  controls.hashed.max_load = max_load;
  controls.hashed.growth = growth;
  return controls;
}

/// What the plain walker found.
struct PlainWalk {
  FaultReason fault = FaultReason::NotPresent;
  std::uint64_t physical = 0;
  unsigned shift = 0;
  std::uint64_t entry_at = 0;
  unsigned reads = 0;
};

/// The present entry at that address, if it allows the access: sets accessed and dirty.
void use_entry(PhysicalMemory& memory, std::uint64_t at, unsigned shift, std::uint64_t va, AccessKind kind, bool user,
               PlainWalk& walk) {
  const std::uint64_t entry = memory.read(PhysicalAddress(at), 8);
  const std::uint64_t page = entry & 0x0000fffffffff000;
  walk.shift = shift;
  walk.entry_at = at;
  walk.physical = page | (va & ((std::uint64_t{1} << shift) - 1));
  const bool allowed = (!user || (entry & 8) != 0) && (kind != AccessKind::Store || (entry & 2) != 0) &&
                       (kind != AccessKind::Fetch || (entry & 4) != 0);
  walk.fault = page % (std::uint64_t{1} << shift) != 0 ? FaultReason::Misaligned
               : allowed                               ? FaultReason::None
                                                       : FaultReason::Permission;
  if (walk.fault != FaultReason::None) return;
  memory.write(PhysicalAddress(at), 8, entry | (kind == AccessKind::Store ? 0x30 : 0x10));
}

/// A walk of hashed-chained from the format's description, with no name of the model's.
PlainWalk plain_chained(PhysicalMemory& memory, std::uint64_t root, std::uint64_t va, AccessKind kind, bool user) {
  const std::uint64_t base = root & 0x0000fffffffffe00;
  PlainWalk walk;
  for (unsigned size = 0; size < 3; ++size) {
    if ((root >> (6 + size) & 1) == 0) continue;
    const std::uint64_t page = va >> (12 + 9 * size);
    const std::uint64_t anchor = (page * 4 + size) * 0x9E3779B97F4A7C15u >> (64 - (root & 0x3f));
    ++walk.reads;
    std::uint64_t node = memory.read(PhysicalAddress(base + anchor * 8), 8);
    for (unsigned length = 0; node != 0 && length < 65536; ++length) {
      node -= node % 32;
      if (node >> 48 != 0) {
        walk.fault = FaultReason::OutOfMemory;
        return walk;
      }
      ++walk.reads;
      const std::uint64_t kind_word = memory.read(PhysicalAddress(node + 8), 8);
      if (memory.read(PhysicalAddress(node), 8) == page && kind_word == (1 | size << 2 | root >> 48 << 16)) {
        if ((memory.read(PhysicalAddress(node + 16), 8) & 1) != 0) {
          use_entry(memory, node + 16, 12 + 9 * size, va, kind, user, walk);
        }
        return walk;
      }
      node = memory.read(PhysicalAddress(node + 24), 8);
    }
  }
  return walk;
}

/// A walk of hashed from the format's description, with no name of the model's.
PlainWalk plain_hashed(PhysicalMemory& memory, std::uint64_t root, std::uint64_t va, AccessKind kind, bool user) {
  const unsigned lines_log2 = root & 0x3f;
  const std::uint64_t base = root & 0x0000fffffffffe00;
  PlainWalk walk;
  for (unsigned size = 0; size < 3; ++size) {
    if ((root >> (6 + size) & 1) == 0) continue;
    const unsigned shift = 12 + 9 * size;
    const std::uint64_t number = va >> shift;
    std::uint64_t line = ((number >> 3) * 4 + size) * 0x9E3779B97F4A7C15u >> (64 - lines_log2);
    for (std::uint64_t probe = 0; probe >> lines_log2 == 0; ++probe) {
      std::uint64_t words[8];
      for (unsigned i = 0; i < 8; ++i) words[i] = memory.read(PhysicalAddress(base + line * 64 + i * 8), 8);
      ++walk.reads;
      const std::uint64_t block =
          words[3] >> 48 << 48 | words[2] >> 48 << 32 | words[1] >> 48 << 16 | words[0] >> 48;
      const std::uint64_t state = words[5] >> 48;
      if ((state & 3) == 0) break;
      if ((state & 15) == (1 | size << 2) && block == number >> 3 && words[4] >> 48 == root >> 48) {
        if ((words[number & 7] & 1) == 0) break;
        use_entry(memory, base + line * 64 + (number & 7) * 8, shift, va, kind, user, walk);
        return walk;
      }
      line = (line + 1) & ((std::uint64_t{1} << lines_log2) - 1);
    }
  }
  return walk;
}

/// Empty if the model's walk gives the same as the plain one, and leaves the same bits.
std::string difference(const PagingMode& mode, PhysicalMemory& memory, PhysicalAddress root, VirtualAddress va,
                       Access access) {
  const PhysicalMemory& unchanged = memory;
  const WalkOutcome dry = reference_walk(mode, unchanged, root, va, access);
  PhysicalMemory copy = memory;
  const WalkOutcome found = reference_walk(mode, memory, root, va, access);
  const PlainWalk plain = (mode.name() == "hashed" ? plain_hashed : plain_chained)(copy, root.value(), va.value(), access.kind, access.user);
  const FaultReason reason = found.translated ? FaultReason::None : found.fault.reason;
  if (reason != plain.fault) return std::string("fault: ") + to_string(reason) + ", not " + to_string(plain.fault);
  if (dry.translated != found.translated) return "the walk that writes nothing has another result";
  if (found.entry_reads != plain.reads) {
    return std::to_string(found.entry_reads) + " reads, not " + std::to_string(plain.reads);
  }
  if (!found.translated) return {};
  if (found.translation.physical(va).value() != plain.physical) return "another address";
  if (found.translation.whole_shift != plain.shift) return "another page size";
  if (found.translation.leaf_entry != copy.read(PhysicalAddress(plain.entry_at), 8)) return "another entry";
  // The whole page of memory around the entry.
  for (std::uint64_t at = plain.entry_at / 4096 * 4096; at % 4096 != 0 || at <= plain.entry_at; at += 8) {
    if (memory.read(PhysicalAddress(at), 8) != copy.read(PhysicalAddress(at), 8)) return "other bits in memory";
  }
  return {};
}

// --- every sequence of changes in a tiny space

struct Page {
  std::uint64_t frame = 0;
  std::uint64_t bytes = 0;
  bool writable = true;
};
using Pages = std::map<std::uint64_t, Page>;

struct Step {
  enum class Kind { Map, Unmap, Protect } kind;
  std::uint64_t va;
  std::uint64_t bytes;
};

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
    if (length == 0) return 1;
    std::uint64_t tried = 0;
    for (const Step& step : steps_) {
      sequence_.push_back(&step);
      play();
      if (testing::Test::HasFatalFailure()) return tried;
      tried += try_all(length - 1);
      sequence_.pop_back();
    }
    return tried;
  }

 private:
  /// Applies the step to the map; false, without effect, if it is illegal.
  static bool apply(Pages& pages, const Step& step, std::uint64_t frame) {
    const std::uint64_t end = step.va + step.bytes;
    const auto touches = [&](const Pages::value_type& page) {
      return page.first < end && step.va < page.first + page.second.bytes;
    };
    for (const auto& page : pages) {
      const bool within = step.va <= page.first && page.first + page.second.bytes <= end;
      if (touches(page) && (step.kind == Step::Kind::Map || !within)) return false;
    }
    if (step.kind == Step::Kind::Map) pages[step.va] = {frame, step.bytes, true};
    for (auto page = pages.begin(); page != pages.end();) {
      const bool hit = step.kind != Step::Kind::Map && touches(*page);
      if (hit && step.kind == Step::Kind::Protect) page->second.writable = false;
      page = hit && step.kind == Step::Kind::Unmap ? pages.erase(page) : std::next(page);
    }
    return true;
  }

  void play() const {
    PhysicalMemory memory;
    FrameAllocator frames(1 << 24, 4096, {});
    TableBuilder tables(mode_, memory, frames, 7);
    Pages pages;
    for (std::size_t i = 0; i < sequence_.size(); ++i) {
      const Step& step = *sequence_[i];
      const std::uint64_t frame = (i + 1) * page_2m;
      const bool legal = apply(pages, step, frame);
      bool done = true;
      try {
        LeafSpec spec;
        if (step.kind == Step::Kind::Map) tables.map(VirtualAddress(step.va), PhysicalAddress(frame), step.bytes, spec);
        spec.rights.write = false;
        if (step.kind == Step::Kind::Unmap) tables.unmap(VirtualAddress(step.va), step.bytes);
        if (step.kind == Step::Kind::Protect) tables.protect(VirtualAddress(step.va), step.bytes, spec);
      } catch (const InputError&) {
        done = false;
      }
      ASSERT_EQ(done, legal) << describe();
    }
    check(pages, tables, memory);
  }

  void check(const Pages& pages, const TableBuilder& tables, PhysicalMemory& memory) const {
    for (const std::uint64_t va : {0x0, 0x1008, 0x2fff, 0x3000, 0x8000, 0x1ff000, 0x200000, 0x40000000}) {
      const Page* expected = nullptr;
      std::uint64_t offset = 0;
      for (const auto& [first, page] : pages) {
        if (va < first || va >= first + page.bytes) continue;
        expected = &page;
        offset = va - first;
      }
      ASSERT_EQ(tables.is_mapped(VirtualAddress(va)), expected != nullptr) << describe() << va;
      for (const AccessKind kind : {AccessKind::Load, AccessKind::Store}) {
        const WalkOutcome found = reference_walk(*mode_, memory, tables.root(), VirtualAddress(va), {kind, true});
        const bool allowed = expected != nullptr && (kind == AccessKind::Load || expected->writable);
        ASSERT_EQ(found.translated, allowed) << describe() << va;
        if (!allowed) continue;
        ASSERT_EQ(found.translation.physical(VirtualAddress(va)).value(), expected->frame + offset) << describe() << va;
      }
      ASSERT_EQ(difference(*mode_, memory, tables.root(), VirtualAddress(va), {AccessKind::Load, true}), "")
          << describe() << va;
    }
  }

  std::string describe() const {
    std::string text;
    for (const Step* step : sequence_) {
      const char* names[] = {"map", "unmap", "protect"};
      text += std::string(names[static_cast<int>(step->kind)]) + " " + std::to_string(step->va) + "+" +
              std::to_string(step->bytes) + ", ";
    }
    return text;
  }

  std::shared_ptr<const PagingMode> mode_;
  std::vector<Step> steps_;
  std::vector<const Step*> sequence_;
};

/// The organisations with a hash function.
class Organisations : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Hashing, Organisations, testing::Values("hashed", "hashed-chained"));

TEST_P(Organisations, EverySequenceOfChangesLeavesWhatAMapWouldHold) {
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
      if (what < 6) tables_.map(VirtualAddress(va), PhysicalAddress(++frames_used_ * page_1g % all_memory), bytes, spec);
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
    const HashedRoot root = HashedRoot::decode(tables_.root().value());
    const std::uint64_t words = root.lines() * (mode_->name() == "hashed" ? 8 : 1);
    PhysicalAddress at = root.table + dice_.between(0, words - 1) * 8;
    if (leaves_.empty()) note_leaves();
    if (!leaves_.empty() && dice_.chance(50)) {
      at = PhysicalAddress((dice_.pick(leaves_).value() & ~std::uint64_t{31}) + dice_.between(0, 3) * 8);
    }
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
  std::vector<PhysicalAddress> leaves_;
  std::shared_ptr<const PagingMode> mode_;
  PhysicalMemory memory_;
  FrameAllocator frames_;
  TableBuilder tables_;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> places_;
  std::uint64_t frames_used_ = 0;
};

TEST_P(Organisations, RandomWalksAreThoseOfTheDescription) {
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

// --- resizes

TEST_P(Organisations, KeepsEveryPageAndItsBitsWheneverItGrows) {
  for (const std::uint64_t seed : printed_seeds(20)) {
    Dice dice(seed);
    const auto mode = make_paging_mode(GetParam(), controls_of(512, 0.5, 1u << dice.number(1, 3)));
    PhysicalMemory memory;
    FrameAllocator frames(all_memory, 4096, {});
    TableBuilder tables(mode, memory, frames);
    std::map<std::uint64_t, std::pair<std::uint64_t, bool>> pages;  // frame, dirty
    std::set<std::uint64_t> roots;
    LeafSpec clean;
    clean.accessed = clean.dirty = false;
    for (unsigned i = 1; i <= 600; ++i) {
      const std::uint64_t va = dice.between(0, std::uint64_t{1} << 40) & ~std::uint64_t{4095};
      if (!pages.emplace(va, std::pair{i * page_4k, false}).second) continue;
      tables.map(VirtualAddress(va), PhysicalAddress(i * page_4k), page_4k, clean);
      roots.insert(tables.root().value());
      auto touched = std::next(pages.begin(), static_cast<std::ptrdiff_t>(dice.between(0, pages.size() - 1)));
      const Access store{AccessKind::Store, true};
      ASSERT_TRUE(reference_walk(*mode, memory, tables.root(), VirtualAddress(touched->first), store).translated);
      touched->second.second = true;
      if (dice.chance(10)) {
        tables.unmap(VirtualAddress(touched->first), page_4k);
        pages.erase(touched);
      }
      if (dice.chance(10) || i == 600) {
        for (const auto& [at, page] : pages) {
          const auto leaf = tables.leaf(VirtualAddress(at));
          ASSERT_TRUE(leaf) << "seed " << seed << ", page " << at << " after " << i;
          ASSERT_EQ(leaf->view.target.value(), page.first) << "seed " << seed;
          ASSERT_EQ(leaf->view.dirty, page.second) << "seed " << seed;
        }
      }
    }
    ASSERT_GE(roots.size(), 3u) << "it grew seldom, seed " << seed;
    for (const TableFigure& figure : tables.figures()) {
      if (std::string(figure.name) == "used_lines") {
        ASSERT_LE(figure.value, pages.size());
      }
    }
  }
}

TEST(HashedTables, AMemoryLimitThatForbidsGrowthIsReportedAndChangesNothing) {
  const auto mode = make_paging_mode("hashed", controls_of(4096, 0.5));
  PhysicalMemory memory;
  FrameAllocator frames(4 * 4096, 4096, {});  // three frames, for tables only
  TableBuilder tables(mode, memory, frames);
  unsigned mapped = 0;
  const auto fill = [&] {
    for (;; ++mapped) tables.map(VirtualAddress(mapped * 8 * page_4k), PhysicalAddress(page_4k), page_4k);
  };
  EXPECT_THROW(fill(), InputError);
  EXPECT_EQ(mapped, 64u);  // half of the lines after growing once
  for (unsigned i = 0; i < 80; ++i) EXPECT_EQ(tables.is_mapped(VirtualAddress(i * 8 * page_4k)), i < mapped) << i;
}

// --- searches

/// Reads per walk of present blocks, and of absent ones, at a load of `blocks / lines`.
std::pair<double, double> reads_at(Dice& dice, std::uint64_t lines, std::uint64_t blocks) {
  const auto mode = make_paging_mode("hashed", controls_of(lines * 64, 0.95));
  PhysicalMemory memory;
  FrameAllocator frames(all_memory, 4096, {});
  TableBuilder tables(mode, memory, frames);
  std::set<std::uint64_t> pages;
  while (pages.size() < blocks) pages.insert(dice.between(0, low_bits(48)) << 15);
  for (const std::uint64_t va : pages) tables.map(VirtualAddress(va), PhysicalAddress(page_4k), page_4k);
  const auto reads = [&](std::uint64_t va) {
    return reference_walk(*mode, memory, tables.root(), VirtualAddress(va), {AccessKind::Load, true}).entry_reads;
  };
  double hits = 0;
  for (const std::uint64_t va : pages) hits += reads(va);
  double misses = 0;
  constexpr unsigned tries = 20000;
  for (unsigned i = 0; i < tries; ++i) misses += reads((dice.between(0, low_bits(48)) << 15) | 0x7000);
  return {hits / static_cast<double>(blocks), misses / tries};
}

/// Knuth, The Art of Computer Programming, volume 3, 6.4: linear probing in a large table.
TEST(HashedTables, SearchesAreAsLongAsLinearProbingSays) {
  for (const std::uint64_t seed : printed_seeds(1)) {
    Dice dice(seed);
    constexpr std::uint64_t lines = 1 << 16;
    for (const double load : {0.125, 0.25, 0.5, 0.6, 0.75, 0.85}) {
      const auto [hit, miss] = reads_at(dice, lines, static_cast<std::uint64_t>(load * lines));
      const double expected_hit = (1 + 1 / (1 - load)) / 2;
      const double expected_miss = (1 + 1 / ((1 - load) * (1 - load))) / 2;
      std::printf("load %.3f: %.3f reads of a mapped page (formula %.3f), %.3f of an unmapped one (formula %.3f)\n",
                  load, hit, expected_hit, miss, expected_miss);
      EXPECT_NEAR(hit / expected_hit, 1, 0.05) << load << ", seed " << seed;
      EXPECT_NEAR(miss / expected_miss, 1, 0.1) << load << ", seed " << seed;
    }
  }
}

/// Node by node: a chain has `pages / anchors` nodes on average, half of the others are before a page's own.
TEST(ChainedTables, ChainsAreAsLongAsTheLoadSays) {
  for (const std::uint64_t seed : printed_seeds(1)) {
    Dice dice(seed);
    constexpr std::uint64_t anchors = 1 << 14;
    for (const double load : {0.125, 0.25, 0.5, 0.9}) {
      const auto mode = make_paging_mode("hashed-chained", controls_of(anchors * 8, 0.95));
      PhysicalMemory memory;
      FrameAllocator frames(all_memory, 4096, {});
      TableBuilder tables(mode, memory, frames);
      std::set<std::uint64_t> pages;
      while (static_cast<double>(pages.size()) < load * anchors) pages.insert(dice.between(0, low_bits(40)) << 12);
      for (const std::uint64_t va : pages) tables.map(VirtualAddress(va), PhysicalAddress(page_4k), page_4k);
      double reads = 0;
      for (const std::uint64_t va : pages) {
        reads += reference_walk(*mode, memory, tables.root(), VirtualAddress(va), {AccessKind::Load, true}).entry_reads;
      }
      const double hit = reads / static_cast<double>(pages.size());
      std::printf("load %.3f: %.3f reads of a mapped page (formula %.3f)\n", load, hit, 2 + load / 2);
      EXPECT_NEAR(hit, 2 + load / 2, 0.02) << load << ", seed " << seed;
    }
  }
}

TEST(HashedTables, ASearchEndsAfterEveryLineOnce) {
  const auto mode = make_paging_mode("hashed", controls_of(512, 0.9));
  PhysicalMemory memory;
  const HashedRoot root{3, PhysicalAddress(0x10000), 5, 3};
  HashedLine line;
  line.set_tag({HashedLine::State::Block, 0, 12345, 3});
  for (std::uint64_t at = 0; at < 64; ++at) memory.write(root.table + 8 * at, 8, line.words[at % 8]);
  const WalkOutcome walk =
      reference_walk(*mode, memory, PhysicalAddress(root.encode()), VirtualAddress(0x5000), {AccessKind::Load, true});
  EXPECT_FALSE(walk.translated);
  EXPECT_EQ(walk.fault.reason, FaultReason::NotPresent);
  EXPECT_EQ(walk.entry_reads, 16u);  // eight lines, for two page sizes
  EXPECT_LE(walk.entry_reads, mode->most_reads(PhysicalAddress(root.encode())));
}

TEST_P(Organisations, AnEmptySpaceIsNotReadAtAll) {
  const auto mode = make_paging_mode(GetParam());
  PhysicalMemory memory;
  FrameAllocator frames(all_memory, 4096, {});
  TableBuilder tables(mode, memory, frames);
  const WalkOutcome walk =
      reference_walk(*mode, memory, tables.root(), VirtualAddress(0x5000), {AccessKind::Load, true});
  EXPECT_EQ(walk.fault.reason, FaultReason::NotPresent);
  EXPECT_EQ(walk.entry_reads, 0u);
}

TEST_P(Organisations, AnEntryThatChangesBeforeItsUpdateIsReadAgain) {
  const auto mode = make_paging_mode(GetParam());
  PhysicalMemory memory;
  FrameAllocator frames(all_memory, 4096, {});
  TableBuilder tables(mode, memory, frames);
  LeafSpec clean;
  clean.accessed = clean.dirty = false;
  const VirtualAddress va(0x7f0000003000);
  tables.map(va, PhysicalAddress(0x42000), page_4k, clean);
  Walk walk(*mode, tables.root(), va, {AccessKind::Store, true});
  std::array<unsigned char, 64> bytes{};
  const auto supply = [&] {
    ASSERT_EQ(walk.step(), Walk::Step::ReadEntry);
    memory.read_bytes(walk.entry_address(), walk.read_bytes(), bytes.data());
    walk.supply(bytes.data());
  };
  while (walk.step() == Walk::Step::ReadEntry) supply();
  ASSERT_EQ(walk.step(), Walk::Step::UpdateEntry);
  EXPECT_EQ(walk.entry_address(), tables.leaf(va)->at);
  // Meanwhile the page moves.
  tables.unmap(va, page_4k);
  tables.map(va, PhysicalAddress(0x55000), page_4k, clean);
  walk.updated(memory.compare_and_swap(walk.entry_address(), 8, walk.update_expected(), walk.update_desired()));
  supply();
  ASSERT_EQ(walk.step(), Walk::Step::UpdateEntry);
  walk.updated(memory.compare_and_swap(walk.entry_address(), 8, walk.update_expected(), walk.update_desired()));
  ASSERT_EQ(walk.step(), Walk::Step::Done);
  EXPECT_EQ(walk.translation().page, PhysicalAddress(0x55000));
  EXPECT_TRUE(tables.leaf(va)->view.dirty);
}

// --- sizes and roots

TEST_P(Organisations, TheTablesCountedAreThoseBuilt) {
  for (const std::uint64_t seed : printed_seeds(200)) {
    Dice dice(seed);
    const auto mode = make_paging_mode(
        GetParam(), controls_of(512u << dice.number(0, 3), 0.125 + 0.01 * dice.number(0, 82), 1u << dice.number(1, 3)));
    PhysicalMemory memory;
    FrameAllocator frames(all_memory, 4096, {});
    TableBuilder tables(mode, memory, frames);
    std::vector<MappedRange> ranges;
    for (unsigned i = 0; i < dice.number(0, 12); ++i) {
      const std::uint64_t bytes = dice.chance(70) ? page_4k : page_2m;
      const std::uint64_t va = i * 4 * page_1g + dice.between(0, 3) * page_4k * (bytes / page_4k);
      const std::uint64_t length = dice.between(1, 40) * bytes;
      tables.map_range(VirtualAddress(va), length, bytes);
      ranges.push_back({VirtualAddress(va), VirtualAddress(va + length - 1), bytes});
    }
    const TableSize size = table_size(*mode, ranges);
    ASSERT_EQ(size.bytes, tables.table_bytes()) << "seed " << seed;
    ASSERT_EQ(size.tables_per_level, tables.tables_per_level());
  }
}

TEST(HashedMode, RootsThatCannotBeAreRefused) {
  const auto mode = make_paging_mode("hashed");
  EXPECT_NO_THROW(mode->decode_root(0x0003000000010043));
  EXPECT_EQ(mode->decode_root(0x0003000000010043).asid, 3);
  EXPECT_THAT([&] { mode->decode_root(0x10042); }, ThrowsMessage<InputError>(HasSubstr("expected bits 5:0 of 3 to 36")));
  EXPECT_THROW(mode->decode_root(0x1007f), InputError);
  EXPECT_THROW(mode->decode_root(0x10205), InputError);  // not aligned to 2 KiB
}

TEST(ChainedTables, AChainThatIsARingEnds) {
  const auto mode = make_paging_mode("hashed-chained");
  PhysicalMemory memory;
  const HashedRoot root{0, PhysicalAddress(0x10000), 1, 6};
  for (std::uint64_t anchor = 0; anchor < 64; ++anchor) memory.write(root.table + 8 * anchor, 8, 0x20000);
  memory.write(PhysicalAddress(0x20018), 8, 0x20000);
  const WalkOutcome walk =
      reference_walk(*mode, memory, PhysicalAddress(root.encode()), VirtualAddress(0x5000), {AccessKind::Load, true});
  EXPECT_EQ(walk.fault.reason, FaultReason::NotPresent);
  EXPECT_EQ(walk.entry_reads, 65537u);
  EXPECT_LE(walk.entry_reads, mode->most_reads(PhysicalAddress(root.encode())));
}

TEST(HashedMode, ParametersOutOfRangeAreRefused) {
  const auto problems = [](const PagingControls& controls) {
    std::string keys;
    controls.hashed.check([&](const std::string& key, const std::string&) { keys += key + " "; });
    return keys;
  };
  EXPECT_EQ(problems(controls_of(512, 0.95, 8)), "");
  EXPECT_EQ(problems(controls_of(256, 0.96, 3)), "initial_bytes max_load growth ");
  EXPECT_EQ(problems(controls_of(1000, 0.1, 1)), "initial_bytes max_load growth ");
}

}  // namespace
}  // namespace tablewalk::test
