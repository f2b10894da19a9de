#include "system/sample_spec.h"

#include <gmock/gmock.h>

#include <set>

#include "base/error.h"

namespace tablewalk::sample_spec_test {
namespace {

std::string refusal(const std::string& text, std::optional<std::uint64_t> records = 1'000'000) {
  try {
    plan_sample(parse_sample_spec(text), records, 0);
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

TEST(SampleSpec, DefaultsCoverTheTraceWithHundredWindows) {
  const SamplePlan plan = plan_sample(parse_sample_spec(""), 1'000'000, 500);
  EXPECT_EQ(plan.every, 10'000U);
  EXPECT_EQ(plan.measure, 1000U);
  EXPECT_EQ(plan.warmup, 500U);
  EXPECT_GE(plan.first, 500U);
  EXPECT_LT(plan.first, 10'500U);
  EXPECT_EQ(plan.end, 1'000'500U);
}

TEST(SampleSpec, TheOffsetIsGivenOrDrawn) {
  EXPECT_EQ(plan_sample(parse_sample_spec("offset=7,every=5K"), 1'000'000, 0).first, 7U);
  const std::uint64_t first = plan_sample(parse_sample_spec("seed=1"), 1'000'000, 0).first;
  EXPECT_NE(first, plan_sample(parse_sample_spec("seed=2"), 1'000'000, 0).first);
  EXPECT_EQ(first, plan_sample(parse_sample_spec(""), 1'000'000, 0).first);
}

TEST(SampleSpec, DrawsTheRecordsBeforeEachWindow) {
  const SamplePlan plan = plan_sample(parse_sample_spec("warm=1000"), 1'000'000, 0);
  const SamplePlan other = plan_sample(parse_sample_spec("warm=1000,seed=2"), 1'000'000, 0);
  std::set<std::uint64_t> drawn;
  unsigned differ = 0;
  for (std::uint64_t window = 0; window < 1000; ++window) {
    drawn.insert(plan.warm_of(window));
    if (plan.warm_of(window) != other.warm_of(window)) ++differ;
  }
  EXPECT_GE(*drawn.begin(), 500U);
  EXPECT_LE(*drawn.rbegin(), 1000U);
  EXPECT_GT(drawn.size(), 350U) << "of 501";
  EXPECT_GT(differ, 900U);
  EXPECT_EQ(plan_sample(parse_sample_spec("warm=0"), 1'000'000, 0).warm_of(3), 0U);
}

TEST(SampleSpec, RefusesWhatItCannotDo) {
  using ::testing::HasSubstr;
  EXPECT_THAT(refusal("evry=5"), HasSubstr("did you mean 'every'?"));
  EXPECT_THAT(refusal("every"), HasSubstr("expected KEY=VALUE"));
  EXPECT_THAT(refusal("every=5,every=6"), HasSubstr("every is given twice"));
  EXPECT_THAT(refusal("every=x"), HasSubstr("every=x: expected a whole number"));
  EXPECT_THAT(refusal("every=3999"), HasSubstr("expected at least 4000"));
  EXPECT_THAT(refusal("every=5K,windows=5"), HasSubstr("expected only one of them"));
  EXPECT_THAT(refusal("offset=5,seed=5"), HasSubstr("expected only one of them"));
  EXPECT_THAT(refusal("offset=5K,every=5K"), HasSubstr("expected less than the 5000"));
  EXPECT_THAT(refusal("measure=0"), HasSubstr("at least one record"));
  EXPECT_THAT(refusal("windows=1"), HasSubstr("at least 2"));
  EXPECT_THAT(refusal("reach=5"), HasSubstr("reach without between=skip"));
  EXPECT_THAT(refusal("between=time,fill=5"), HasSubstr("fill without between=skip"));
  EXPECT_THAT(refusal("between=skp"), HasSubstr("did you mean 'skip'?"));
  EXPECT_THAT(refusal("", 3000), HasSubstr("fewer than two windows"));
}

}  // namespace
}  // namespace tablewalk::sample_spec_test
