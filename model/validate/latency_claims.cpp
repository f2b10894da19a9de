// The staircase: latency of dependent loads, by the lines and pages that the chain visits.

#include <fmt/format.h>

#include "validate/claim_groups.h"
#include "validate/machine_run.h"

namespace tablewalk {
namespace {

const Source intel{"Intel 248966",
                   "Intel 64 and IA-32 Architectures Optimization Reference Manual, 248966-045: Skylake client, cache "
                   "parameters and table 2-15; the second-level TLB's 7 cycles are its Sandy Bridge text"};
const Source zaruba{"Zaruba 2019",
                    "Zaruba and Benini, The Cost of Application-Class Processing, IEEE TVLSI 27(11), 2019"};
const Source golden_cove{
    "Golden Cove",
    "Intel 64 and IA-32 Architectures Optimization Reference Manual, Golden Cove: sizes of TLBs and "
    "caches; Chips and Cheese, Popping the Hood on Golden Cove, 2021: second-level TLB"};
const Source zen4{"AMD 57647", "Software Optimization Guide for the AMD Zen4 Microarchitecture, publication 57647"};
const Source m1{"Johnson 2021",
                "D. Johnson, Apple Microarchitecture Research: first-level TLB; AnandTech, Apple Announces The Apple "
                "Silicon M1, 2020: second-level TLB"};
const Source champsim{"ChampSim", "ChampSim, inc/defaults.hpp at 0ad0b41"};
const Source virtuoso{"Virtuoso", "CMU-SAFARI/Virtuoso, baseline of radix tables at 8188baf"};
const Source cva6{"CVA6", "openhwgroup/cva6, core/include/cv64a6_imafdc_sv39_config_pkg.sv"};

/// Figures are per load; `low` to `high` is the source's range.
struct ChaseClaim {
  std::string name;
  const char* machine;
  std::vector<std::string> settings;
  std::uint64_t elements;
  std::uint64_t stride;
  const char* figure;
  const char* unit;
  double low;
  double high;
  Tolerance tolerance;
  const Source& source;
};

/// A TLB of that many entries holds as many pages, and one page more does not fit: then a lap has `fewest` to `most`
/// misses. With LRU the pages of the one set that has too many evict each other in turn, so all of those miss.
struct Knee {
  const char* machine;
  const char* figure;
  const char* tlb;
  std::uint64_t entries;
  double fewest;
  double most;
  std::uint64_t page_bytes;
  const Source& source;
};

const std::vector<Knee>& knees() {
  constexpr const char* dtlb = "dtlb.misses";
  constexpr const char* stlb = "stlb.misses";
  static const std::vector<Knee> list{
      {"skylake", dtlb, "DTLB", 64, 1, 65, 4096, intel},
      {"skylake", stlb, "STLB", 1536, 13, 13, 4096, intel},
      {"golden-cove", dtlb, "DTLB", 96, 7, 7, 4096, golden_cove},
      {"golden-cove", stlb, "STLB", 2048, 1, 17, 4096, golden_cove},
      {"zen4", dtlb, "DTLB", 72, 73, 73, 4096, zen4},
      {"zen4", stlb, "STLB", 3072, 25, 25, 4096, zen4},
      {"m1", dtlb, "DTLB", 160, 6, 6, 16384, m1},
      {"m1", stlb, "STLB", 3072, 13, 13, 16384, m1},
      {"champsim", dtlb, "DTLB", 64, 5, 5, 4096, champsim},
      {"champsim", stlb, "STLB", 1536, 13, 13, 4096, champsim},
      {"virtuoso", dtlb, "DTLB", 64, 5, 5, 4096, virtuoso},
      {"virtuoso", stlb, "STLB", 2048, 9, 9, 4096, virtuoso},
      {"cva6", dtlb, "DTLB", 16, 1, 17, 4096, cva6},
  };
  return list;
}

/// The latency of a load from each cache, of which the lines fit it alone, and of a second-level TLB hit.
const std::vector<ChaseClaim>& latencies() {
  const Tolerance near = Tolerance::share(0.02);
  const char* const cycles = "core.cycles";
  const char* const unit = "cycles/load";
  const std::vector<std::string> large{"os.page_bytes=2M"};
  const std::vector<std::string> large_16k{"os.page_bytes=32M"};
  static const std::vector<ChaseClaim> claims{
      {"skylake, 16 KiB of lines: L1", "skylake", large, 256, 64, cycles, unit, 4, 4, near, intel},
      {"skylake, 128 KiB of lines: L2", "skylake", large, 2048, 64, cycles, unit, 12, 12, near, intel},
      {"skylake, 4 MiB of lines: LLC", "skylake", large, 65536, 64, cycles, unit, 44, 44, near, intel},
      {"skylake, 64 pages: L1, TLB hit", "skylake", {}, 64, 4096, cycles, unit, 4, 4, near, intel},
      {"skylake, 512 pages: L1, STLB hit", "skylake", {}, 512, 4096, cycles, unit, 11, 11, near, intel},
      {"golden-cove, 16 KiB of lines: L1", "golden-cove", large, 256, 64, cycles, unit, 5, 5, near, golden_cove},
      {"golden-cove, 512 KiB of lines: L2", "golden-cove", large, 8192, 64, cycles, unit, 15, 15, near, golden_cove},
      {"golden-cove, 512 pages: L1, STLB hit", "golden-cove", {}, 512, 4096, cycles, unit, 12, 12, near, golden_cove},
      {"zen4, 16 KiB of lines: L1", "zen4", large, 256, 64, cycles, unit, 4, 4, near, zen4},
      {"zen4, 256 KiB of lines: L2", "zen4", large, 4096, 64, cycles, unit, 14, 14, near, zen4},
      {"zen4, 8 MiB of lines: LLC", "zen4", large, 131072, 64, cycles, unit, 50, 50, near, zen4},
      {"m1, 64 KiB of lines: L1", "m1", large_16k, 1024, 64, cycles, unit, 3, 3, near, m1},
      {"cva6, 8 KiB of lines: L1", "cva6", {}, 512, 16, cycles, unit, 3, 3, near, zaruba},
  };
  return claims;
}

std::vector<ChaseClaim> all_claims() {
  std::vector<ChaseClaim> claims = latencies();
  const char* const unit = "misses/load";
  for (const Knee& knee : knees()) {
    const auto name = [&](std::uint64_t pages) {
      return fmt::format("{}, {} pages: {} misses", knee.machine, pages, knee.tlb);
    };
    const std::uint64_t more = knee.entries + 1;
    const auto pages = static_cast<double>(more);
    claims.push_back({name(knee.entries),
                      knee.machine,
                      {},
                      knee.entries,
                      knee.page_bytes,
                      knee.figure,
                      unit,
                      0,
                      0,
                      Tolerance::exact(),
                      knee.source});
    claims.push_back({name(more),
                      knee.machine,
                      {},
                      more,
                      knee.page_bytes,
                      knee.figure,
                      unit,
                      knee.fewest / pages,
                      knee.most / pages,
                      Tolerance::exact(),
                      knee.source});
  }
  return claims;
}

std::vector<double> run_chase(const ChaseClaim& row) {
  constexpr unsigned warm_laps = 2;
  constexpr unsigned laps = 4;
  const std::uint64_t line_bytes = row.stride < 64 ? row.stride : 64;
  RecordList trace(chase(row.elements, row.stride, line_bytes, warm_laps + laps));
  const RunResult result = run_on(row.machine, row.settings, trace, row.elements * warm_laps);
  return {figure_of(result, row.figure) / figure_of(result, "core.accesses")};
}

}  // namespace

void add_latency_claims(ClaimList& list, const ClaimChoice&) {
  for (const ChaseClaim& row : all_claims()) {
    const std::size_t measured = list.measure(row.name, [row] { return run_chase(row); });
    list.claims.push_back({"latency", row.name, row.unit, row.source, row.low, row.high, row.tolerance, measured, 0});
  }
}

}  // namespace tablewalk
