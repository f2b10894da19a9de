#include "segment/fragmentation.h"

#include <gtest/gtest.h>

namespace tablewalk::fragmentation_test {
namespace {

constexpr FitPolicy all_policies[] = {FitPolicy::First, FitPolicy::Next, FitPolicy::Best, FitPolicy::Worst};

TEST(Fragmentation, TheFiftyPercentRuleHoldsInSteadyState) {
  for (const FitPolicy policy : all_policies) {
    for (const double load : {0.6, 0.9}) {
      FragmentationLoad requests;
      requests.load = load;
      const FragmentationResult result = allocate_segments(requests, policy, 1);
      EXPECT_GT(result.mean_allocated_blocks, 200);
      EXPECT_NEAR(result.free_per_allocated(), result.predicted_free_per_allocated(), 0.02);
      EXPECT_GT(result.inexact_share, 0.9) << "so both are close to a half";
    }
  }
}

TEST(Fragmentation, EqualSizesNeverFragment) {
  FragmentationLoad requests;
  requests.smallest = requests.largest = 4096;
  requests.steps = 100000;
  for (const FitPolicy policy : all_policies) {
    const FragmentationResult result = allocate_segments(requests, policy, 4);
    EXPECT_EQ(result.failed_by_fragmentation, 0u);
    EXPECT_GT(result.mean_free_blocks, 40) << "there are many holes, but every one fits";
    EXPECT_EQ(result.mean_internal, 0);
  }
}

TEST(Fragmentation, WithoutLoadThereIsNone) {
  FragmentationLoad requests;
  requests.load = 0.0001;
  requests.steps = 1000;
  const FragmentationResult result = allocate_segments(requests, FitPolicy::First, 1);
  EXPECT_EQ(result.failed, 0u);
  EXPECT_LT(result.mean_external, 0.05);
}

TEST(Fragmentation, PagesFailOnlyForLackOfMemoryAndWasteHalfAPagePerRequest) {
  FragmentationLoad requests;
  requests.load = 1.5;
  const FragmentationResult pages = allocate_pages(requests, 1);
  EXPECT_GT(pages.failed, 1000u);
  EXPECT_EQ(pages.failed_by_fragmentation, 0u);
  EXPECT_EQ(pages.mean_external, 0);
  requests.load = 0.5;
  const FragmentationResult relaxed = allocate_pages(requests, 1);
  EXPECT_EQ(relaxed.failed, 0u);
  const double wasted = relaxed.mean_internal / (1 - relaxed.mean_internal) * relaxed.mean_used *
                        static_cast<double>(requests.memory_bytes);
  EXPECT_NEAR(wasted / relaxed.mean_allocated_blocks, 2048, 200);
}

TEST(Fragmentation, RequestsOfAWholePageWasteNothing) {
  FragmentationLoad requests;
  requests.smallest = requests.largest = requests.unit = requests.page_bytes;
  const FragmentationResult pages = allocate_pages(requests, 1);
  EXPECT_EQ(pages.mean_internal, 0);
  EXPECT_GT(pages.mean_used, 0.5);
}

TEST(Fragmentation, ARequestOfAByteMoreThanAPageTakesTwo) {
  FragmentationLoad requests;
  requests.smallest = requests.largest = requests.page_bytes + 1;
  requests.unit = 1;
  EXPECT_NEAR(allocate_pages(requests, 1).mean_internal, 1 - 4097 / 8192.0, 1e-9);
}

TEST(Fragmentation, WhatEndsWithAStepIsFreeForTheNextRequest) {
  FragmentationLoad requests;
  requests.memory_bytes = requests.smallest = requests.largest = requests.unit = requests.page_bytes;
  requests.load = 0.0001;  // so that each lives for one step
  requests.steps = 1000;
  EXPECT_EQ(allocate_pages(requests, 1).failed, 0u);
  EXPECT_EQ(allocate_segments(requests, FitPolicy::First, 1).failed, 0u);
}

TEST(Fragmentation, TheLoadIsTheMeanOfWhatIsWanted) {
  FragmentationLoad requests;
  requests.load = 0.5;
  requests.steps = 400000;
  EXPECT_NEAR(allocate_pages(requests, 1).mean_used, 0.5, 0.02);
}

TEST(Fragmentation, SamplesAreEvenlySpacedAndTheSeedDeterminesThem) {
  FragmentationLoad requests;
  requests.steps = 1000;
  const FragmentationResult result = allocate_segments(requests, FitPolicy::Best, 3);
  ASSERT_EQ(result.points.size(), 3u);
  EXPECT_EQ(result.points[0].step, 334u);
  EXPECT_EQ(result.points[1].step, 667u);
  EXPECT_EQ(result.points[2].step, 1000u);
  EXPECT_EQ(result.requests, 1000u);
  EXPECT_EQ(allocate_segments(requests, FitPolicy::Best, 3).points[2].external, result.points[2].external);
  requests.seed = 2;
  EXPECT_NE(allocate_segments(requests, FitPolicy::Best, 3).points[2].external, result.points[2].external);
}

TEST(Fragmentation, SegmentsFailWherePagesDoNot) {
  FragmentationLoad requests;
  requests.load = 0.7;
  EXPECT_EQ(allocate_pages(requests, 1).failed, 0u);
  std::uint64_t failed[4] = {};
  for (unsigned i = 0; i < 4; ++i) {
    const FragmentationResult result = allocate_segments(requests, all_policies[i], 1);
    failed[i] = result.failed;
    EXPECT_EQ(result.failed, result.failed_by_fragmentation);
  }
  EXPECT_GT(failed[0], 10u);
  EXPECT_GT(failed[1], failed[0]) << "next fit breaks up the large block at the end";
  EXPECT_GT(failed[3], failed[1]) << "worst fit breaks up every large block";
}

}  // namespace
}  // namespace tablewalk::fragmentation_test
