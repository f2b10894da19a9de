// Synthetic traces are determined by their seed and have the properties of their pattern.
#include "trace/generate.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <set>

#include "unit/trace/trace_test_support.h"

namespace tablewalk::generate_test {
namespace {

GeneratorConfig config_of(Pattern pattern, std::uint64_t count) {
  GeneratorConfig config;
  config.pattern = pattern;
  config.count = count;
  config.footprint = 1 << 20;
  config.matrix = 20;
  config.block = 8;
  return config;
}

std::vector<Record> generated(const GeneratorConfig& config) {
  return test::read_all(*make_generator(config), 777);
}

std::uint64_t offset_of(const Record& record, const GeneratorConfig& config) {
  return record.address - VirtualAddress(config.base);
}

TEST(Generate, EveryPatternIsDecidedByItsSeedAndStaysInItsFootprint) {
  for (const std::string& name : pattern_names()) {
    GeneratorConfig config = config_of(parse_pattern(name), 20000);
    const auto records = generated(config);
    ASSERT_EQ(records.size(), 20000u) << name;
    EXPECT_EQ(generated(config), records) << name;
    for (const Record& record : records) {
      ASSERT_GE(record.address.value(), config.base) << name;
      ASSERT_LE(offset_of(record, config) + record.size, config.footprint) << name;
    }
    config.seed = 2;
    const std::set<std::string> without_chance = {"sequential", "stride", "matmul"};
    EXPECT_EQ(generated(config) == records, without_chance.count(name) == 1) << name;
  }
}

TEST(Generate, SequentialAndStrideWrapAtTheEndOfTheFootprint) {
  GeneratorConfig config = config_of(Pattern::Sequential, 20);
  config.footprint = 64;
  const auto sequential = generated(config);
  for (std::size_t i = 0; i < sequential.size(); ++i) EXPECT_EQ(offset_of(sequential[i], config), i % 8 * 8);
  config.pattern = Pattern::Stride;
  config.footprint = 4 * 4096;
  const auto stride = generated(config);
  for (std::size_t i = 0; i < stride.size(); ++i) EXPECT_EQ(offset_of(stride[i], config), i % 4 * 4096);
}

TEST(Generate, PointerChaseVisitsEveryElementOnceInEachRound) {
  for (const std::uint64_t elements : {1u, 2u, 5u, 64u, 1000u, 1024u}) {
    GeneratorConfig config = config_of(Pattern::PointerChase, 3 * elements);
    config.footprint = elements * 8;
    const auto records = generated(config);
    for (unsigned round = 0; round < 3; ++round) {
      std::set<std::uint64_t> seen;
      for (std::uint64_t i = 0; i < elements; ++i) seen.insert(offset_of(records[round * elements + i], config) / 8);
      EXPECT_EQ(seen.size(), elements) << "round " << round << " of " << elements;
    }
    EXPECT_TRUE(std::equal(records.begin(), records.begin() + static_cast<std::ptrdiff_t>(elements),
                           records.begin() + static_cast<std::ptrdiff_t>(elements)));
  }
}

TEST(Generate, PointerChaseIsAChainAndHasOneElementInEachStride) {
  GeneratorConfig config = config_of(Pattern::PointerChase, 64);
  config.stride = 4096;
  config.footprint = 64 * 4096;
  EXPECT_TRUE(make_generator(config)->description().dependences);
  std::set<std::uint64_t> seen;
  for (const Record& record : generated(config)) {
    EXPECT_EQ(record.distance, 1u);
    EXPECT_EQ(offset_of(record, config) % 4096, 0u);
    seen.insert(offset_of(record, config));
  }
  EXPECT_EQ(seen.size(), 64u);
  config.stride = 4;
  EXPECT_THROW(make_generator(config), InputError) << "elements of 8 bytes overlap";
}

TEST(Generate, GupsWritesBackWhatItRead) {
  const auto records = generated(config_of(Pattern::Gups, 1000));
  for (std::size_t i = 0; i < records.size(); i += 2) {
    EXPECT_EQ(records[i].kind, RecordKind::Load);
    EXPECT_EQ(records[i + 1].kind, RecordKind::Store);
    EXPECT_EQ(records[i].address, records[i + 1].address);
  }
}

TEST(Generate, MatrixMultiplyTouchesEachOperandAsOftenAsTheLoopsSay) {
  GeneratorConfig config = config_of(Pattern::MatrixMultiply, 0);
  const std::uint64_t n = config.matrix;
  const std::uint64_t blocks = (n + config.block - 1) / config.block;
  config.count = 2 * n * n * n + n * n * blocks;
  std::map<std::uint64_t, std::uint64_t> uses;
  for (const Record& record : generated(config)) ++uses[offset_of(record, config) / 8];
  ASSERT_EQ(uses.size(), 3 * n * n);
  for (const auto& [element, count] : uses) EXPECT_EQ(count, element < 2 * n * n ? n : blocks) << element;
}

TEST(Generate, UniformCoversAndStoreShareHolds) {
  GeneratorConfig config = config_of(Pattern::Uniform, 100000);
  config.footprint = 100 * 8;
  config.store_share = 0.25;
  std::map<std::uint64_t, int> uses;
  int stores = 0;
  for (const Record& record : generated(config)) {
    ++uses[record.address.value()];
    stores += record.kind == RecordKind::Store;
  }
  EXPECT_EQ(uses.size(), 100u);
  for (const auto& [address, count] : uses) EXPECT_NEAR(count, 1000, 200) << address;
  EXPECT_NEAR(stores, 25000, 800);
}

TEST(Generate, ZipfPrefersRanksByTheirPower) {
  for (const double exponent : {0.5, 1.0, 2.0}) {
    GeneratorConfig config = config_of(Pattern::Zipf, 200000);
    config.zipf_exponent = exponent;
    config.footprint = 1009 * 8;
    std::map<std::uint64_t, double> uses;
    for (const Record& record : generated(config)) ++uses[record.address.value()];
    std::vector<double> counts;
    for (const auto& [address, count] : uses) counts.push_back(count);
    std::sort(counts.rbegin(), counts.rend());
    double sum = 0;
    for (int rank = 1; rank <= 1009; ++rank) sum += std::pow(rank, -exponent);
    EXPECT_NEAR(counts[0], 200000 / sum, 0.05 * 200000 / sum) << exponent;
    EXPECT_NEAR(counts[1] / counts[0], std::pow(2.0, -exponent), 0.05) << exponent;
  }
}

TEST(Generate, BTreeLookupsStartAtTheRootAndEndInALeaf) {
  GeneratorConfig config = config_of(Pattern::BTree, 50000);
  config.footprint = 4096 * 300;  // a root and one or two nodes above the leaves
  std::set<std::uint64_t> pages;
  std::uint64_t root_lookups = 0;
  const auto records = generated(config);
  for (const Record& record : records) {
    pages.insert(offset_of(record, config) / 4096);
    root_lookups += offset_of(record, config) / 4096 == 0;
  }
  EXPECT_EQ(offset_of(records[0], config) / 4096, 0u);
  EXPECT_GT(pages.size(), 290u);
  // Three levels of 8 or 9 halvings each.
  EXPECT_NEAR(static_cast<double>(root_lookups), 50000.0 / 3, 1500.0);
}

TEST(Generate, ImpossibleConfigurationsAreRefused) {
  const auto refused = [](auto change) {
    GeneratorConfig config;
    change(config);
    EXPECT_THROW(make_generator(config), InputError);
  };
  refused([](GeneratorConfig& config) { config.footprint = 4; });
  refused([](GeneratorConfig& config) { config.element = 0; });
  refused([](GeneratorConfig& config) { config.element = 5000; });
  refused([](GeneratorConfig& config) { config.stride = 0; });
  refused([](GeneratorConfig& config) { config.store_share = 1.5; });
  refused([](GeneratorConfig& config) { config.zipf_exponent = 0; });
  refused([](GeneratorConfig& config) { config.block = config.matrix + 1; });
  refused([](GeneratorConfig& config) { config.base = ~std::uint64_t{0} - 100; });
  EXPECT_THROW(parse_pattern("unifrom"), InputError);
}

}  // namespace
}  // namespace tablewalk::generate_test
