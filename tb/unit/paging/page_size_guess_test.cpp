// Walks of hashed, chained and inverted tables that begin with a guess of the page size: whatever it is, they find what
// a walk without finds, also while pages of several sizes come and go.
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "base/error.h"
#include "paging/hashing_mode.h"
#include "paging/table_builder.h"
#include "support/dice.h"

namespace tablewalk::test::page_size_guess_test {
namespace {

constexpr std::uint64_t page_4k = 4096;
constexpr std::uint64_t all_memory = std::uint64_t{1} << 36;
constexpr std::uint64_t sizes = 3;
constexpr std::uint64_t all_guesses = sizes + 1;

struct Found {
  bool translated = false;
  Translation translation;
  Fault fault;
  std::uint64_t reads = 0;
};

/// Tables of pages of several sizes in a few regions.
class World {
 public:
  World(Dice& dice, const std::string& mode)
      : dice_(dice),
        mode_(make_paging_mode(mode, controls())),
        frames_(all_memory, page_4k, {}),
        tables_(mode_, memory_, frames_) {}

  void change() {
    if (pages_.empty() || dice_.chance(pages_.size() < 60 ? 80 : 40)) {
      const unsigned size = dice_.chance(60) ? 0 : dice_.chance(80) ? 1 : 2;
      const std::uint64_t bytes = page_4k << 9 * size;
      const std::uint64_t va = random_address() & ~(bytes - 1);
      const std::uint64_t frame = dice_.between(1, (all_memory >> 2) / bytes) * bytes;
      try {
        tables_.map(VirtualAddress(va), PhysicalAddress(frame), bytes);
        pages_[va] = size;
      } catch (const InputError&) {  // overlaps another page, or its frame has one
      }
    } else {
      const auto page = pick();
      tables_.unmap(VirtualAddress(page->first), page_4k << 9 * page->second);
      pages_.erase(page);
    }
  }
  VirtualAddress address() {
    if (pages_.empty() || dice_.chance(30)) return VirtualAddress(random_address());
    const auto page = pick();
    return VirtualAddress(page->first + dice_.between(0, (page_4k << 9 * page->second) - 1));
  }
  Found walk(VirtualAddress va, std::uint64_t guess) const {
    Walk walk(*mode_, tables_.root(), va, {}, guess);
    Found found;
    while (walk.step() == Walk::Step::ReadEntry) {
      ++found.reads;
      supply_from(*mode_, memory_, walk);
    }
    found.translated = walk.step() == Walk::Step::Done || walk.step() == Walk::Step::UpdateEntry;
    if (walk.step() == Walk::Step::UpdateEntry) walk.updated(walk.update_expected());
    found.translation = walk.translation();
    found.fault = walk.fault();
    return found;
  }

 private:
  static PagingControls controls() {
    PagingControls controls;
    controls.hashed.initial_bytes = ByteSize{512};
    controls.hashed.max_load = 0.8;
    return controls;
  }
  std::uint64_t random_address() { return dice_.between(0, 3) << 33 | dice_.between(0, std::uint64_t{3} << 21); }
  std::map<std::uint64_t, unsigned>::iterator pick() {
    return std::next(pages_.begin(), static_cast<std::ptrdiff_t>(dice_.between(0, pages_.size() - 1)));
  }

  Dice& dice_;
  std::shared_ptr<const PagingMode> mode_;
  PhysicalMemory memory_;
  FrameAllocator frames_;
  TableBuilder tables_;
  std::map<std::uint64_t, unsigned> pages_;  // number of the size, by address
};

class PageSizeGuess : public testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(Modes, PageSizeGuess, testing::Values("hashed", "hashed-chained", "inverted"),
                         [](const auto& one) { return one.param == "hashed-chained" ? "chained" : one.param; });

TEST_P(PageSizeGuess, NeverChangesWhatAWalkFinds) {
  std::uint64_t saved = 0;
  for (const std::uint64_t seed : printed_seeds(20)) {
    Dice dice(seed);
    World world(dice, GetParam());
    for (unsigned step = 0; step < 400; ++step) {
      world.change();
      const VirtualAddress va = world.address();
      const Found plain = world.walk(va, 0);
      for (std::uint64_t guess = 1; guess < all_guesses; ++guess) {
        const Found guessed = world.walk(va, guess);
        ASSERT_EQ(guessed.translated, plain.translated) << "seed " << seed << ", guess " << guess << ", " << va.value();
        if (!plain.translated) {
          ASSERT_EQ(guessed.reads, plain.reads) << "seed " << seed << ": no size is searched for twice";
          ASSERT_EQ(guessed.fault.reason, plain.fault.reason) << "seed " << seed;
          continue;
        }
        ASSERT_EQ(guessed.translation.page, plain.translation.page) << "seed " << seed << ", guess " << guess;
        ASSERT_EQ(guessed.translation.page_shift, plain.translation.page_shift) << "seed " << seed;
        if (guess != std::uint64_t{1} + plain.translation.level) continue;
        ASSERT_LE(guessed.reads, plain.reads) << "seed " << seed << ": a right guess is no longer";
        saved += plain.reads - guessed.reads;
      }
    }
  }
  EXPECT_GT(saved, 100u);
}

}  // namespace
}  // namespace tablewalk::test::page_size_guess_test
