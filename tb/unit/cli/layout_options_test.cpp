#include "cli/layout_options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "support/temporary_folder.h"

namespace tablewalk::layout_options_test {
namespace {

using ::testing::HasSubstr;

std::string refusal(const LayoutArguments& layout) {
  try {
    layout.regions(4096);
  } catch (const InputError& error) {
    return error.what();
  }
  return "accepted";
}

TEST(LayoutOptions, WithoutThemEveryAddressIsAllowed) {
  EXPECT_FALSE(LayoutArguments().regions(4096).has_value());
}

TEST(LayoutOptions, AMapIsARegionInWholePages) {
  const Regions regions = *LayoutArguments{{"0x400800:4K:rxu", "0x600000:2M:2M"}, ""}.regions(4096);
  ASSERT_EQ(regions.size(), 2u);
  EXPECT_EQ(regions.begin()->range, range_of(VirtualAddress(0x400000), 0x2000));
  EXPECT_EQ(rights_text(regions.begin()->kind.rights), "r-xu");
  EXPECT_EQ(regions.begin()->kind.page_bytes, 0u);
  EXPECT_EQ(regions.find(VirtualAddress(0x600000))->kind.page_bytes, 2u << 20);
  const Regions large = *LayoutArguments{{"0x401000:4K"}, ""}.regions(65536);
  EXPECT_EQ(large.begin()->range, range_of(VirtualAddress(0x400000), 65536));
}

TEST(LayoutOptions, AFileAndMapsAddUp) {
  const test::TemporaryFolder folder;
  const std::string path = folder.write("maps", "1000-2000 r-xp 0 0:0 7 /bin/x\n3000-4000 rw-p 0 0:0 0\n");
  const Regions regions = *LayoutArguments{{"0x2000:4K"}, path}.regions(65536 >> 5);
  EXPECT_EQ(regions.size(), 3u);
  EXPECT_EQ(regions.find(VirtualAddress(0x1000))->kind.label, "/bin/x");
  EXPECT_EQ(refusal({{"0x3800:4K"}, path}),
            "--map 0x3800:4K: 0x3000 to 0x4fff: overlaps 0x3000 to 0x3fff; expected a range that is free");
  EXPECT_THAT(refusal({{"0x3800"}, path}), HasSubstr("--map 0x3800: expected VA:SIZE"));
  EXPECT_THAT(refusal({{}, path + "x"}), HasSubstr("mapsx: "));
}

}  // namespace
}  // namespace tablewalk::layout_options_test
