#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "cache/cache.h"
#include "cpu/request_port.h"
#include "dram/dram.h"
#include "dram/ideal_memory.h"
#include "memory/frame_allocator.h"
#include "memory/memory_image.h"
#include "os/address_spaces.h"
#include "os/image_space.h"
#include "system/machine_config.h"
#include "tlb/free_translator.h"
#include "tlb/tlb.h"
#include "walker/rtl_walker.h"
#include "walker/walker.h"

namespace tablewalk {

/// The order in which a machine's modules are made: no result depends on it, and a test holds us to that.
enum class ConstructionOrder : std::uint8_t { CoreFirst, MemoryFirst };

/// Page tables that are there already: a memory image, and the register that points to their root.
struct ImageTables {
  ImageSource image;
  std::uint64_t root_value = 0;
  bool skip_faults = false;  ///< accesses that fault are passed over; else the first one ends the run
};

/// The machine that a config describes, built and bound: the only place where modules learn of each other. Its parts
/// per core stand in `Core`; what cores share stands beside them.
class Machine {
 public:
  /// `tables`: whose page tables it has; without, its kernel builds them. Throws InputError.
  explicit Machine(const MachineConfig& config, ConstructionOrder order = ConstructionOrder::CoreFirst,
                   const std::optional<ImageTables>& tables = std::nullopt);

  /// Runs until nothing is left to do. Throws what a module threw.
  void run();

  RequestPort& port() { return *core_.port; }
  PageWalker& walker() { return *walker_; }
  /// The walker, if it is the model in SystemC, or if it is hardware; else nullptr.
  Walker* systemc_walker() { return dynamic_cast<Walker*>(walker_.get()); }
  RtlWalker* rtl_walker() { return dynamic_cast<RtlWalker*>(walker_.get()); }
  /// How many TLBs it has above.
  unsigned walker_ports() const { return config_.stlb.enabled ? 1 : 2; }
  Kernel& kernel() { return *kernel_; }
  /// What the memory image held, if there is one.
  const std::optional<MemoryImage>& image() const { return image_; }
  PhysicalMemory& memory() { return memory_; }
  const PagingMode& mode() const { return *mode_; }
  void reset_stats();
  void report(StatSet& figures) const;

 private:
  struct Core {
    std::unique_ptr<RequestPort> port;
    std::unique_ptr<Tlb> itlb;
    std::unique_ptr<Tlb> dtlb;
    std::unique_ptr<Cache> l1i;
    std::unique_ptr<Cache> l1d;
    // Between the core and its TLBs, if translation is free.
    std::unique_ptr<FreeTranslator> free_itlb;
    std::unique_ptr<FreeTranslator> free_dtlb;
  };
  /// What only the walker reads, in the order in which it is asked; empty if it reads what the program does.
  struct WalkerHierarchy {
    std::vector<std::unique_ptr<Cache>> caches;
    std::unique_ptr<Dram> dram;
    std::unique_ptr<IdealMemory> ideal;
  };

  /// Which memory stands at or first below that level; the caches that are left out are passed over.
  WalkerReads memory_at(WalkerReads level) const;
  void make_kernel(const std::optional<ImageTables>& tables);
  void plan_memory_ports();
  void build(ConstructionOrder order);
  void build_free_translation();
  void build_walker_memory();
  WalkerConfig walker_config() const;
  void bind_translation();
  void bind_memory();
  void bind_walker_memory();
  CoreNeighbours neighbours() const;
  std::unique_ptr<Cache> make_cache(const char* name, ServedBy place, const CacheConfig& config,
                                    const std::vector<Cache::PortKind>& ports);
  /// The next free socket of the memory at or first below that level.
  tlm::tlm_target_socket<64>& next_socket(WalkerReads level);

  MachineConfig config_;
  std::shared_ptr<const PagingMode> mode_;
  PhysicalMemory memory_;
  FrameAllocator frames_;
  std::array<unsigned, 4> planned_ports_{};  ///< of each memory, by WalkerReads; registered ones only
  std::array<unsigned, 4> bound_ports_{};
  std::optional<MemoryImage> image_;
  std::unique_ptr<Kernel> kernel_;
  Core core_;
  std::unique_ptr<Tlb> stlb_;
  std::unique_ptr<PageWalker> walker_;
  std::unique_ptr<Cache> l2_;
  std::unique_ptr<Cache> llc_;
  std::unique_ptr<Dram> dram_;
  WalkerHierarchy walker_memory_;
};

}  // namespace tablewalk
