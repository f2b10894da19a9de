#include "cli/fault_options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace tablewalk::fault_options_test {
namespace {

using ::testing::HasSubstr;

std::string refusal(const FaultArguments& arguments) {
  try {
    arguments.policy();
  } catch (const InputError& error) {
    return error.what();
  }
  return "accepted";
}

TEST(FaultOptions, StopUnlessCountingIsAskedFor) {
  EXPECT_EQ(FaultArguments().policy(), FaultPolicy::Stop);
  EXPECT_EQ((FaultArguments{"stop", false}).policy(), FaultPolicy::Stop);
  EXPECT_EQ((FaultArguments{"count", false}).policy(), FaultPolicy::Count);
  EXPECT_EQ((FaultArguments{"", true}).policy(), FaultPolicy::Count);
  EXPECT_EQ((FaultArguments{"count", true}).policy(), FaultPolicy::Count);
}

TEST(FaultOptions, WhatIsWrongIsSaid) {
  EXPECT_THAT(refusal({"cuont", false}), HasSubstr("--faults cuont: expected stop or count (did you mean 'count'?)"));
  EXPECT_THAT(refusal({"stop", true}), HasSubstr("expected one of them"));
}

TEST(FaultOptions, AreNamedAsTheyWereGiven) {
  EXPECT_EQ(FaultArguments().given(), nullptr);
  EXPECT_STREQ((FaultArguments{"stop", false}).given(), "--faults");
  EXPECT_STREQ((FaultArguments{"", true}).given(), "--skip-faults");
}

}  // namespace
}  // namespace tablewalk::fault_options_test
