// Entries read by walks: one per level without walk caches, with them only those below the deepest cached pointer.

#include <fmt/format.h>

#include "validate/claim_groups.h"
#include "validate/machine_run.h"

namespace tablewalk {
namespace {

const Source intel{"Intel SDM 3A", "Intel 64 and IA-32 Architectures Software Developer's Manual, volume 3A, Paging"};
const Source intel_caches{"SDM 3A caches",
                          "the same volume, Caching Translation Information: Paging-Structure Caches, INVLPG"};
const Source riscv{"RISC-V II", "The RISC-V Instruction Set Manual, volume II: Sv39 and Sv48"};
const Source barr{"Barr ISCA'10", "Barr, Cox and Rixner, Translation Caching: Skip, Don't Walk, ISCA 2010"};
const Source park{"Park ASPLOS'22",
                  "Every Walk's a Hit, ASPLOS 2022, doi 10.1145/3503222.3507718, abstract: 1.5 entry reads per walk "
                  "natively, and 1.0 with upper levels flattened"};

constexpr std::uint64_t mib = std::uint64_t{1} << 20;
constexpr std::uint64_t gib = std::uint64_t{1} << 30;

/// Uniform loads on the skylake machine.
struct ReadClaim {
  const char* name;
  const char* mode;
  bool walk_caches;
  std::uint64_t footprint;
  double expected;
  Tolerance tolerance;
  const Source& source;
};

const std::vector<ReadClaim>& reads() {
  const Tolerance exact = Tolerance::exact();
  static const std::vector<ReadClaim> claims{
      {"flat48, no walk caches", "flat48", false, gib, 1, exact, intel},
      {"x86-32, no walk caches", "x86-32", false, gib, 2, exact, intel},
      {"sv39, no walk caches", "sv39", false, gib, 3, exact, riscv},
      {"sv48, no walk caches", "sv48", false, gib, 4, exact, riscv},
      {"x86-64, no walk caches", "x86-64", false, gib, 4, exact, intel},
      {"x86-64-la57, no walk caches", "x86-64-la57", false, gib, 5, exact, intel},
      {"x86-64, two and two levels merged, no walk caches", "radix:18,18/12@8", false, gib, 2, exact, park},
      {"x86-64, walk caches, 64 MiB", "x86-64", true, 64 * mib, 1, Tolerance::absolute(0.05), barr},
      {"the same merged, walk caches, 16 GiB", "radix:18,18/12@8", true, 16 * gib, 1, Tolerance::absolute(0.05), park},
  };
  return claims;
}

std::vector<double> reads_per_walk(const ReadClaim& row) {
  GeneratorConfig config;
  config.footprint = row.footprint;
  config.count = 100000;
  const std::unique_ptr<TraceReader> trace = make_generator(config);
  std::vector<std::string> settings{fmt::format("paging.mode={}", row.mode)};
  if (!row.walk_caches) settings.emplace_back("walker.walk_caches=[]");
  return {figure_of(run_on("skylake", settings, *trace, config.count / 2), "walker.entry_reads_per_walk")};
}

/// One load fills the walk caches; then the second one's walk is examined.
struct SkipClaim {
  const char* name;
  const char* mode;
  std::uint64_t second;  ///< its address; the first one is 0x1000
  bool invalidated;      ///< by an INVLPG of the first page between them
  double expected;
};

const std::vector<SkipClaim>& skips() {
  static const std::vector<SkipClaim> claims{
      {"x86-64, second page in the same 2 MiB", "x86-64", 0x2000, false, 1},
      {"x86-64, in the same 1 GiB", "x86-64", 2 * mib, false, 2},
      {"x86-64, in the same 512 GiB", "x86-64", gib, false, 3},
      {"x86-64, elsewhere", "x86-64", 512 * gib, false, 4},
      {"x86-64, in the same 2 MiB after INVLPG", "x86-64", 0x2000, true, 4},
      {"x86-64-la57, second page in the same 2 MiB", "x86-64-la57", 0x2000, false, 1},
      {"x86-64-la57, in the same 1 GiB", "x86-64-la57", 2 * mib, false, 2},
      {"x86-64-la57, in the same 512 GiB", "x86-64-la57", gib, false, 3},
      {"x86-64-la57, in the same 256 TiB", "x86-64-la57", 512 * gib, false, 4},
      {"x86-64-la57, elsewhere", "x86-64-la57", gib * 512 * 512, false, 5},
  };
  return claims;
}

std::vector<double> second_walk(const SkipClaim& row) {
  Record first;
  first.address = VirtualAddress(0x1000);
  first.size = 8;
  std::vector<Record> records{first};
  if (row.invalidated) {
    Record event;
    event.kind = RecordKind::Invlpg;
    event.address = first.address;
    records.push_back(event);
  }
  const std::uint64_t warmup = records.size();
  records.push_back(first);
  records.back().address = VirtualAddress(row.second);
  RecordList trace(records);
  const std::vector<std::string> settings{fmt::format("paging.mode={}", row.mode), "core.blocking=true"};
  return {figure_of(run_on("skylake", settings, trace, warmup), "walker.entry_reads")};
}

}  // namespace

void add_read_claims(ClaimList& list, const ClaimChoice&) {
  for (const ReadClaim& row : reads()) {
    const std::size_t measured = list.measure(row.name, [&row] { return reads_per_walk(row); });
    list.claims.push_back(
        {"reads", row.name, "reads/walk", row.source, row.expected, row.expected, row.tolerance, measured, 0});
  }
}

void add_walk_cache_claims(ClaimList& list, const ClaimChoice&) {
  for (const SkipClaim& row : skips()) {
    const std::size_t measured = list.measure(row.name, [&row] { return second_walk(row); });
    list.claims.push_back(
        {"walk-caches", row.name, "reads", intel_caches, row.expected, row.expected, Tolerance::exact(), measured, 0});
  }
}

void add_program_claims(ClaimList& list, const ClaimChoice& choice) {
  for (const char* program : {"true", "perl", "sqlite", "gups"}) {
    const std::string path = choice.data + "/traces/" + program + ".twt";
    const std::size_t measured = list.measure(program, [path] {
      const std::unique_ptr<TraceReader> trace = open_trace(path);
      return std::vector<double>{figure_of(run_on("skylake", {}, *trace), "walker.entry_reads_per_walk")};
    });
    list.claims.push_back({"programs", fmt::format("{}, x86-64, walk caches", program), "reads/walk", park, 1, 1.5,
                           Tolerance::exact(), measured, 0});
  }
}

}  // namespace tablewalk
