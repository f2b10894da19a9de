// TLB misses of a cold blocking machine compared with two oracles: a plain LRU loop, and counts of an independent
// script (tb/golden/traces/*.oracle.json). Both count one lookup per 4 KiB page touched by an access, a
// read-modify-write counts once, and the set is the page number modulo the number of sets.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "support/child_run.h"
#include "tlb/tlb_array.h"
#include "trace/trace_reader.h"

namespace tablewalk::test::oracle_test {
namespace {

struct Shape {
  std::uint32_t sets = 1;
  std::uint32_t ways = 1;
};

/// The pages looked up by a trace's fetches, and by its data accesses.
struct Lookups {
  std::vector<std::uint64_t> fetches;
  std::vector<std::uint64_t> data;
  std::vector<std::pair<bool, std::uint64_t>> all;  ///< both in order; true: of a fetch
};

Lookups lookups_of(const std::string& path) {
  Lookups lookups;
  const auto reader = open_trace(path);
  std::vector<Record> records(65536);
  while (const std::size_t count = reader->read(records.data(), records.size())) {
    for (std::size_t i = 0; i < count; ++i) {
      auto& pages = records[i].kind == RecordKind::Fetch ? lookups.fetches : lookups.data;
      const std::uint64_t first = records[i].address.value();
      for (std::uint64_t page = first >> 12; page <= (first + records[i].size - 1) >> 12; ++page) {
        pages.push_back(page);
        lookups.all.emplace_back(records[i].kind == RecordKind::Fetch, page);
      }
    }
  }
  return lookups;
}

/// The ten lines: the ways of a set in order of use.
std::uint64_t lru_misses(const std::vector<std::uint64_t>& pages, Shape shape) {
  std::vector<std::vector<std::uint64_t>> sets(shape.sets);
  std::uint64_t misses = 0;
  for (const std::uint64_t page : pages) {
    auto& set = sets[page % shape.sets];
    const auto found = std::find(set.begin(), set.end(), page);
    misses += found == set.end() ? 1 : 0;
    if (found != set.end()) set.erase(found);
    set.insert(set.begin(), page);
    if (set.size() > shape.ways) set.pop_back();
  }
  return misses;
}

std::uint64_t array_misses(const std::vector<std::uint64_t>& pages, Shape shape) {
  TlbArrayConfig config;
  config.entries = shape.sets * shape.ways;
  config.ways = shape.ways;
  TlbArray array(config, {12});
  Translation translation;
  translation.page_shift = 12;
  std::uint64_t misses = 0;
  for (const std::uint64_t page : pages) {
    const VirtualAddress va(page << 12);
    if (array.find(va, 0, {}) != nullptr) continue;
    ++misses;
    array.install(va, 0, translation, 0xff);
  }
  return misses;
}

/// A machine that looks up one access at a time in TLBs of that shape; its memory is small, since only TLBs matter.
RunResult run_shape(const std::string& trace, Shape shape, std::uint32_t coalesce = 1,
                    FramePolicy frames = FramePolicy::Sequential) {
  MachineConfig config;
  config.os.frames = frames;
  config.core.blocking = true;
  config.stlb.enabled = false;
  for (TlbConfig* tlb : {&config.itlb, &config.dtlb}) {
    tlb->arrays[0].entries = shape.sets * shape.ways;
    tlb->arrays[0].ways = shape.sets == 1 ? 0 : shape.ways;
    tlb->arrays[0].coalesce = coalesce;
  }
  config.paging.mode = "flat48";
  RunOptions options;
  options.trace_path = trace;
  return run_in_child(config, options);
}

void expect_misses(const RunResult& result, std::uint64_t fetches, std::uint64_t data, const std::string& where) {
  EXPECT_EQ(count_of(result, "itlb.misses"), fetches) << where;
  EXPECT_EQ(count_of(result, "dtlb.misses"), data) << where;
}

std::string describe(const std::string& trace, Shape shape) {
  return trace + ", " + std::to_string(shape.sets) + " sets of " + std::to_string(shape.ways);
}

/// The loop searches a fully associative array way by way: larger ones would take a minute and show nothing more.
constexpr std::uint32_t longest_scan = 4096;

const std::string golden_traces = TABLEWALK_SOURCE_DIR "/tb/golden/traces/";

std::vector<std::string> shipped_traces() {
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::directory_iterator(TABLEWALK_SOURCE_DIR "/traces")) {
    if (entry.path().extension() == ".twt") paths.push_back(entry.path().string());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

TEST(TlbMissOracle, EveryShippedTraceMissesAsOftenAsAPlainLruLoop) {
  const std::vector<Shape> shapes{{1, 16}, {16, 4}, {12, 3}};
  const std::vector<std::string> traces = shipped_traces();
  ASSERT_GE(traces.size(), 8u);
  for (std::size_t i = 0; i < traces.size(); ++i) {
    const Lookups lookups = lookups_of(traces[i]);
    // The first shape for all traces, and one more in turn: each runs fully associative at least once.
    for (const Shape shape : {shapes[0], shapes[1 + i % 2]}) {
      expect_misses(run_shape(traces[i], shape), lru_misses(lookups.fetches, shape), lru_misses(lookups.data, shape),
                    describe(traces[i], shape));
    }
  }
}

/// Misses of fetches and of data in TLBs whose entries hold contiguous pages of an aligned group. A page is mapped by
/// the first lookup of either kind; `distance` is that of the n-th page mapped from its frame.
template <class Distance>
std::pair<std::uint64_t, std::uint64_t> group_misses(const Lookups& lookups, Shape shape, std::uint64_t group,
                                                     Distance distance) {
  using Entry = std::vector<std::uint64_t>;  // its pages
  std::map<std::uint64_t, std::uint64_t> mapped;
  std::array<std::vector<std::vector<Entry>>, 2> tlbs;
  tlbs.fill(std::vector<std::vector<Entry>>(shape.sets));
  std::array<std::uint64_t, 2> misses{};
  for (const auto& [fetch, page] : lookups.all) {
    if (mapped.count(page) == 0) mapped.emplace(page, distance(page, mapped.size()));
    auto& set = tlbs[fetch ? 0 : 1][page / group % shape.sets];
    const auto holds = [wanted = page](const Entry& entry) {
      return std::find(entry.begin(), entry.end(), wanted) != entry.end();
    };
    auto used = std::find_if(set.begin(), set.end(), holds);
    Entry entry;
    if (used == set.end()) {
      ++misses[fetch ? 0 : 1];
      for (std::uint64_t other = page / group * group; other < page / group * group + group; ++other) {
        const auto neighbour = mapped.find(other);
        if (neighbour != mapped.end() && neighbour->second == mapped[page]) entry.push_back(other);
      }
      used = std::find_if(set.begin(), set.end(), [&, wanted = page](const Entry& old) {
        return old.front() / group == wanted / group && mapped[old.front()] == mapped[wanted];
      });
    } else {
      entry = *used;
    }
    if (used != set.end()) set.erase(used);
    set.insert(set.begin(), entry);
    if (set.size() > shape.ways) set.pop_back();
  }
  return {misses[0], misses[1]};
}

TEST(TlbMissOracle, CoalescingTlbsMissAsOftenAsAPlainLoopWithEveryOrderOfFrames) {
  const auto by_order = [](std::uint64_t page, std::uint64_t order) { return page - order; };
  const auto by_address = [](std::uint64_t, std::uint64_t) { return std::uint64_t{0}; };
  const auto nowhere = [](std::uint64_t, std::uint64_t order) { return order; };
  const std::vector<std::string> traces = shipped_traces();
  for (std::size_t i = 0; i < traces.size(); i += 3) {
    const Lookups lookups = lookups_of(traces[i]);
    const Shape shape = i % 2 == 0 ? Shape{1, 16} : Shape{16, 4};
    for (const std::uint32_t group : {2u, 8u}) {
      const auto expect = [&](FramePolicy frames, std::pair<std::uint64_t, std::uint64_t> misses) {
        expect_misses(run_shape(traces[i], shape, group, frames), misses.first, misses.second,
                      describe(traces[i], shape) + ", groups of " + std::to_string(group) + ", frames " +
                          std::to_string(static_cast<int>(frames)));
      };
      expect(FramePolicy::Sequential, group_misses(lookups, shape, group, by_order));
      expect(FramePolicy::Contiguous, group_misses(lookups, shape, group, by_address));
      expect(FramePolicy::Random, group_misses(lookups, shape, group, nowhere));
    }
  }
}

/// A trace counted by the independent script.
class CountedTrace : public testing::TestWithParam<const char*> {
 protected:
  CountedTrace() : path_(golden_traces + GetParam() + ".twt") {
    std::ifstream file(golden_traces + GetParam() + ".oracle.json");
    oracle_ = nlohmann::json::parse(file);
  }
  const nlohmann::json& stream(const char* side) const { return oracle_.at("streams").at(side); }
  /// The script's count for that shape, from `1xN` or from the list by entries, whichever has it.
  std::uint64_t counted(const char* side, Shape shape) const {
    const auto& list = stream(side).at("lru");
    const auto found = list.find(std::to_string(shape.sets) + "x" + std::to_string(shape.ways));
    if (found != list.end()) return found->get<std::uint64_t>();
    return stream(side).at("lru_fully_assoc_by_entries").at(std::to_string(shape.ways)).get<std::uint64_t>();
  }
  std::vector<Shape> shapes() const {
    std::vector<Shape> all;
    for (const auto& [name, misses] : stream("D").at("lru").items()) {
      const std::size_t cross = name.find('x');
      all.push_back({static_cast<std::uint32_t>(std::stoul(name)),
                     static_cast<std::uint32_t>(std::stoul(name.substr(cross + 1)))});
    }
    for (const auto& [entries, misses] : stream("D").at("lru_fully_assoc_by_entries").items()) {
      all.push_back({1, static_cast<std::uint32_t>(std::stoul(entries))});
    }
    return all;
  }

  std::string path_;
  nlohmann::json oracle_;
};

TEST_P(CountedTrace, MissesInAnArrayOfEveryShapeAsOftenAsTheScriptCounted) {
  const Lookups lookups = lookups_of(path_);
  ASSERT_EQ(lookups.fetches.size(), oracle_.at("lookups").at("I").get<std::uint64_t>());
  ASSERT_EQ(lookups.data.size(), oracle_.at("lookups").at("D").get<std::uint64_t>());
  ASSERT_GE(shapes().size(), 17u + 21u);
  for (const Shape shape : shapes()) {
    if (shape.ways > longest_scan) continue;
    EXPECT_EQ(array_misses(lookups.fetches, shape), counted("I", shape)) << describe("fetches", shape);
    EXPECT_EQ(array_misses(lookups.data, shape), counted("D", shape)) << describe("data", shape);
  }
}

TEST_P(CountedTrace, MissesInTheWholeMachineAsOftenAsTheScriptCounted) {
  for (const Shape shape : {Shape{1, 16}, Shape{1, 48}, Shape{16, 4}, Shape{128, 12}}) {
    const RunResult result = run_shape(path_, shape);
    expect_misses(result, counted("I", shape), counted("D", shape), describe(path_, shape));
    EXPECT_EQ(count_of(result, "itlb.lookups"), oracle_.at("lookups").at("I").get<std::uint64_t>());
    EXPECT_EQ(count_of(result, "dtlb.lookups"), oracle_.at("lookups").at("D").get<std::uint64_t>());
    EXPECT_EQ(count_of(result, "tables.mapped_pages"), oracle_.at("pages_4k").at("both").get<std::uint64_t>());
  }
}

INSTANTIATE_TEST_SUITE_P(TlbMissOracle, CountedTrace, testing::Values("true", "gups", "perl", "sqlite"),
                         [](const testing::TestParamInfo<const char*>& trace) { return std::string(trace.param); });

}  // namespace
}  // namespace tablewalk::test::oracle_test
