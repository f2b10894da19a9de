#include "support/random_cores.h"

#include "base/error.h"
#include "config/loader.h"
#include "system/topology.h"

namespace tablewalk::test {
namespace {

bool is_possible(MachineConfig config) {
  try {
    ConfigNode root = bind_config(config);
    check_config(root);
    make_topology(config);
    return true;
  } catch (const InputError&) {
    return false;
  }
}

/// Threads of one program: the same pages, with each thread's accesses in runs.
std::vector<Record> interleave(Dice& dice, const std::vector<Record>& records, unsigned threads) {
  std::vector<Record> marked;
  std::size_t left = 0;
  for (const Record& record : records) {
    if (left == 0) {
      Record thread;
      thread.kind = RecordKind::Thread;
      thread.asid = static_cast<AddressSpaceId>(dice.between(0, threads - 1));
      marked.push_back(thread);
      left = dice.between(1, 12);
    }
    marked.push_back(record);
    --left;
  }
  return marked;
}

}  // namespace

void add_cores(Dice& dice, MachineConfig& config, unsigned most) {
  const MachineConfig single = config;
  do {
    config = single;
    config.cores = dice.number(2, most);
    config.sharing.l2 = dice.chance(30);
    config.sharing.walker = dice.chance(40);
    config.sharing.stlb = config.sharing.walker && dice.chance(60);
    const bool own_walkers = !config.sharing.walker && config.walker.kind == WalkerKind::SystemC;
    config.sharing.walk_caches = own_walkers && dice.chance(30);
    if (config.sharing.walk_caches) config.paging.cuckoo.walk_tables = CuckooWalkTables::None;
    if (config.sharing.walker)
      config.walker_reads = dice.pick<WalkerReads>({WalkerReads::L2, WalkerReads::Llc, WalkerReads::Dram});
    config.coherence.directory_cycles = Cycles(dice.number(1, 12));
    config.coherence.snoop_cycles = config.coherence.directory_cycles + Cycles(dice.number(3, 20));
    config.shootdown.interrupt_cycles = Cycles(dice.number(2, 200));
    config.shootdown.handler_cycles = Cycles(dice.number(0, 100));
    config.shootdown.acknowledge_cycles = Cycles(dice.number(2, 50));
    config.os.time_slice_cycles = Cycles(dice.number(1, 5000));
    config.memory.bytes = ByteSize{
        std::min(16 * config.memory.bytes.bytes, make_paging_mode(config.paging.mode, config.paging)->memory_limit())};
  } while (!is_possible(config));
}

void write_traces(Dice& dice, const MachineConfig& config, std::size_t records, const TemporaryFolder& folder,
                  RunOptions& options) {
  const unsigned streams = config.cores + (dice.chance(30) ? dice.number(1, 3) : 0);
  if (dice.chance(60)) {
    options.trace_path =
        folder.write_trace("trace.txt", interleave(dice, random_trace(dice, config, records), streams));
    return;
  }
  for (unsigned i = 0; i < streams; ++i) {
    const std::string path =
        folder.write_trace("trace" + std::to_string(i) + ".txt", random_trace(dice, config, records / streams));
    if (i == 0)
      options.trace_path = path;
    else
      options.more_traces.push_back(path);
  }
}

}  // namespace tablewalk::test
