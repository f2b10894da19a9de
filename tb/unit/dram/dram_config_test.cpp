#include "dram/dram_config.h"

#include <gmock/gmock.h>

#include <cmath>
#include <map>

#include "base/error.h"

namespace tablewalk::dram_config_test {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

std::map<std::string, std::string> problems_of(const DramConfig& config) {
  std::map<std::string, std::string> problems;
  config.check([&](const char* key, const std::string& text) { problems[key] = text; });
  return problems;
}

std::string refusal_of(const std::string& mapping) {
  try {
    parse_address_mapping(mapping);
  } catch (const InputError& error) {
    return error.what();
  }
  return {};
}

TEST(DramConfig, DefaultsHaveNoProblem) {
  EXPECT_THAT(problems_of(DramConfig{}), IsEmpty());
}

TEST(DramConfig, DefaultDevicesHoldEightGibibytes) {
  EXPECT_EQ(DramConfig{}.capacity_bytes(), std::uint64_t{8} << 30);
}

TEST(DramConfig, CountsThatAddressBitsCannotTellAreRefusedByKey) {
  const auto refused = [](std::uint32_t DramConfig::*field, const char* key, std::uint32_t value) {
    DramConfig config;
    config.*field = value;
    const auto problems = problems_of(config);
    ASSERT_EQ(problems.count(key), 1u) << key << " = " << value;
    EXPECT_THAT(problems.at(key), HasSubstr("expected a power of two"));
  };
  for (std::uint32_t value : {0u, 3u, 12u}) {
    refused(&DramConfig::channels, "channels", value);
    refused(&DramConfig::ranks, "ranks", value);
    refused(&DramConfig::banks, "banks", value);
    refused(&DramConfig::bank_groups, "bank_groups", value);
    refused(&DramConfig::rows, "rows", value);
    refused(&DramConfig::row_bytes, "row_bytes", value);
  }
}

TEST(DramConfig, RowThatHoldsNoLineIsRefused) {
  DramConfig config;
  config.row_bytes = 32;
  unsigned problems = 0;
  check_dram_shape(config, 64, [&](const char*, const std::string&) { ++problems; });
  EXPECT_EQ(problems, 1u);
  check_dram_shape(config, 32, [&](const char*, const std::string&) { ++problems; });
  EXPECT_EQ(problems, 1u);
}

TEST(DramConfig, EachBankGroupHasABank) {
  DramConfig config;
  config.banks = 2;
  EXPECT_THAT(problems_of(config)["bank_groups"], HasSubstr("expected at most 2"));
  config.bank_groups = 2;
  EXPECT_THAT(problems_of(config), IsEmpty());
}

TEST(DramConfig, QueuesHoldSomethingAndTheLowMarkIsBelowTheFullBuffer) {
  const auto refused = [](std::uint32_t DramConfig::*field, const char* key, std::uint32_t value) {
    DramConfig config;
    config.*field = value;
    EXPECT_THAT(problems_of(config)[key], HasSubstr("expected")) << key << " = " << value;
  };
  for (const std::uint32_t value : {0u, 1025u}) {
    refused(&DramConfig::bank_queue, "bank_queue", value);
    refused(&DramConfig::read_queue, "read_queue", value);
    refused(&DramConfig::write_queue, "write_queue", value);
  }
  refused(&DramConfig::write_low, "write_low", 32);
  refused(&DramConfig::row_hit_limit, "row_hit_limit", 0);
  refused(&DramConfig::data_rate_mts, "data_rate_mts", 0);
  refused(&DramConfig::data_rate_mts, "data_rate_mts", 100001);
}

TEST(DramConfig, SameBankRefreshLeavesTimeBetweenItsTurns) {
  DramConfig config;
  config.refresh = RefreshKind::SameBank;
  config.t_rfc_ns = 1949;
  EXPECT_THAT(problems_of(config), IsEmpty());
  config.t_rfc_ns = 1950;
  EXPECT_THAT(problems_of(config)["t_rfc_ns"], HasSubstr("t_refi_ns / (banks / bank_groups)"));
}

TEST(DramConfig, WithSameBankRefreshEachBankOfAGroupHasItsTurn) {
  const auto leaves_time = [](std::uint32_t groups, double interval) {
    DramConfig config;
    config.refresh = RefreshKind::SameBank;
    config.banks = 8;
    config.bank_groups = groups;
    config.t_refi_ns = 4000;
    config.t_rfc_ns = interval;
    EXPECT_EQ(problems_of(config).count("t_rfc_ns"), 1u) << groups;
    config.t_rfc_ns = interval - 1;
    return problems_of(config).count("t_rfc_ns") == 0;
  };
  EXPECT_TRUE(leaves_time(1, 500));
  EXPECT_TRUE(leaves_time(4, 2000));
}

TEST(DramConfig, NegativeAndEndlessTimesAreRefused) {
  for (double value : {-0.5, std::nan(""), HUGE_VAL}) {
    DramConfig config;
    config.t_rcd_ns = value;
    EXPECT_EQ(problems_of(config).count("t_rcd_ns"), 1u) << value;
  }
  EXPECT_EQ(duration_problem(-0.5, 0), "-0.5 ns; expected 0 to 1000000");
}

TEST(DramConfig, RefreshMustLeaveTimeBetweenRefreshes) {
  DramConfig config;
  config.t_rfc_ns = config.t_refi_ns;
  EXPECT_EQ(problems_of(config).count("t_rfc_ns"), 1u);
  config.t_rfc_ns = config.t_refi_ns - 1;
  EXPECT_THAT(problems_of(config), IsEmpty());
}

TEST(DramConfig, ZeroForEitherRefreshTimeTurnsRefreshOff) {
  DramConfig config;
  EXPECT_TRUE(config.refreshes());
  config.t_refi_ns = 0;
  EXPECT_FALSE(config.refreshes());
  EXPECT_THAT(problems_of(config), IsEmpty());
  config = DramConfig{};
  config.t_rfc_ns = 0;
  EXPECT_FALSE(config.refreshes());
}

TEST(DramConfig, MappingNamesItsFieldsFromTheTop) {
  const AddressOrder order = parse_address_mapping("row:rank:bank:channel:column");
  EXPECT_EQ(order.front(), AddressField::Row);
  EXPECT_EQ(order[3], AddressField::Channel);
  EXPECT_EQ(order.back(), AddressField::Column);
}

TEST(DramConfig, MappingWithAnUnknownFieldNamesTheNearest) {
  EXPECT_THAT(refusal_of("row:rank:bnak:channel:column"), HasSubstr("did you mean 'bank'?"));
}

TEST(DramConfig, MappingWithAFieldTwiceIsRefused) {
  EXPECT_THAT(refusal_of("row:rank:bank:row:channel:column"), HasSubstr("'row' twice"));
}

TEST(DramConfig, MappingThatLacksAFieldIsRefused) {
  EXPECT_THAT(refusal_of("row:rank:bank:column"), HasSubstr("lacks the field 'channel'"));
}

TEST(DramConfig, EmptyMappingAndEmptyFieldsAreRefused) {
  EXPECT_THAT(refusal_of(""), HasSubstr("unknown field ''"));
  EXPECT_THAT(refusal_of("row:rank:bank:channel:column:"), HasSubstr("unknown field ''"));
}

}  // namespace
}  // namespace tablewalk::dram_config_test
