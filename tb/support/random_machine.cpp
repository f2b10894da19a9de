#include "support/random_machine.h"

#include <algorithm>
#include <array>
#include <memory>

#include "config/loader.h"
#include "config/printer.h"
#include "cpu/trace_event.h"
#include "paging/neighbours.h"
#include "paging/range_table.h"
#include "trace/event_form.h"
#include "trace/generate.h"

namespace tablewalk::test {
namespace {

/// Settings that an access with full rights cannot observe, and the pages of 64 KiB.
RiscvControls random_riscv(Dice& dice) {
  RiscvControls riscv;
  riscv.svadu = dice.chance(50);
  riscv.svnapot = dice.chance(70);
  riscv.svpbmt = dice.chance(50);
  riscv.mxr = dice.chance(50);
  return riscv;
}

/// Tables small enough that they grow.
HashedControls random_hashed(Dice& dice) {
  HashedControls hashed;
  hashed.initial_bytes = ByteSize{std::uint64_t{512} << dice.number(0, 3)};
  hashed.max_load = dice.pick<double>({0.125, 0.5, 0.95});
  hashed.growth = 1u << dice.number(1, 3);
  return hashed;
}

/// Tables small enough that they grow and shrink.
CuckooControls random_cuckoo(Dice& dice) {
  CuckooControls cuckoo;
  cuckoo.ways = dice.number(2, 3);
  cuckoo.initial_bytes = ByteSize{std::uint64_t{512} << dice.number(0, 2)};
  cuckoo.max_load = cuckoo.ways == 2 ? 0.45 : dice.pick<double>({0.3, 0.6, 0.85});
  cuckoo.min_load = cuckoo.max_load / 3;
  cuckoo.migrated_lines = dice.number(1, 8);
  cuckoo.walk_tables = dice.pick<CuckooWalkTables>(
      {CuckooWalkTables::None, CuckooWalkTables::None, CuckooWalkTables::Upper, CuckooWalkTables::All});
  cuckoo.walk_table_bytes = ByteSize{std::uint64_t{512} << dice.number(0, 2)};
  return cuckoo;
}

std::string random_mode(Dice& dice) {
  if (dice.chance(60)) return dice.pick(paging_mode_names());
  const unsigned offset_bits = dice.number(6, 16);
  unsigned bits_left = 52 - offset_bits;
  std::string split;
  for (unsigned level = dice.number(1, 6); level != 0 && bits_left > 1; --level) {
    const unsigned bits = dice.number(1, std::min(11u, bits_left));
    bits_left -= bits;
    split += (split.empty() ? "" : ",") + std::to_string(bits);
  }
  return "radix:" + split + "/" + std::to_string(offset_bits) + "@" + (dice.chance(50) ? "4" : "8");
}

/// `coalesce`: the most pages of an entry.
TlbArrayConfig random_array(Dice& dice, const PagingMode& mode, std::uint32_t coalesce) {
  TlbArrayConfig array;
  const std::uint32_t ways = dice.number(1, 8);
  array.entries = ways * dice.number(1, 12);
  array.ways = dice.chance(25) ? 0 : ways;
  array.latency_cycles = Cycles(dice.number(1, 9));
  array.replacement = random_replacement(dice);
  array.seed = dice.between(0, 1000);
  Dice own(array.seed);  // draws of its own, so that the rest of a seed's machine does not depend on it
  if (own.chance(40)) array.coalesce = 1u << own.number(0, log2_floor(coalesce));
  for (const PageSize& size : mode.page_sizes()) {
    if (dice.chance(20)) array.page_sizes.push_back(ByteSize{size.bytes()});
  }
  return array;
}

/// `lines`: whether a line has entries of adjacent pages.
PrefetchConfig random_prefetch(Dice& dice, const TlbConfig& tlb, const PagingMode& mode, bool lines) {
  PrefetchConfig prefetch;
  if (tlb.miss_registers > 1) {
    prefetch.kind = dice.pick<PrefetchKind>({PrefetchKind::NextPage, PrefetchKind::Stride, PrefetchKind::Distance});
  }
  if (lines && dice.chance(30)) prefetch.kind = PrefetchKind::Line;
  prefetch.degree = dice.number(1, 4);
  prefetch.table = dice.number(1, 20);
  prefetch.buffer = tlb.coalesces() ? dice.number(1, 8) : dice.number(0, 8);
  prefetch.in_flight = dice.number(1, 6);
  if (dice.chance(20)) prefetch.page_bytes = ByteSize{dice.pick(mode.page_sizes()).bytes()};
  return prefetch;
}

TlbConfig random_tlb(Dice& dice, const PagingMode& mode, std::uint32_t coalesce) {
  TlbConfig tlb;
  tlb.enabled = dice.chance(80);
  tlb.arrays.clear();
  for (std::uint32_t arrays = dice.number(0, 3); arrays != 0; --arrays) {
    tlb.arrays.push_back(random_array(dice, mode, coalesce));
  }
  tlb.miss_registers = dice.number(1, dice.chance(50) ? 2 : 16);
  tlb.lookups_per_cycle = dice.number(1, 3);
  Dice own(tlb.arrays.empty() ? 0 : tlb.arrays.front().seed + 1);  // as for coalescing
  if (tlb.enabled && own.chance(40)) tlb.prefetch = random_prefetch(own, tlb, mode, coalesce != 1);
  return tlb;
}

CacheConfig random_cache(Dice& dice, std::uint32_t line_bytes) {
  CacheConfig cache;
  cache.enabled = dice.chance(75);
  const std::uint32_t ways = dice.number(1, 6);
  const std::uint32_t sets = dice.chance(50) ? dice.number(1, 4) : dice.number(1, 100);
  cache.bytes = ByteSize{std::uint64_t{ways} * sets * line_bytes};
  cache.ways = dice.chance(15) ? 0 : ways;
  cache.latency_cycles = Cycles(dice.number(1, 20));
  cache.tag_cycles = Cycles(dice.number(1, 8));
  cache.miss_registers = dice.number(1, dice.chance(50) ? 2 : 16);
  cache.lookups_per_cycle = dice.number(1, 3);
  cache.replacement = random_replacement(dice);
  cache.seed = dice.between(0, 1000);
  return cache;
}

/// In caches through which the walker reads.
void favour_tables(Dice& dice, MachineConfig& config) {
  const std::array caches = {&config.l1d, &config.l2, &config.llc};
  for (auto level = static_cast<std::size_t>(config.walker_reads); level < caches.size(); ++level) {
    CacheConfig& cache = *caches[level];
    const auto lines = static_cast<std::uint32_t>(cache.bytes.bytes / config.memory.line_bytes);
    if (dice.chance(30)) cache.table_ways = dice.number(1, ways_of(lines, cache.ways));
  }
}

DramConfig random_dram(Dice& dice) {
  DramConfig dram;
  dram.channels = 1u << dice.number(0, 2);
  dram.ranks = 1u << dice.number(0, 1);
  dram.banks = 1u << dice.number(0, 4);
  dram.bank_groups = std::min(dram.banks, 1u << dice.number(0, 3));
  dram.row_bytes = 1u << dice.number(8, 13);
  dram.address_mapping = dice.pick<std::string>(
      {"row:rank:bank:channel:column", "row:column:rank:bank:channel", "channel:rank:bank:row:column"});
  dram.page_policy = dice.chance(50) ? PagePolicy::Open : PagePolicy::Closed;
  dram.scheduler = dice.chance(70) ? DramSchedulerKind::FrFcfs : DramSchedulerKind::Fcfs;
  dram.bank_queue = dice.number(1, 8);
  dram.read_queue = dice.number(1, 32);
  dram.write_queue = dice.number(1, 32);
  dram.write_low = dice.number(0, dram.write_queue - 1);
  dram.row_hit_limit = dice.number(1, 8);
  dram.data_rate_mts = dice.pick<std::uint32_t>({1000, 1866, 3200, 4800, 9999});
  dram.t_refi_ns = dice.chance(30) ? 0 : 7800.0 / dice.number(1, 10);
  if (dram.t_refi_ns > 0 && dice.chance(30)) {
    dram.refresh = RefreshKind::SameBank;
    dram.t_refi_ns = 7800;
  }
  if (dram.refreshes()) {
    const double turns = dram.refresh == RefreshKind::SameBank ? dram.banks / dram.bank_groups : 1;
    dram.t_rfc_ns = dram.t_refi_ns / turns * 0.01 * dice.number(1, 90);
  }
  dram.controller_ns = dice.number(0, 40);
  if (dice.chance(30)) dram.t_rcd_ns = dram.t_cl_ns = dram.t_rp_ns = dram.t_ras_ns = 0.1 * dice.number(0, 200);
  return dram;
}

void make_other_walk_caches(Dice& dice, WalkerConfig& walker) {
  walker.walk_cache_kind = dice.pick<WalkCacheKind>({WalkCacheKind::UnifiedTranslation, WalkCacheKind::SplitPageTable,
                                                     WalkCacheKind::UnifiedPageTable, WalkCacheKind::TranslationPath});
  if (!for_all_levels(walker.walk_cache_kind) || walker.walk_caches.empty()) return;
  walker.walk_caches.resize(1);
  if (walker.walk_cache_kind == WalkCacheKind::TranslationPath) walker.walk_caches.front().ways = 0;
}

WalkerConfig random_walker(Dice& dice, const PagingMode& mode) {
  WalkerConfig walker;
  walker.walkers = dice.number(1, 8);
  // One more level than the mode has: such a cache stays empty.
  for (unsigned level = 1; level <= std::min(mode.levels(), 7u); ++level) {
    if (!dice.chance(50)) continue;
    WalkCacheConfig cache;
    cache.level = level;
    cache.ways = dice.number(1, 4);
    cache.entries = cache.ways * dice.number(1, 6);
    cache.replacement = random_replacement(dice);
    walker.walk_caches.push_back(cache);
  }
  if (dice.chance(50)) make_other_walk_caches(dice, walker);
  return walker;
}

CoreConfig random_core(Dice& dice) {
  CoreConfig core;
  core.issue_width = dice.number(1, 6);
  core.accesses_in_flight = dice.number(1, dice.chance(50) ? 8 : 100);
  core.loads_in_flight = dice.chance(30) ? dice.number(1, 20) : 0;
  core.stores_in_flight = dice.chance(30) ? dice.number(1, 20) : 0;
  core.window = dice.number(1, 300);
  core.fetch_queue = dice.chance(60) ? dice.number(1, dice.chance(50) ? 4 : 40) : 0;
  core.next_line_prefetch = core.fetch_queue != 0 && dice.chance(30);
  core.instruction_gap = dice.chance(30) ? dice.number(1, 20) : 0;
  core.dependences = dice.chance(25) ? Dependences::Chained : Dependences::None;
  core.blocking = dice.chance(25);
  if (core.blocking) core.next_line_prefetch = false;
  core.invalidate_cycles = Cycles(dice.chance(50) ? dice.between(0, 3) : dice.between(0, 300));
  return core;
}

OsConfig random_os(Dice& dice, const PagingMode& mode, std::uint64_t memory_bytes) {
  OsConfig os;
  os.prefault = dice.chance(60);
  os.fault_cycles = Cycles(dice.number(1, 3000));
  os.frames = dice.pick<FramePolicy>({FramePolicy::Sequential, FramePolicy::Random, FramePolicy::Contiguous});
  os.frame_seed = dice.between(0, 1000);
  for (const PageSize& size : mode.page_sizes()) {
    // Several hundred pages of this size fit, whatever is touched.
    const bool fits = size.bytes() <= memory_bytes / 2048;
    if (fits && dice.chance(30)) os.page_bytes = ByteSize{size.bytes()};
  }
  // The kernel clears a page line by line: one of 32 MiB takes longer than all the rest of a run.
  os.kernel_traffic = os.mapped_page_bytes(mode.page_bytes()) <= 256 << 10;
  return os;
}

/// Regions for a trace's accesses.
struct UsedRegion {
  std::uint64_t base = 0;
  std::uint64_t bytes = 0;
};

/// The part of the mode's address space that accesses can use without crossing its end.
std::uint64_t usable_bytes(const PagingMode& mode) {
  const std::uint64_t all = low_bits(std::min(mode.virtual_bits(), 52u));
  const bool canonical = !mode.translates(VirtualAddress(low_bits(mode.virtual_bits())));
  return canonical ? all / 2 : all;
}

std::vector<UsedRegion> random_regions(Dice& dice, const PagingMode& mode) {
  const std::uint64_t margin = 64;  // the longest access
  const std::uint64_t usable = usable_bytes(mode) - margin;
  std::vector<UsedRegion> regions(dice.number(1, 4));
  for (UsedRegion& region : regions) {
    const std::uint64_t pages = dice.chance(50) ? dice.between(1, 3) : dice.between(1, 60);
    region.bytes = std::min(usable, pages << mode.offset_bits());
    region.base = dice.between(0, usable - region.bytes);
    if (dice.chance(50)) region.base &= ~low_bits(mode.offset_bits());
    const std::uint64_t mirrored = ~std::uint64_t{0} - region.base - region.bytes - margin;
    if (mode.virtual_bits() < 64 && mode.translates(VirtualAddress(mirrored)) && dice.chance(40)) {
      region.base = mirrored;
    }
  }
  return regions;
}

std::vector<Record> generated(Dice& dice, const PagingMode& mode, std::size_t count) {
  GeneratorConfig generator;
  generator.pattern = dice.pick<Pattern>({Pattern::Sequential, Pattern::Stride, Pattern::Uniform, Pattern::Zipf,
                                          Pattern::PointerChase, Pattern::Gups, Pattern::MatrixMultiply});
  generator.count = count;
  generator.base = 0;
  generator.footprint = std::min(usable_bytes(mode) & ~low_bits(12), std::uint64_t{64} << mode.offset_bits());
  generator.stride = std::uint64_t{1} << dice.between(4, mode.offset_bits() + 1);
  generator.store_share = dice.chance(50) ? 0.3 : 0.0;
  generator.matrix = 24;
  generator.block = 8;
  generator.seed = dice.between(0, 1000000);
  std::vector<Record> records(count);
  const auto reader = make_generator(generator);
  std::size_t filled = 0;
  while (const std::size_t more = reader->read(records.data() + filled, count - filled)) filled += more;
  return records;
}

std::vector<RecordKind> kinds_of_events() {
  std::vector<RecordKind> kinds;
  for (const EventForm& form : event_forms) {
    if (form.kind != RecordKind::Thread) kinds.push_back(form.kind);
  }
  return kinds;
}

/// Draws of its own, so that the rest of a seed's machine does not depend on it.
RangesConfig random_ranges(const MachineConfig& config, const PagingMode& mode) {
  RangesConfig ranges;
  Dice own(config.os.frame_seed + config.clock_mhz);
  const bool possible = config.stlb.enabled && config.memory.line_bytes >= RangeEntry::bytes;
  if (!possible || own.chance(50)) return ranges;
  ranges.entries = own.number(1, 6);
  ranges.latency_cycles = Cycles(own.number(1, 9));
  ranges.least_pages = own.number(1, 4);
  const std::uint64_t page = config.os.mapped_page_bytes(mode.page_bytes());
  const std::uint64_t block = own.chance(30) ? 0 : page << own.number(0, 5);
  ranges.eager_bytes = ByteSize{block <= std::uint64_t{1} << (mode.virtual_bits() - 1) ? block : 0};
  return ranges;
}

}  // namespace

void idealise(Dice& dice, MachineConfig& config) {
  config.core.free_translation = dice.chance(25);
  config.walker_memory = dice.pick<WalkerMemory>({WalkerMemory::Shared, WalkerMemory::Own, WalkerMemory::Ideal});
  config.walker.kind = dice.chance(25) ? WalkerKind::Instant : WalkerKind::SystemC;
  config.walker.unlimited = config.walker.kind == WalkerKind::SystemC && dice.chance(50);
}

Record random_event(Dice& dice, const PagingMode& mode, VirtualAddress address, AddressSpaceId asid) {
  for (;;) {
    Record event;
    event.kind = dice.chance(30) ? RecordKind::InvalidatePage : dice.pick(kinds_of_events());
    if (!has_event(mode, event.kind)) continue;
    const EventForm& form = form_of(event.kind);
    if (form.has_address) event.address = address;
    const bool needs_ids = event.kind == RecordKind::InvpcidAddress || event.kind == RecordKind::InvpcidContext;
    if (form.asid != AsidField::None && (mode.has_asids() || !needs_ids)) event.asid = asid;
    return event;
  }
}

Replacement random_replacement(Dice& dice) {
  constexpr auto all = all_replacements();
  return all[dice.number(0, all.size() - 1)];
}

MachineConfig random_machine(Dice& dice) {
  return random_machine(dice, random_mode(dice));
}

MachineConfig random_radix_machine(Dice& dice) {
  std::string mode = random_mode(dice);
  while (!make_paging_mode(mode)->is_radix()) mode = random_mode(dice);
  return random_machine(dice, mode);
}

MachineConfig random_machine(Dice& dice, const std::string& mode_name) {
  MachineConfig config;
  config.paging.mode = mode_name;
  config.paging.riscv = random_riscv(dice);
  config.paging.arm.contiguous = dice.chance(70);
  const bool radix = make_paging_mode(mode_name)->is_radix();
  if (!radix) config.paging.hashed = random_hashed(dice);
  if (mode_name == "cuckoo") {
    config.paging.cuckoo = random_cuckoo(dice);
    config.walker.cuckoo_walk_caches = {dice.number(0, 4), dice.number(0, 3), dice.number(0, 2)};
  }
  if (!radix) {
    config.walker.page_size_cache = {dice.number(0, 3), ByteSize{dice.pick<std::uint64_t>({4096, 2 << 20, 1 << 30})}};
  }
  if (mode_name == "inverted") config.paging.inverted.frames_per_anchor = 1u << dice.number(0, 3);
  const auto mode = make_paging_mode(config.paging.mode, config.paging);
  config.clock_mhz = dice.number(500, 6000);
  // A walk reads within a line.
  config.memory.line_bytes = std::max(1u << dice.number(4, 8), mode->largest_read());
  // Room for the root tables of several address spaces.
  config.memory.bytes = ByteSize{std::max(config.memory_bytes(), 16 * mode->table_bytes(mode->root_level()))};
  config.os = random_os(dice, *mode, config.memory_bytes());
  config.core = random_core(dice);
  const unsigned coalesce = mode->neighbours_in(EntryLine::part_of(config.memory.line_bytes));
  config.itlb = random_tlb(dice, *mode, coalesce);
  config.dtlb = random_tlb(dice, *mode, coalesce);
  config.stlb = random_tlb(dice, *mode, coalesce);
  config.walker = random_walker(dice, *mode);
  config.walker_reads =
      dice.pick<WalkerReads>({WalkerReads::L1d, WalkerReads::L2, WalkerReads::Llc, WalkerReads::Dram});
  for (CacheConfig* cache : {&config.l1i, &config.l1d, &config.l2, &config.llc}) {
    *cache = random_cache(dice, config.memory.line_bytes);
  }
  favour_tables(dice, config);
  config.dram = random_dram(dice);
  config.ranges = random_ranges(config, *mode);
  ConfigNode root = bind_config(config);
  check_config(root);
  return config;
}

void fit_for_hardware(MachineConfig& config) {
  for (TlbConfig* tlb : {&config.itlb, &config.dtlb, &config.stlb}) {
    tlb->prefetch = {};
    for (TlbArrayConfig& array : tlb->arrays) array.coalesce = 1;
  }
}

std::vector<Record> random_trace(Dice& dice, const MachineConfig& config, std::size_t count) {
  const auto mode = make_paging_mode(config.paging.mode, config.paging);
  if (usable_bytes(*mode) > (1U << 14) && dice.chance(25)) return generated(dice, *mode, count);
  const std::vector<UsedRegion> regions = random_regions(dice, *mode);
  const unsigned fetch_share = dice.chance(50) ? dice.number(10, 90) : 0;
  const std::uint64_t spaces = dice.chance(20) ? 3 : 1;
  const unsigned burst_share = dice.number(0, 95);
  const unsigned event_share = dice.chance(50) ? dice.number(1, 15) : 0;
  const bool has_supervisor = dice.chance(40);
  const unsigned dependent_share = dice.chance(50) ? dice.number(5, 100) : 0;
  std::vector<Record> records;
  UsedRegion region = regions.front();
  std::uint64_t page = 0;
  while (records.size() < count) {
    if (!dice.chance(burst_share)) {
      region = dice.pick(regions);
      page = dice.between(0, (region.bytes - 1) >> mode->offset_bits());
    }
    const std::uint64_t offset = dice.between(0, low_bits(mode->offset_bits()));
    const std::uint64_t place = std::min(region.bytes - 1, (page << mode->offset_bits()) + offset);
    Record record;
    record.size = dice.number(0, 3) == 0 ? dice.number(1, 40) : 1u << dice.number(0, 5);
    record.address = VirtualAddress(dice.chance(50) ? (region.base + place) & ~std::uint64_t{31} : region.base + place);
    record.kind =
        dice.chance(fetch_share)
            ? RecordKind::Fetch
            : dice.pick<RecordKind>({RecordKind::Load, RecordKind::Load, RecordKind::Store, RecordKind::Modify});
    record.asid = static_cast<AddressSpaceId>(dice.between(0, spaces - 1));
    // The upper half belongs to the kernel, as usual, so no page is touched at both privileges.
    const auto upper = [&](VirtualAddress at) { return (at.value() >> (mode->virtual_bits() - 1) & 1) != 0; };
    if (upper(record.address) != upper(record.address + (record.size - 1))) record.size = 1;
    if (record.kind != RecordKind::Fetch && dice.chance(dependent_share)) {
      record.distance = static_cast<std::uint16_t>(dice.chance(70) ? 1 : dice.number(1, 30));
    }
    if (has_supervisor && upper(record.address)) record.privilege = Privilege::Supervisor;
    records.push_back(dice.chance(event_share) ? random_event(dice, *mode, record.address, record.asid) : record);
  }
  return records;
}

std::string how_to_repeat(std::uint64_t seed, const MachineConfig& config) {
  return "have it again with TABLEWALK_RUNS=1 TABLEWALK_SEED=" + std::to_string(seed) + "; its machine:\n" +
         to_yaml(config, false);
}

}  // namespace tablewalk::test
