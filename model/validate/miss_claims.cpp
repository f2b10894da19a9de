// TLB misses of recorded programs on a blocking machine, compared with a script's counts for the same accesses.

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/file.h"
#include "validate/claim_groups.h"
#include "validate/machine_run.h"

namespace tablewalk {
namespace {

const Source script{"LRU script", "counts of an independent script: tb/golden/traces"};

struct Shape {
  unsigned sets;
  unsigned ways;
};

/// The script's count for that shape: in the list by sets and ways or in the one by entries, whichever has it.
double counted(const nlohmann::json& oracle, const char* side, Shape shape, const std::string& path) {
  try {
    const nlohmann::json& stream = oracle.at("streams").at(side);
    const auto& by_shape = stream.at("lru");
    const auto found = by_shape.find(fmt::format("{}x{}", shape.sets, shape.ways));
    if (found != by_shape.end()) return found->get<double>();
    return stream.at("lru_fully_assoc_by_entries").at(std::to_string(shape.ways)).get<double>();
  } catch (const nlohmann::json::exception&) {
    throw InputError(fmt::format("{}: no count of streams.{} for {} sets of {}; expected the script's output", path,
                                 side, shape.sets, shape.ways));
  }
}

nlohmann::json read_oracle(const std::string& path) {
  const nlohmann::json oracle = nlohmann::json::parse(read_text_file(path), nullptr, false);
  if (oracle.is_discarded()) throw InputError(path + ": not JSON; expected the script's output");
  return oracle;
}

std::vector<double> misses(const std::string& trace_path, Shape shape) {
  std::vector<std::string> settings{"core.blocking=true", "stlb.enabled=false", "paging.mode=flat48"};
  for (const char* tlb : {"itlb", "dtlb"}) {
    settings.push_back(fmt::format("{}.arrays.0.entries={}", tlb, shape.sets * shape.ways));
    settings.push_back(fmt::format("{}.arrays.0.ways={}", tlb, shape.sets == 1 ? 0 : shape.ways));
  }
  const std::unique_ptr<TraceReader> trace = open_trace(trace_path);
  const RunResult result = run_on("", settings, *trace);
  return {figure_of(result, "itlb.misses"), figure_of(result, "dtlb.misses")};
}

}  // namespace

void add_miss_claims(ClaimList& list, const ClaimChoice& choice) {
  const std::vector<std::string> programs = choice.short_form
                                                ? std::vector<std::string>{"true", "perl"}
                                                : std::vector<std::string>{"true", "perl", "sqlite", "gups"};
  for (const std::string& program : programs) {
    const std::string stem = choice.data + "/traces/" + program;
    const nlohmann::json oracle = read_oracle(stem + ".oracle.json");
    for (const Shape shape : {Shape{1, 16}, Shape{1, 48}, Shape{16, 4}, Shape{128, 12}}) {
      const std::string name = fmt::format("{}, {} x {} entries", program, shape.sets, shape.ways);
      const std::size_t measured = list.measure(name, [stem, shape] { return misses(stem + ".twt", shape); });
      std::size_t figure = 0;
      for (const char* side : {"I", "D"}) {
        const double theirs = counted(oracle, side, shape, stem + ".oracle.json");
        list.claims.push_back({"misses", name + (figure == 0 ? ": ITLB" : ": DTLB"), "misses", script, theirs, theirs,
                               Tolerance::exact(), measured, figure});
        ++figure;
      }
    }
  }
}

}  // namespace tablewalk
