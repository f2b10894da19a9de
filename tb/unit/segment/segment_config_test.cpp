#include "segment/segment_config.h"

#include <gtest/gtest.h>

#include <string>

#include "support/refused_keys.h"

namespace tablewalk::segment_config_test {
namespace {

using test::refused;

template <class Change>
std::string refused_segment(const Change& change) {
  SegmentConfig segment;
  segment.to = 0xffff;
  change(segment);
  return refused(segment);
}

template <class Change>
std::string refused_direct(const Change& change) {
  SegmentationConfig config;
  config.kind = SegmentationKind::Direct;
  config.segments.resize(1);
  config.segments[0].to = 0xffff;
  change(config);
  return refused(config);
}

TEST(SegmentConfig, OffsetsHaveSixteenThirtyTwoOrSixtyFourBits) {
  for (const std::uint32_t bits : {16u, 32u, 64u}) {
    EXPECT_EQ(refused_segment([&](SegmentConfig& segment) {
                segment.offset_bits = bits;
                segment.limit = 1;
              }),
              "");
  }
  for (const std::uint32_t bits : {0u, 15u, 17u, 31u, 48u, 63u}) {
    EXPECT_EQ(refused_segment([&](SegmentConfig& segment) { segment.offset_bits = bits; }), "offset_bits") << bits;
  }
}

TEST(SegmentConfig, CodeIsNoStackAndDoesNotExpandDown) {
  EXPECT_EQ(refused_segment([](SegmentConfig& segment) { segment.type = SegmentType::Code; }), "");
  EXPECT_EQ(refused_segment([](SegmentConfig& segment) { segment.stack = true; }), "");
  EXPECT_EQ(refused_segment([](SegmentConfig& segment) {
              segment.type = SegmentType::Code;
              segment.stack = true;
            }),
            "stack");
  EXPECT_EQ(refused_segment([](SegmentConfig& segment) {
              segment.type = SegmentType::Code;
              segment.expand_down = true;
            }),
            "expand_down");
}

TEST(SegmentationConfig, ADirectSegmentIsPlacedByTheKernelAndDoesNotExpandDown) {
  EXPECT_EQ(refused_direct([](SegmentationConfig&) {}), "");
  EXPECT_EQ(refused_direct([](SegmentationConfig& config) { config.segments[0].base = 1; }), "segments.0.base");
  EXPECT_EQ(refused_direct([](SegmentationConfig& config) { config.segments[0].expand_down = true; }),
            "segments.0.expand_down");
  EXPECT_EQ(refused_direct([](SegmentationConfig& config) { config.segments[0].to = std::uint64_t{1} << 48; }),
            "segments.0.to");
}

TEST(SegmentationConfig, HasAtLeastOneSegmentIfAnyKindAndAtMost256) {
  EXPECT_EQ(refused_direct([](SegmentationConfig& config) { config.segments.clear(); }), "segments");
  SegmentationConfig none;
  EXPECT_EQ(refused(none), "");
  none.segments.resize(SegmentationConfig::most_segments);
  EXPECT_EQ(refused(none), "");
  none.segments.resize(SegmentationConfig::most_segments + 1);
  EXPECT_EQ(refused(none), "segments");
}

}  // namespace
}  // namespace tablewalk::segment_config_test
