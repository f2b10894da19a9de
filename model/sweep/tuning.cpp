#include "sweep/tuning.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <tuple>

#include "base/error.h"
#include "base/file.h"
#include "config/loader.h"
#include "report/figures.h"
#include "sweep/sweep_table.h"
#include "trace/inline_trace.h"
#include "walker/rtl_model.h"

namespace tablewalk {
namespace {

namespace fs = std::filesystem;

constexpr unsigned asid_bits = 12;
constexpr unsigned state_bits = 8 + 1;  ///< rights, accessed, dirty, global; valid
constexpr std::uint64_t largest_factor = 4;

struct NamedTlb {
  const char* name;
  const TlbConfig& tlb;
};

std::vector<NamedTlb> tlbs_of(const MachineConfig& machine) {
  std::vector<NamedTlb> tlbs;
  for (const NamedTlb& one : {NamedTlb{"itlb", machine.itlb}, {"dtlb", machine.dtlb}, {"stlb", machine.stlb}}) {
    if (one.tlb.enabled) tlbs.push_back(one);
  }
  return tlbs;
}

unsigned ceil_log2(std::uint64_t value) {
  unsigned bits = 0;
  while ((std::uint64_t{1} << bits) < value) ++bits;
  return bits;
}

unsigned entry_bits(const TlbArrayConfig& array, const PagingMode& mode) {
  unsigned shift = array.page_sizes.empty() ? mode.offset_bits() : 63;
  for (const ByteSize& size : array.page_sizes) shift = std::min(shift, log2_floor(size.bytes));
  const std::size_t sizes = array.page_sizes.empty() ? mode.page_sizes().size() : array.page_sizes.size();
  const std::uint64_t sets = array.ways == 0 ? 1 : array.entries / array.ways;
  const auto page_bits = [&](unsigned address_bits) { return address_bits > shift ? address_bits - shift : 0; };
  const unsigned tag = page_bits(mode.virtual_bits()) - std::min(page_bits(mode.virtual_bits()), ceil_log2(sets));
  return tag + (mode.has_asids() ? asid_bits : 0) + ceil_log2(sizes) + page_bits(mode.physical_bits()) + state_bits;
}

/// `itlb.arrays.0.entries + ...` of the machine's TLBs.
std::string all_entries(const MachineConfig& machine) {
  std::vector<std::string> keys;
  for (const auto& [name, tlb] : tlbs_of(machine)) {
    for (std::size_t i = 0; i < tlb.arrays.size(); ++i) keys.push_back(fmt::format("{}.arrays.{}.entries", name, i));
  }
  return fmt::format("{}", fmt::join(keys, " + "));
}

/// The first array of each TLB, from a quarter of its sets to four times as many.
std::string default_space(const MachineConfig& machine) {
  std::string text = "points:\n  - grid:\n";
  for (const auto& [name, tlb] : tlbs_of(machine)) {
    const TlbArrayConfig& array = tlb.arrays.front();
    const std::uint64_t set = array.ways == 0 ? 1 : array.ways;
    std::vector<std::uint64_t> sizes;
    for (std::uint64_t size = array.entries; size >= set && size * largest_factor >= array.entries; size /= 2) {
      if (size % set == 0) sizes.insert(sizes.begin(), size);
    }
    for (std::uint64_t factor = 2; factor <= largest_factor; factor *= 2) sizes.push_back(array.entries * factor);
    text += fmt::format("      {}.arrays.0.entries: [{}]\n", name, fmt::join(sizes, ", "));
  }
  return text;
}

/// Whether a machine's walkers are within the limits. Machines that cannot run are not left out here: their points fail
/// with the reason.
std::function<bool(const MachineConfig&)> within_area(const TuningOptions& options) {
  return [options](const MachineConfig& machine) {
    const char* option = options.cells ? "--cells" : "--depth";
    if (machine.walker.kind != WalkerKind::Rtl) {
      throw InputError(
          fmt::format("{}: only hardware has an area; expected walker.kind: rtl in every machine", option));
    }
    std::optional<WalkerArea> area;
    try {
      area = walker_area(machine);
    } catch (const InputError&) {
      return true;
    }
    if (!area) {
      throw InputError(fmt::format(
          "{}: the area of this walker was not measured; expected one listed in rtl/synth/area.json (rtl/synth/area.py "
          "--update)",
          option));
    }
    return (!options.cells || area->cells <= *options.cells) && (!options.depth || area->depth <= *options.depth);
  };
}

std::string absolute(const std::string& path) {
  return is_text_argument(path) || is_generated_argument(path) || path == "-" ? path : fs::absolute(path).string();
}

}  // namespace

SweepFile tuning_sweep(const TuningOptions& options) {
  const auto machine = load_config<MachineConfig>({options.config, {}});
  const std::string name = options.space.empty() ? "tune" : options.space;
  const std::string space = options.space.empty() ? default_space(machine) : read_text_file(options.space);
  // Behind the space, so that its lines keep their numbers.
  SweepFile file = parse_sweep_file(name, space + "\ntraces: ['text:R 0']\n");
  file.traces.clear();
  for (const std::string& trace : options.traces) file.traces.push_back({{absolute(trace)}, 0});
  if (!options.config.empty()) {
    const bool is_file = fs::exists(options.config);
    file.configs = {{"config", is_file ? absolute(options.config) : options.config, 0}};
  }
  file.conditions.push_back({Expression(fmt::format("{} <= {}", all_entries(machine), options.budget)), 0});
  if (options.cells || options.depth) file.admits = within_area(options);
  file.cost = true;
  file.warmup = options.warmup;
  file.limit = options.limit;
  return file;
}

TlbSize tlb_size(const MachineConfig& machine) {
  const auto mode = make_paging_mode(machine.paging.mode, machine.paging);
  TlbSize size;
  for (const auto& [name, tlb] : tlbs_of(machine)) {
    for (const TlbArrayConfig& array : tlb.arrays) {
      size.entries += array.entries;
      size.bits += std::uint64_t{array.entries} * entry_bits(array, *mode);
    }
  }
  return size;
}

std::optional<WalkerArea> walker_area(const MachineConfig& machine) {
  if (machine.walker.kind != WalkerKind::Rtl) return std::nullopt;
  const auto mode = make_paging_mode(machine.paging.mode, machine.paging);
  const RtlVariant& variant = find_rtl_variant(machine.walker, machine.paging, *mode);
  const auto figure = [&](const char* name) -> std::uint64_t {
    const auto found =
        std::find_if(variant.area.begin(), variant.area.end(), [&](const auto& one) { return one.first == name; });
    return found == variant.area.end() ? 0 : found->second;
  };
  const std::uint64_t walkers = machine.sharing.walker ? 1 : machine.cores;
  const WalkerArea area{walkers * figure("cells"), walkers * figure("flip_flops"), figure("logic_depth")};
  return area.cells == 0 ? std::nullopt : std::optional(area);
}

void mark_front(std::vector<TunedMachine>& machines) {
  const auto order = [](const TunedMachine& one) { return std::tuple(one.size.bits, one.cells(), one.cost_cycles); };
  std::stable_sort(machines.begin(), machines.end(),
                   [&](const TunedMachine& a, const TunedMachine& b) { return order(a) < order(b); });
  std::map<std::uint64_t, std::int64_t> best;  // the least cost of at most so many cells: falls with them
  for (TunedMachine& machine : machines) {
    const auto more = best.upper_bound(machine.cells());
    machine.on_front = more == best.begin() || machine.cost_cycles < std::prev(more)->second;
    if (!machine.on_front) continue;
    auto place = best.insert_or_assign(machine.cells(), machine.cost_cycles).first;
    for (++place; place != best.end() && place->second >= machine.cost_cycles;) place = best.erase(place);
  }
}

bool have_walkers(const std::vector<TunedMachine>& machines) {
  return std::any_of(machines.begin(), machines.end(),
                     [](const TunedMachine& machine) { return machine.walker.has_value(); });
}

std::vector<TunedMachine> tuned_machines(const SweepPlan& plan, const SweepStore& store) {
  std::set<std::string> traces;
  for (const SweepPoint& point : plan.points) traces.insert(point.trace);
  std::map<std::string, std::pair<TunedMachine, std::size_t>> machines;
  for_each_result(plan, store, [&](const SweepPoint& point, const RunResult& result) {
    const std::string key = fmt::format("{}\n{}\n{}", point.config, point.seed, fmt::join(point.values, "\n"));
    auto& [machine, ran] = machines[key];
    if (ran++ == 0) {
      machine.config = point.config;
      machine.seed = point.seed;
      machine.values = point.values;
      const auto config = load_config<MachineConfig>({"point", {}}, {{"point", "point", result.config.dump()}});
      machine.size = tlb_size(config);
      machine.walker = walker_area(config);
    }
    machine.points.push_back(point.id);
    const StatSet::Figure& cost = result.stats.at("translation.cost_cycles");
    const auto cycles = static_cast<std::int64_t>(cost.count);
    machine.cost_cycles += cost.negative ? -cycles : cycles;
    machine.cycles += result.stats.at("core.cycles").count;
  });
  std::vector<TunedMachine> complete;
  for (auto& [key, machine] : machines) {
    if (machine.second == traces.size()) complete.push_back(std::move(machine.first));
  }
  mark_front(complete);
  return complete;
}

std::string tuning_csv(const SweepPlan& plan, const std::vector<TunedMachine>& machines) {
  std::string text = "config,seed";
  for (const std::string& key : plan.keys) text += "," + csv_field(key);
  const bool walkers = have_walkers(machines);
  text += ",tlb_entries,tlb_bits,cost_cycles,cycles,cost_share,on_front";
  text += walkers ? ",walker_cells,walker_flip_flops,walker_depth\n" : "\n";
  for (const TunedMachine& machine : machines) {
    text += csv_field(machine.config) + "," + machine.seed;
    for (const std::string& value : machine.values) text += "," + csv_field(value);
    text += fmt::format(",{},{},{},{},{},{}", machine.size.entries, machine.size.bits, machine.cost_cycles,
                        machine.cycles, machine.cost_share(), machine.on_front ? 1 : 0);
    if (machine.walker) {
      text += fmt::format(",{},{},{}", machine.walker->cells, machine.walker->flip_flops, machine.walker->depth);
    } else if (walkers) {
      text += ",,,";
    }
    text += "\n";
  }
  return text;
}

}  // namespace tablewalk
