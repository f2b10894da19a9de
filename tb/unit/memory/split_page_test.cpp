#include <gtest/gtest.h>

#include <set>

#include "base/error.h"
#include "memory/frame_allocator.h"

namespace tablewalk::split_page_test {
namespace {

constexpr std::uint64_t small = 4096;
constexpr std::uint64_t large = std::uint64_t{2} << 20;

TEST(SplitPage, ItsPartsAreReleasedOneByOne) {
  for (const FramePolicy policy :
       {FramePolicy::Sequential, FramePolicy::Random, FramePolicy::Contiguous, FramePolicy::Buddy}) {
    SCOPED_TRACE(static_cast<int>(policy));
    FrameAllocator frames(4 * large, small, {policy});
    const PhysicalAddress page = frames.allocate_page(VirtualAddress(0), large);
    frames.split_page(page, large, small);
    frames.release_page(page + 5 * small, small);
    std::set<std::uint64_t> taken;
    bool given_again = false;
    while (const auto frame = frames.try_allocate_page(VirtualAddress(0), small)) {
      ASSERT_TRUE(taken.insert(frame->value()).second);
      const bool inside = page <= *frame && *frame < page + large;
      ASSERT_TRUE(!inside || *frame == page + 5 * small);
      given_again |= inside;
    }
    EXPECT_TRUE(given_again);
  }
}

TEST(SplitPage, ABuddyBlockIsWholeAgainWhenAllPartsAreReleased) {
  FrameAllocator frames(4 * large, small, {FramePolicy::Buddy});
  std::vector<PhysicalAddress> pages;
  while (const auto page = frames.try_allocate_page(VirtualAddress(0), large)) pages.push_back(*page);
  frames.split_page(pages[1], large, 2 * small);
  for (std::uint64_t offset = 0; offset < large; offset += 2 * small) {
    EXPECT_EQ(frames.try_allocate_page(VirtualAddress(0), large), std::nullopt);
    frames.release_page(pages[1] + offset, 2 * small);
  }
  EXPECT_EQ(frames.try_allocate_page(VirtualAddress(0), large), pages[1]);
  EXPECT_THROW(frames.split_page(pages[1], 2 * large, small), LawViolation);
}

}  // namespace
}  // namespace tablewalk::split_page_test
