#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "memory/frame_allocator.h"
#include "memory/memory_image.h"
#include "os/address_spaces.h"
#include "os/image_space.h"
#include "system/machine_config.h"
#include "system/machine_setup.h"
#include "system/modules.h"
#include "system/topology.h"
#include "walker/rtl_walker.h"
#include "walker/systemc_walker.h"

namespace tablewalk {

/// The machine that a config describes, built and bound: the only place where modules learn of each other. Which
/// modules there are, and which is bound to which, is its topology.
class Machine {
 public:
  /// `tables`: whose page tables it has; without, its kernel builds them. `processes`: how many have tables of their
  /// own (AddressSpaces says which address spaces are whose). Throws InputError.
  explicit Machine(const MachineConfig& config, ConstructionOrder order = ConstructionOrder::CoreFirst,
                   const std::optional<ImageTables>& tables = std::nullopt, std::size_t processes = 1);

  /// Runs until nothing is left to do. Throws what a module threw.
  void run();

  unsigned cores() const { return config_.cores; }
  RequestPort& port(unsigned core = 0) { return module<RequestPort>(NodeKind::Core, core); }
  /// The one that the core uses.
  PageWalker& walker(unsigned core = 0) { return module<PageWalker>(NodeKind::Walker, core); }
  /// Every walker, once.
  std::vector<PageWalker*> walkers();
  /// The first core's, if it is hardware; else nullptr.
  RtlWalker* rtl_walker() { return dynamic_cast<RtlWalker*>(&walker()); }
  Kernel& kernel() { return *kernel_; }
  /// What the memory image held, if there is one.
  const std::optional<MemoryImage>& image() const { return image_; }
  PhysicalMemory& memory() { return memory_; }
  const PagingMode& mode() const { return *mode_; }
  void reset_stats();
  /// All cores are warm and idle: they go on in the next cycle.
  void start_measuring();
  /// Of several cores, first the sums over all of them, then each one's.
  void report(StatSet& figures) const;

 private:
  void make_frames(std::size_t processes);
  void make_kernel(const std::optional<ImageTables>& tables);
  void build(ConstructionOrder order);
  void bind_links();
  void join_cores();
  Module make(std::size_t index);
  CoreNeighbours neighbours(std::size_t core) const;
  std::vector<std::optional<unsigned>> cores_above(std::size_t node) const;
  WalkerConfig walker_config(std::size_t walker) const;
  const TlbConfig& tlb_config(NodeKind kind) const;
  void declare_lookups(std::size_t index, StatSet& figures) const;
  void report_node(std::size_t index, StatSet& figures) const;
  StatSet figures_of(unsigned core) const;
  void report_kernel(StatSet& figures) const;

  /// The core's module of that kind, its own or a shared one.
  template <class Type>
  Type& module(NodeKind kind, unsigned core) {
    return *std::get<std::unique_ptr<Type>>(modules_[topology_.find(kind, core).value()]);
  }

  MachineConfig config_;
  std::shared_ptr<const PagingMode> mode_;
  PhysicalMemory memory_;
  std::vector<FrameAllocator> frames_;  ///< of the processes
  std::optional<MemoryImage> image_;
  std::unique_ptr<Kernel> kernel_;
  Shootdowns shootdowns_;
  Topology topology_;
  std::vector<Module> modules_;  ///< of the topology's nodes, in their order
};

}  // namespace tablewalk
