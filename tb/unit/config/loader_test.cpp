#include "config/loader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/file.h"
#include "unit/config/example_config.h"

namespace tablewalk::loader_test {
namespace {

ExampleConfig load(const std::string& yaml, const std::vector<std::string>& overrides = {}) {
  return load_config<ExampleConfig>({"m", overrides}, {{"m", "m.yaml", yaml}});
}

/// The message of the InputError thrown by loading.
std::string problem_of(const std::string& yaml, const std::vector<std::string>& overrides = {}) {
  try {
    load(yaml, overrides);
  } catch (const InputError& error) {
    EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos) << "one line";
    return error.what();
  }
  return "no error";
}

TEST(Loader, KeysThatAreNotGivenKeepTheirDefaults) {
  const ExampleConfig config = load("seed: 7\n");
  EXPECT_EQ(config.seed, 7U);
  EXPECT_EQ(config.mode, "x86-64");
  EXPECT_EQ(config.buffer.arrays.size(), 1U);
}

TEST(Loader, EveryTypeOfValueIsRead) {
  const ExampleConfig config = load(R"(
buffer:
  latency_cycles: 9
  arrays:
    - {entries: 0x60, ways: 6, colour: blue, page_sizes: [4K, 2M]}
    - entries: 16
mode: radix:9,9/12@8
size: 48KiB
prefault: false
period_ns: 1.25
labels: [a, "b c"]
colours: [red, blue]
)");
  ASSERT_EQ(config.buffer.arrays.size(), 2U);
  EXPECT_EQ(config.buffer.arrays[0].entries, 96U);
  EXPECT_EQ(config.buffer.arrays[0].colour, Colour::Blue);
  EXPECT_EQ(config.buffer.arrays[0].page_sizes[1], ByteSize{2U << 20});
  EXPECT_EQ(config.buffer.arrays[1].ways, 4U);
  EXPECT_EQ(config.buffer.latency_cycles, Cycles(9));
  EXPECT_EQ(config.mode, "radix:9,9/12@8");
  EXPECT_EQ(config.size.bytes, 49152U);
  EXPECT_FALSE(config.prefault);
  EXPECT_EQ(config.period_ns, 1.25);
  EXPECT_THAT(config.labels, testing::ElementsAre("a", "b c"));
  EXPECT_THAT(config.colours, testing::ElementsAre(Colour::Red, Colour::Blue));
}

TEST(Loader, EmptyFileGivesTheDefaults) {
  EXPECT_EQ(load("# nothing but a comment\n").seed, 1U);
}

TEST(Loader, GivenListReplacesTheDefaultList) {
  EXPECT_TRUE(load("buffer: {arrays: []}").buffer.arrays.empty());
  EXPECT_TRUE(load("colours: []").colours.empty());
}

TEST(LoaderError, UnknownKeyNamesFileLineKeyExpectationAndNearestKey) {
  EXPECT_EQ(problem_of("seed: 1\nbuffer:\n  arrays:\n    - entires: 3\n"),
            "m.yaml:4: buffer.arrays.0.entires: unknown key: expected one of entries, ways, colour, page_sizes "
            "(did you mean 'buffer.arrays.0.entries'?)");
}

TEST(LoaderError, KeyOfAnotherGroupIsSuggestedWithItsWholeName) {
  EXPECT_THAT(problem_of("latency_cycles: 3\n"),
              testing::AllOf(testing::StartsWith("m.yaml:1: latency_cycles: unknown key: expected one of buffer, mode"),
                             testing::EndsWith("(did you mean 'buffer.latency_cycles'?)")));
}

struct TwoBuffers {
  BufferConfig first;
  BufferConfig second;

  template <class Keys>
  void describe(Keys& keys) {
    keys.group("first", first, "");
    keys.group("second", second, "");
  }
};

TEST(LoaderError, KeyOfTheSameGroupIsSuggestedBeforeAnothers) {
  for (const std::string group : {"first", "second"}) {
    try {
      load_config<TwoBuffers>({"m", {group + ".entries=8"}}, {{"m", "m.yaml", ""}});
      FAIL() << group;
    } catch (const InputError& error) {
      EXPECT_THAT(error.what(), testing::EndsWith("(did you mean '" + group + ".arrays.0.entries'?)"));
    }
  }
}

TEST(LoaderError, WrongTypesSayWhatWasExpected) {
  EXPECT_EQ(problem_of("seed: many"), "m.yaml:1: seed: expected a whole number, not 'many'");
  EXPECT_EQ(problem_of("seed: -1"), "m.yaml:1: seed: expected a whole number, not '-1'");
  EXPECT_EQ(problem_of("seed: 1.5"), "m.yaml:1: seed: expected a whole number, not '1.5'");
  EXPECT_EQ(problem_of("seed: 99999999999999999999"),
            "m.yaml:1: seed: expected a whole number, not '99999999999999999999'");
  EXPECT_EQ(problem_of("seed: \"7\""), "m.yaml:1: seed: expected a whole number, not the text \"7\"");
  EXPECT_EQ(problem_of("seed: [1]"), "m.yaml:1: seed: expected a whole number, not a list");
  EXPECT_EQ(problem_of("seed:"), "m.yaml:1: seed: expected a whole number, not nothing");
  EXPECT_EQ(problem_of("\nprefault: yes"), "m.yaml:2: prefault: expected true or false, not 'yes'");
  EXPECT_EQ(problem_of("prefault: \"true\""), "m.yaml:1: prefault: expected true or false, not the text \"true\"");
  EXPECT_EQ(problem_of("period_ns: nan"), "m.yaml:1: period_ns: expected a number, not 'nan'");
  EXPECT_EQ(problem_of("size: 4X"), "m.yaml:1: size: expected a size in bytes such as 4096, 4K or 2M, not '4X'");
  EXPECT_EQ(problem_of("buffer:\n  latency_cycles: 1.5"),
            "m.yaml:2: buffer.latency_cycles: expected a whole number of cycles, not '1.5'");
  EXPECT_EQ(problem_of("buffer: {arrays: [{entries: 4294967296}]}"),
            "m.yaml:1: buffer.arrays.0.entries: expected a whole number, at most 4294967295, not '4294967296'");
}

TEST(LoaderError, WrongShapesSayWhatWasExpected) {
  EXPECT_EQ(problem_of("buffer: 3"), "m.yaml:1: buffer: expected a group of keys (arrays, latency_cycles), not '3'");
  EXPECT_EQ(problem_of("buffer: {arrays: 3}"), "m.yaml:1: buffer.arrays: expected a list (`- key: value`), not '3'");
  EXPECT_EQ(problem_of("labels: a"), "m.yaml:1: labels: expected a list, each a text, not 'a'");
  EXPECT_EQ(problem_of("labels: [a,\n [b]]"), "m.yaml:2: labels: expected each to be a text, not a list");
  EXPECT_EQ(problem_of("[1, 2]").substr(0, 37), "m.yaml:1: expected a group of keys (b");
}

TEST(LoaderError, EnumsListTheirNamesAndTheNearest) {
  EXPECT_EQ(problem_of("colours: [red,\n  gren]"),
            "m.yaml:2: colours: expected one of red, green, blue, not 'gren' (did you mean 'green'?)");
}

TEST(LoaderError, KeyGivenTwiceNamesBothLines) {
  EXPECT_EQ(problem_of("seed: 1\nmode: a\nseed: 2\n"), "m.yaml:3: seed: given twice, first at m.yaml:1");
}

TEST(LoaderError, BrokenYamlNamesItsLine) {
  EXPECT_THAT(problem_of("seed: 1\nmode: [a\n"), testing::MatchesRegex("m.yaml:[23]: not readable as YAML: .*"));
  EXPECT_EQ(problem_of("seed: 1\n---\nseed: 2\n"),
            "m.yaml:2: not readable as YAML: expected one document, not a second one");
}

TEST(LoaderError, WhatBelongsToNoDocumentIsRefused) {
  EXPECT_EQ(problem_of("\n, seed: 1\n"),
            "m.yaml:2: not readable as YAML: expected the end of the document, not ', seed: 1'");
  EXPECT_EQ(problem_of("{seed: 1}, mode\n"),
            "m.yaml:1: not readable as YAML: expected the end of the document, not ', mode'");
  EXPECT_EQ(
      problem_of("", {"buffer.arrays=[] []"}),
      "--set buffer.arrays=[] []: buffer.arrays: not readable as YAML: expected the end of the document, not '[]'");
  EXPECT_EQ(problem_of("", {"mode=\"a\", b"}),
            "--set mode=\"a\", b: mode: not readable as YAML: expected the end of the document, not ', b'");
}

TEST(LoaderCheck, ProblemNamesTheLineThatSetTheKey) {
  EXPECT_EQ(problem_of("buffer:\n  arrays:\n    - entries: 64\n      ways: 3\n"),
            "m.yaml:4: buffer.arrays.0.ways: 3 does not divide 64 entries: expected a divisor");
}

TEST(LoaderCheck, ProblemOfADefaultNamesTheNeighbourThatBroughtIt) {
  EXPECT_EQ(problem_of("buffer:\n  arrays:\n    - entries: 63\n"),
            "m.yaml:3: buffer.arrays.0.ways: 4 does not divide 63 entries: expected a divisor "
            "(buffer.arrays.0.ways has its default)");
}

TEST(LoaderCheck, ProblemNamesTheOption) {
  EXPECT_EQ(problem_of("seed: 1", {"buffer.arrays.0.ways=5"}),
            "--set buffer.arrays.0.ways=5: buffer.arrays.0.ways: 5 does not divide 64 entries: expected a divisor");
}

TEST(LoaderCheck, ChecksSeeOnlyTheFinishedConfig) {
  EXPECT_EQ(load("buffer: {arrays: [{entries: 63}]}", {"buffer.arrays.0.ways=3"}).buffer.arrays[0].ways, 3U);
}

TEST(LoaderCheck, CheckMayNameAKeyFurtherDown) {
  EXPECT_EQ(problem_of("buffer:\n  arrays:\n  - {}\n  - {}\n  - entries: 8\n"),
            "m.yaml:5: buffer.arrays.2.entries: expected at most two arrays");
}

TEST(LoaderCheck, DefaultsThatAreImpossibleAreNamedSo) {
  ArrayConfig config;
  config.ways = 7;
  ConfigNode root = bind_config(config);
  try {
    check_config(root);
    FAIL() << "7 ways of 64 entries passed";
  } catch (const InputError& error) {
    EXPECT_STREQ(error.what(), "default: ways: 7 does not divide 64 entries: expected a divisor");
  }
}

TEST(Override, SetsAnyKeyAndTheLastOneWins) {
  const ExampleConfig config =
      load("seed: 1", {"seed=2", "buffer.arrays.0.entries=128", "mode=radix:9,9/12@8", "seed=3", "colours=[blue, red]",
                       "labels=[x]", "buffer.arrays.0.page_sizes=[2M]"});
  EXPECT_EQ(config.seed, 3U);
  EXPECT_EQ(config.buffer.arrays[0].entries, 128U);
  EXPECT_EQ(config.mode, "radix:9,9/12@8");
  EXPECT_THAT(config.colours, testing::ElementsAre(Colour::Blue, Colour::Red));
  EXPECT_EQ(config.buffer.arrays[0].page_sizes.at(0).bytes, 2U << 20);
}

TEST(Override, SetsWholeListsAndGroups) {
  const ExampleConfig config = load("", {"buffer.arrays=[{entries: 8}, {entries: 12}]", "buffer={latency_cycles: 4}"});
  EXPECT_EQ(config.buffer.arrays.at(1).entries, 12U);
  EXPECT_EQ(config.buffer.latency_cycles, Cycles(4));
}

TEST(Override, EmptyValueIsAnEmptyText) {
  EXPECT_EQ(load("", {"mode="}).mode, "");
}

TEST(OverrideError, EachNamesTheOption) {
  EXPECT_EQ(problem_of("", {"sed=2"}),
            "--set sed=2: sed: unknown key: expected one of buffer, mode, size, prefault, period_ns, seed, labels, "
            "colours (did you mean 'seed'?)");
  EXPECT_EQ(problem_of("", {"seed"}), "--set seed: expected KEY=VALUE");
  EXPECT_EQ(problem_of("", {"seed=x"}), "--set seed=x: seed: expected a whole number, not 'x'");
  EXPECT_EQ(problem_of("", {"seed.a=1"}), "--set seed.a=1: seed.a: seed is a value and has no keys below it");
  EXPECT_EQ(problem_of("", {"buffer.arrays.1.ways=1"}),
            "--set buffer.arrays.1.ways=1: buffer.arrays.1: the list buffer.arrays has no such item: expected an item "
            "from 0 to 0");
  EXPECT_THAT(problem_of("", {"mode=[a"}), testing::StartsWith("--set mode=[a: mode: not readable as YAML: "));
}

const std::vector<Preset> family = {
    {"base", "configs/base.yaml", "# The base.\nseed: 5\nmode: a\n"},
    {"child", "configs/child.yaml", "extends: base\nmode: b\n"},
    {"grandchild", "configs/grandchild.yaml", "size: 4K\nextends: child\n"},
    {"ring", "configs/ring.yaml", "extends: gnir\n"},
    {"gnir", "configs/gnir.yaml", "extends: ring\n"},
    {"lost", "configs/lost.yaml", "seed: 1\nextends: grandchid\n"},
    {"bad-base", "configs/bad-base.yaml", "seed: 1\nmoed: 3\n"},
    {"on-bad", "configs/on-bad.yaml", "extends: bad-base\n"},
};

std::string family_problem(const std::string& name) {
  try {
    load_config<ExampleConfig>({name, {}}, family);
  } catch (const InputError& error) {
    return error.what();
  }
  return "no error";
}

TEST(Extends, LaterFilesOverrideTheOnesTheyExtend) {
  const auto config = load_config<ExampleConfig>({"grandchild", {}}, family);
  EXPECT_EQ(config.seed, 5U);
  EXPECT_EQ(config.mode, "b");
  EXPECT_EQ(config.size.bytes, 4096U);
}

TEST(Extends, ErrorsNameTheFileThatHoldsThem) {
  EXPECT_THAT(family_problem("on-bad"), testing::StartsWith("configs/bad-base.yaml:2: moed: unknown key"));
  EXPECT_THAT(family_problem("lost"),
              testing::AllOf(testing::StartsWith("configs/lost.yaml:2: extends: 'grandchid' is neither"),
                             testing::EndsWith("(did you mean 'grandchild'?)")));
}

TEST(Extends, CircleIsAnError) {
  EXPECT_EQ(family_problem("ring"),
            "configs/gnir.yaml:1: extends: configs extend each other in a circle: configs/ring.yaml -> "
            "configs/gnir.yaml -> configs/ring.yaml");
}

TEST(Extends, PathCountsFromTheFolderOfTheFile) {
  const std::string folder = testing::TempDir() + "extends_test";
  create_folder(folder);
  write_text_file(folder + "/a.yaml", "seed: 11\n");
  write_text_file(folder + "/b.yaml", "extends: a.yaml\nmode: q\n");
  const auto config = load_config<ExampleConfig>({folder + "/b.yaml", {}}, family);
  EXPECT_EQ(config.seed, 11U);
  EXPECT_EQ(config.mode, "q");
}

TEST(Presets, UnknownNameSuggestsTheNearest) {
  EXPECT_EQ(family_problem("chidl"),
            "'chidl' is neither a config file nor a preset: presets are base, child, grandchild, ring, gnir, lost, "
            "bad-base, on-bad (did you mean 'child'?)");
}

TEST(Presets, MissingFileIsNamedWithTheReason) {
  EXPECT_EQ(family_problem("no/such.yaml"), "no/such.yaml: cannot be read: No such file or directory");
  EXPECT_EQ(family_problem("no-such.yaml"), "no-such.yaml: cannot be read: No such file or directory");
}

TEST(Presets, FirstCommentBlockIsTheDescription) {
  EXPECT_EQ(config_description("# A small machine.\n#   Everything visible.\n\n# Not this.\nseed: 1\n"),
            "A small machine. Everything visible.");
  EXPECT_EQ(config_description("seed: 1\n# late\n"), "");
}

TEST(Presets, EveryFileOfConfigsIsEmbeddedAsItIs) {
  for (const Preset& preset : embedded_presets()) {
    EXPECT_EQ(preset.text, read_text_file(std::string(TABLEWALK_SOURCE_DIR) + "/" + preset.file));
    EXPECT_NE(config_description(preset.text), "") << preset.name << " has no description";
  }
}

}  // namespace
}  // namespace tablewalk::loader_test
