#include "config/printer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/loader.h"
#include "unit/config/example_config.h"

namespace tablewalk::printer_test {
namespace {

ExampleConfig awkward_config() {
  ExampleConfig config;
  config.buffer.arrays.push_back({128, 8, Colour::Blue, {ByteSize{4096}, ByteSize{1U << 30}}});
  config.buffer.latency_cycles = Cycles(17);
  config.mode = "radix:9,9/12@8";
  config.size = ByteSize{1536};
  config.prefault = false;
  config.period_ns = 0.1;
  config.seed = ~std::uint64_t{0};
  config.labels = {"", "null", "a: b", "x #y", "- z", "q,r", "\"quoted\\", "true", "line\nbreak", "[", "~", "@x", "x:"};
  return config;
}

TEST(YamlPrinter, PrintsEveryKeyWithUnitAndMeaningInOneColumn) {
  EXPECT_EQ(to_yaml(ExampleConfig{}),
            R"(buffer:                 # the first buffer
  arrays:               # arrays looked up at once
    - entries: 64       # translations: number of translations
      ways: 4           # ways: ways of a set
      colour: red       # replacement policy; one of red, green, blue
      page_sizes: [4K]  # bytes: page sizes held
  latency_cycles: 1     # cycles: from lookup to response
mode: x86-64            # how tables are laid out
size: 32K               # bytes: bytes held
prefault: true          # map pages before the run
period_ns: 0.625        # ns: of the clock
seed: 1                 # of the generator
labels: []              # free texts
colours: [green]        # in order; each of red, green, blue
)");
}

TEST(YamlPrinter, WhatItPrintsLoadsBackToTheSame) {
  const std::string printed = to_yaml(awkward_config());
  const auto loaded = load_config<ExampleConfig>({"p", {}}, {{"p", "p.yaml", printed}});
  EXPECT_EQ(to_yaml(loaded), printed);
  EXPECT_EQ(loaded.labels, awkward_config().labels);
  EXPECT_EQ(loaded.seed, ~std::uint64_t{0});
  EXPECT_EQ(loaded.period_ns, 0.1);
}

TEST(YamlPrinter, QuotesTextsAlone) {
  ExampleConfig config;
  config.period_ns = -0.5;
  EXPECT_NE(to_yaml(config).find("period_ns: -0.5 "), std::string::npos);
  config.mode = "-0.5";
  EXPECT_NE(to_yaml(config).find("mode: \"-0.5\" "), std::string::npos);
}

TEST(YamlPrinter, OnlyTheFirstItemOfAListHasComments) {
  const std::string printed = to_yaml(awkward_config());
  const std::size_t first = printed.find("number of translations");
  EXPECT_NE(first, std::string::npos);
  EXPECT_EQ(printed.find("number of translations", first + 1), std::string::npos);
}

TEST(JsonPrinter, KeepsTypesAndOrder) {
  EXPECT_EQ(to_json(ExampleConfig{}).dump(),
            R"({"buffer":{"arrays":[{"entries":64,"ways":4,"colour":"red","page_sizes":[4096]}],"latency_cycles":1},)"
            R"("mode":"x86-64","size":32768,"prefault":true,"period_ns":0.625,"seed":1,"labels":[],)"
            R"("colours":["green"]})");
}

TEST(JsonPrinter, JsonOfAConfigIsAConfig) {
  const std::string json = to_json(awkward_config()).dump();
  EXPECT_EQ(to_yaml(load_config<ExampleConfig>({"p", {}}, {{"p", "p.yaml", json}})), to_yaml(awkward_config()));
}

TEST(KeyDocuments, ListEveryKeyWithDefaultUnitAndMeaning) {
  const std::vector<KeyDocument> keys = default_keys<ExampleConfig>();
  const auto find = [&](const std::string& name) {
    for (const KeyDocument& key : keys) {
      if (key.key == name) return key;
    }
    return KeyDocument{};
  };
  EXPECT_EQ(find("buffer.arrays.N.entries").value, "64");
  EXPECT_EQ(find("buffer.arrays.N.colour").expects, "one of red, green, blue");
  EXPECT_EQ(find("buffer.arrays").value, "1 item");
  EXPECT_EQ(find("size").unit, "bytes");
  EXPECT_EQ(find("period_ns").meaning, "of the clock");
  EXPECT_EQ(keys.size(), 13U);
}

}  // namespace
}  // namespace tablewalk::printer_test
