#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "memory/frame_allocator.h"
#include "memory/memory_image.h"
#include "os/address_spaces.h"
#include "os/demand_kernel.h"
#include "os/image_space.h"
#include "segment/segment_table.h"
#include "system/machine_config.h"
#include "system/machine_setup.h"
#include "system/modules.h"
#include "system/topology.h"
#include "walker/rtl_walker.h"
#include "walker/systemc_walker.h"

namespace tablewalk {

/// The machine described by a config, built and bound: the only place where modules are connected. The topology says
/// which modules there are and how they are bound.
class Machine {
 public:
  /// `tables`: page tables to use; without, the kernel builds them. `processes`: number of processes with their own
  /// tables (see AddressSpaces for their ids). `memory`: makes what replaces the DRAM model; empty: nothing does.
  /// Throws InputError.
  explicit Machine(const MachineConfig& config, ConstructionOrder order = ConstructionOrder::CoreFirst,
                   const std::optional<ImageTables>& tables = std::nullopt, std::size_t processes = 1,
                   std::unique_ptr<FutureUses> future = nullptr, const MakeMemory& memory = {});

  /// Runs until nothing is left to do. Rethrows a module's exception.
  void run();

  unsigned cores() const { return config_.cores; }
  RequestPort& port(unsigned core = 0) { return module<RequestPort>(NodeKind::Core, core); }
  /// The walker used by the core.
  PageWalker& walker(unsigned core = 0) { return module<PageWalker>(NodeKind::Walker, core); }
  /// All walkers, each once.
  std::vector<PageWalker*> walkers();
  /// The first core's walker if it is hardware; else nullptr.
  RtlWalker* rtl_walker() { return dynamic_cast<RtlWalker*>(&walker()); }
  /// nullptr unless the kernel pages on demand.
  DemandKernel* demand_kernel() { return demand_kernel_; }
  Kernel& kernel() { return *kernel_; }
  /// Information about the memory image, if there is one.
  const std::optional<MemoryImage>& image() const { return image_; }
  PhysicalMemory& memory() { return memory_; }
  /// The segments before paging; nullptr if there is no segment unit.
  const SegmentTable* segments() const { return segments_ ? &*segments_ : nullptr; }
  const PagingMode& mode() const { return *mode_; }
  const Topology& topology() const { return topology_; }
  /// The module of a node of the topology.
  Module& module_at(std::size_t node) { return modules_[node]; }
  void for_each_module(const std::function<void(const Node&, Module&)>& visit);
  void reset_stats();
  /// All cores are warm and drained: they continue in the next cycle.
  void start_measuring();
  /// For several cores, first the sums over all of them, then each core's figures.
  void report(StatSet& figures) const;

 private:
  void make_frames(std::size_t processes);
  void make_kernel(const std::optional<ImageTables>& tables, std::unique_ptr<FutureUses> future);
  void put_segments_before_paging(const std::optional<ImageTables>& tables, std::size_t processes);
  void build(ConstructionOrder order, const MakeMemory& memory);
  void bind_links();
  void join_cores();
  std::optional<std::size_t> own_node(NodeKind kind, unsigned core) const;
  void take_turns(unsigned core);
  void let_run_ahead();
  Cycles reach_of_others() const;
  Module make(std::size_t index, const MakeMemory& memory);
  std::unique_ptr<PageWalker> make_walker(std::size_t index, const std::string& name, unsigned ports);
  std::unique_ptr<Tlb> make_stlb(const std::string& name, unsigned ports);
  Module make_memory(std::size_t index, const MakeMemory& memory);
  CoreNeighbours neighbours(std::size_t core) const;
  std::vector<std::optional<unsigned>> cores_above(std::size_t node) const;
  WalkerConfig walker_config(std::size_t walker) const;
  const TlbConfig& tlb_config(NodeKind kind) const;
  void declare_lookups(std::size_t index, StatSet& figures) const;
  void report_node(std::size_t index, StatSet& figures) const;
  StatSet figures_of(unsigned core) const;
  void report_kernel(StatSet& figures) const;

  /// The core's module of that kind, private or shared.
  template <class Type>
  Type& module(NodeKind kind, unsigned core) {
    return *std::get<std::unique_ptr<Type>>(modules_[topology_.find(kind, core).value()]);
  }

  MachineConfig config_;
  std::shared_ptr<const PagingMode> mode_;
  PhysicalMemory memory_;
  std::vector<FrameAllocator> frames_;  ///< by process
  std::optional<MemoryImage> image_;
  std::optional<SegmentTable> segments_;
  std::unique_ptr<Kernel> kernel_;
  DemandKernel* demand_kernel_ = nullptr;  ///< the same, or below it; nullptr unless it pages on demand
  Shootdowns shootdowns_;
  SpaceServices spaces_;
  Topology topology_;
  std::vector<Module> modules_;  ///< of the topology's nodes, in their order
};

}  // namespace tablewalk
