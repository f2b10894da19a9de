// The staircase: latency of dependent loads, by the lines and pages that the chain visits.

#include "validate/claim_groups.h"
#include "validate/machine_run.h"

namespace tablewalk {
namespace {

const Source intel{"Intel 248966",
                   "Intel 64 and IA-32 Architectures Optimization Reference Manual, 248966-045: Skylake client, cache "
                   "parameters and table 2-15; the second-level TLB's 7 cycles are its Sandy Bridge text"};
const Source zaruba{"Zaruba 2019",
                    "Zaruba and Benini, The Cost of Application-Class Processing, IEEE TVLSI 27(11), 2019"};
const Source cva6{"CVA6", "openhwgroup/cva6, core/include/cv64a6_imafdc_sv39_config_pkg.sv"};

/// Figures are per load; `low` to `high` is the source's range.
struct ChaseClaim {
  const char* name;
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

const char* const cycles = "core.cycles";
const char* const dtlb = "dtlb.misses";
const char* const stlb = "stlb.misses";
const char* const per_load = "cycles/load";
const char* const misses = "misses/load";

/// One page more than a TLB holds: at least one miss per lap, and at most one per load.
constexpr double once(double elements) {
  return 1 / elements;
}

const std::vector<ChaseClaim>& table() {
  const Tolerance near = Tolerance::share(0.02);
  const Tolerance exact = Tolerance::exact();
  const std::vector<std::string> large{"os.page_bytes=2M"};
  static const std::vector<ChaseClaim> claims{
      {"skylake, 16 KiB of lines: L1", "skylake", large, 256, 64, cycles, per_load, 4, 4, near, intel},
      {"skylake, 128 KiB of lines: L2", "skylake", large, 2048, 64, cycles, per_load, 12, 12, near, intel},
      {"skylake, 4 MiB of lines: LLC", "skylake", large, 65536, 64, cycles, per_load, 44, 44, near, intel},
      {"skylake, 64 pages: L1, TLB hit", "skylake", {}, 64, 4096, cycles, per_load, 4, 4, near, intel},
      {"skylake, 512 pages: L1, STLB hit", "skylake", {}, 512, 4096, cycles, per_load, 11, 11, near, intel},
      {"skylake, 64 pages: DTLB misses", "skylake", {}, 64, 4096, dtlb, misses, 0, 0, exact, intel},
      {"skylake, 65 pages: DTLB misses", "skylake", {}, 65, 4096, dtlb, misses, once(65), 1, exact, intel},
      {"skylake, 1536 pages: STLB misses", "skylake", {}, 1536, 4096, stlb, misses, 0, 0, exact, intel},
      // One set of 12 ways has 13 pages, which evict each other in turn.
      {"skylake, 1537 pages: STLB misses",
       "skylake",
       {},
       1537,
       4096,
       stlb,
       misses,
       13.0 / 1537,
       13.0 / 1537,
       exact,
       intel},
      {"cva6, 8 KiB of lines: L1", "cva6", {}, 512, 16, cycles, per_load, 3, 3, near, zaruba},
      {"cva6, 16 pages: DTLB misses", "cva6", {}, 16, 4096, dtlb, misses, 0, 0, exact, cva6},
      {"cva6, 17 pages: DTLB misses", "cva6", {}, 17, 4096, dtlb, misses, once(17), 1, exact, cva6},
  };
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
  for (const ChaseClaim& row : table()) {
    const std::size_t measured = list.measure(row.name, [&row] { return run_chase(row); });
    list.claims.push_back({"latency", row.name, row.unit, row.source, row.low, row.high, row.tolerance, measured, 0});
  }
}

}  // namespace tablewalk
