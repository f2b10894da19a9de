#pragma once

#include <bitset>
#include <map>
#include <memory>
#include <unordered_set>
#include <vector>

#include "base/number_map.h"
#include "os/os_config.h"
#include "os/page_owner.h"
#include "os/space_roots.h"
#include "paging/ranges_config.h"
#include "paging/table_builder.h"
#include "protocol/kernel.h"
#include "stats/stat_set.h"

namespace tablewalk {

/// A kernel without page faults (os.prefault: true): one set of page tables per address space; a page is mapped before
/// the walk of its first access. Each process has its own pool of frames, so that a page's frame depends only on its
/// own process and not on the timing of others.
///
/// With range translations the first touch of a page maps the aligned block of `ranges.eager_bytes` around it, and each
/// address space has a range table, which is changed together with its page tables.
class AddressSpaces final : public Kernel {
 public:
  /// `frames`: one pool per process. Process p of n has the address spaces p, n + p, 2n + p and so on.
  AddressSpaces(const OsConfig& config, std::shared_ptr<const PagingMode> mode, PhysicalMemory& memory,
                std::vector<FrameAllocator>& frames, const RangesConfig& ranges = {});

  PhysicalAddress root(AddressSpaceId asid) override {
    if (recent_ == nullptr || asid != recent_asid_) find_space(asid);
    return recent_->tables.root();
  }
  PhysicalAddress root_for(AddressSpaceId asid, bool user) override {
    const PhysicalAddress its = root(asid);
    return user ? recent_->user_root.value_or(its) : its;
  }
  RangeRegister range_table(AddressSpaceId asid) override {
    root(asid);
    return recent_->tables.range_table();
  }
  void before_walk(AddressSpaceId asid, VirtualAddress va, Access access) override;
  bool is_mapped(AddressSpaceId asid, VirtualAddress va) override;
  void handle_fault(const PageFault& fault, KernelWork& work) override;

  void report(StatSet& figures) const override;

 private:
  void find_space(AddressSpaceId asid);
  void map_page(VirtualAddress va, Access access);
  void map_ahead(std::uint64_t number, PageOwner owner);
  bool is_any_mapped(std::uint64_t first, std::uint64_t count) const;
  void set_shared(std::uint64_t number, PageOwner owner);
  void map_frame(std::uint64_t number, PageOwner owner, PhysicalAddress frame);
  void note_touch(std::uint64_t number, VirtualAddress va, Access access);
  bool take_back(VirtualAddress va, Access access);
  bool give_away(VirtualAddress va, Access access);
  void protect(std::uint64_t number, bool user);
  FaultReason reason_now(VirtualAddress va, Access access) const;

  std::uint64_t page_bytes_;
  unsigned page_shift_;  ///< log2 of page_bytes_
  std::shared_ptr<const PagingMode> mode_;
  SpaceRoots roots_;
  PhysicalMemory& memory_;
  std::vector<FrameAllocator>& frames_;
  /// An address space's tables, and a bitmap of its mapped pages, which is read before every walk.
  struct Space {
    FrameAllocator& frames;
    TableBuilder tables;
    std::optional<PhysicalAddress> user_root;  ///< if it has two
    NumberMap<std::bitset<512>> mapped;        ///< by page number / 512
    std::unordered_set<std::uint64_t> shared;  ///< numbers of user pages first touched by the kernel
    std::unordered_set<std::uint64_t> ahead;   ///< numbers of pages mapped with others, without an owner so far
  };

  RangesConfig ranges_;
  std::uint64_t block_pages_ = 1;  ///< mapped at once
  std::map<AddressSpaceId, Space> spaces_;
  Space* recent_ = nullptr;
  AddressSpaceId recent_asid_ = 0;
  std::uint64_t pages_ = 0;
  std::uint64_t pages_ahead_ = 0;  ///< of these, mapped with others
};

}  // namespace tablewalk
