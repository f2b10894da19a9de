#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "support/dice.h"
#include "support/kernel_cores.h"
#include "support/random_kernel.h"
#include "support/settled_runs.h"

namespace tablewalk::test {

/// What a plain map says that the programs' memory contains.
class ProcessWords {
 public:
  std::uint64_t read(AddressSpaceId asid, std::uint64_t address) const {
    const auto held = words_.find({asid, address});
    return held == words_.end() ? 0 : held->second;
  }
  void write(AddressSpaceId asid, std::uint64_t address, std::uint64_t value) { words_[{asid, address}] = value; }
  void clear(AddressSpaceId asid, std::uint64_t from, std::uint64_t bytes) {
    words_.erase(words_.lower_bound({asid, from}), words_.lower_bound({asid, from + bytes}));
  }
  void move(AddressSpaceId asid, std::uint64_t from, std::uint64_t to, std::uint64_t bytes) {
    const auto copied = words_of(asid, from, bytes);
    clear(asid, from, bytes);
    for (const auto& [address, value] : copied) write(asid, address - from + to, value);
  }
  void copy_process(AddressSpaceId from, AddressSpaceId to) {
    for (const auto& [address, value] : words_of(from, 0, ~std::uint64_t{0})) write(to, address, value);
  }

 private:
  std::vector<std::pair<std::uint64_t, std::uint64_t>> words_of(AddressSpaceId asid, std::uint64_t from,
                                                                std::uint64_t bytes) const {
    std::vector<std::pair<std::uint64_t, std::uint64_t>> words;
    for (const auto& [place, value] : words_) {
      if (place.first == asid && place.second - from < bytes) words.push_back({place.second, value});
    }
    return words;
  }
  std::map<std::pair<AddressSpaceId, std::uint64_t>, std::uint64_t> words_;
};

/// A machine of cores without timing, and programs on it. Each core runs a process or a thread of one.
class DemandWorld {
  static constexpr std::uint64_t page_bytes = 4096;
  static constexpr std::uint64_t pages_of_a_process = 48;
  static constexpr unsigned processes = 3;

 public:
  /// `switches`: the cores change between processes, and ids, kernel halves and shootdowns are of any kind.
  /// `organisation`: of the page tables; nullptr: any radix.
  DemandWorld(std::uint64_t seed, unsigned cores, bool switches = false, const char* organisation = nullptr)
      : seed_(seed),
        switches_(switches),
        forks_(organisation == nullptr || organisation != std::string_view("inverted")),
        dice_(seed),
        mode_(organisation != nullptr ? make_paging_mode(organisation, small_tables(dice_))
                                      : make_paging_mode(dice_.pick<const char*>(
                                            {"x86-64", "sv39", "sv39", "arm64-4k", "radix:5,5,5,5/12@4",
                                             "radix:6,4,3/12@8", "radix:6,4,4/12@8"}))),
        running_(cores, Running{}),
        config_(config()),
        huge_pages_(pages_at_once()),
        kernel_(config_, mode_, memory_, frames(), cores, nullptr, ranges_),
        cores_(kernel_, *mode_, memory_, cores, conventions_) {
    for (unsigned core = 0; core < cores; ++core) running_[core].asid = core % processes;
    next_space_ = processes;
    for (AddressSpaceId asid = 0; asid < processes; ++asid) live_.insert(asid);
  }
  const KernelCores& cores() const { return cores_; }

  void run(unsigned operations) {
    while (operations != 0) {
      const unsigned core = dice_.number(0, static_cast<std::uint32_t>(running_.size() - 1));
      if (!cores_.done(core)) {
        cores_.step(core);
        if (cores_.done(core)) finish(core);
        continue;
      }
      cores_.step(core);  // takes the invalidations of others
      begin(core);
      if (cores_.done(core)) finish(core);
      if (--operations % 64 != 0) continue;
      check_frames();
      release_held_frames();
    }
    for (unsigned core = 0; core < running_.size(); ++core) {
      while (!cores_.done(core)) {
        cores_.step(dice_.number(0, static_cast<std::uint32_t>(running_.size() - 1)));
        for (unsigned other = 0; other < running_.size(); ++other) {
          if (cores_.done(other)) finish(other);
        }
      }
    }
    check_frames();
  }
  const KernelStats& stats() const { return kernel_.stats(); }
  const HugeStats& huge_stats() const { return kernel_.huge_stats(); }
  /// Tables that were made anew, because they were too small, too large or not clean.
  std::uint64_t resizes() const {
    StatSet figures;
    kernel_.report(figures);
    std::uint64_t resizes = 0;
    for (const StatSet::Figure& figure : figures.figures()) {
      for (const char* name : {"tables.growths", "tables.cleanings", "tables.shrinkings"}) {
        if (figure.name == name) resizes += figure.count;
      }
    }
    return resizes;
  }

 private:
  struct Running {
    AddressSpaceId asid = 0;
    AddressSpaceId space = 0;  ///< whose memory it accesses
    bool loads = false;
    bool stores = false;
    bool calls = false;
    std::uint64_t address = 0;
    std::uint64_t value = 0;
    std::uint64_t expected = 0;
  };

  OsConfig config() {
    OsConfig config = random_kernel(dice_, seed_, running_.size() + 1, page_bytes);
    if (dice_.chance(75)) choose_huge_pages(config);
    if (switches_) choose_conventions(config);
    choose_ranges(config);
    config.readahead.swap_pages = Dice(seed_ + 2'000'003).pick<std::uint32_t>({0, 2, 8});
    return config;
  }
  /// Draws of its own, so that the rest of a seed's world does not depend on it.
  void choose_ranges(OsConfig& config) {
    Dice own(seed_ + 1'000'003);
    if (own.chance(60)) return;
    conventions_.ranges = ranges_.entries = own.number(1, 6);
    ranges_.least_pages = own.number(1, 4);
    const bool blocks = config.huge_pages.policy == HugePagePolicy::Never && own.chance(70);
    ranges_.eager_bytes.bytes = blocks ? page_bytes << own.number(1, 5) : 0;
    config.replacement.policy = policy_for_ranges(own);
  }
  void choose_huge_pages(OsConfig& config) {
    HugePagesConfig& huge = config.huge_pages;
    choose_huge_policy(dice_, huge);
    const bool has_64_kib = mode_->find_page_size(16 * page_bytes) != nullptr;
    if (has_64_kib && dice_.chance(85)) huge.size.bytes = 16 * page_bytes;
    const std::uint64_t pages = config.huge_page_bytes(*mode_) / page_bytes;
    huge.promote_after = dice_.chance(50) ? dice_.number(1, 12) : 0;
    huge.compact = dice_.chance(80);
    if (pages > 64) {
      if (config.resident_limit.bytes != 0) config.resident_limit.bytes = dice_.between(600, 1500) * page_bytes;
      return;
    }
    if (dice_.chance(50)) config.resident_limit.bytes = 0;
    config.frames = dice_.chance(90) ? FramePolicy::Buddy : FramePolicy::Sequential;
    config.fragmentation.share = dice_.chance(50) ? 0.5 : 0;
    config.fragmentation.unmovable = 0.5;
  }
  void choose_conventions(OsConfig& config) {
    conventions_.asids.kind = dice_.pick<AsidKind>({AsidKind::Trace, AsidKind::PerCore, AsidKind::PerMachine});
    const bool per_core = conventions_.asids.kind == AsidKind::PerCore;
    conventions_.asids.count =
        per_core ? dice_.number(1, 4) : static_cast<std::uint32_t>(running_.size() + dice_.number(1, 4));
    conventions_.shootdown =
        dice_.pick<ShootdownKind>({ShootdownKind::Ipi, ShootdownKind::Lazy, ShootdownKind::Broadcast});
    const bool halves = has_kernel_half(*mode_);
    conventions_.isolated = config.kpti = halves && dice_.chance(40);
    conventions_.shared_half = halves && dice_.chance(60);
    if (conventions_.shared_half) config.kernel_half = KernelHalf::Shared;
  }
  std::uint64_t pages_at_once() const {
    if (config_.huge_pages.policy != HugePagePolicy::Never) return config_.huge_page_bytes(*mode_) / page_bytes;
    return std::max<std::uint64_t>(1, ranges_.eager_bytes.bytes / page_bytes);
  }
  std::vector<FrameAllocator>& frames() {
    // Little memory, so that blocks for huge pages become rare.
    const bool little = huge_pages_ > 1 && huge_pages_ <= 64;
    const bool small_tables = mode_->table_bytes(mode_->root_level()) < page_bytes;
    const unsigned least = small_tables ? 20 : 21;
    const unsigned shift = !little ? 26 : config_.resident_limit.bytes != 0 ? least : 22;
    frames_per_pool_ = (std::uint64_t{1} << shift) / page_bytes;
    const FrameAllocatorConfig allocation{config_.frames, seed_, config_.fragmentation};
    for (unsigned pool = 0; pool < 2; ++pool) {
      frames_.emplace_back(std::uint64_t{1} << shift, mode_->page_bytes(), allocation,
                           PhysicalAddress(std::uint64_t{pool} << shift));
      if (little && config_.frames == FramePolicy::Buddy && dice_.chance(85)) hold_frames(frames_.back());
    }
    return frames_;
  }
  /// Some frames everywhere in memory belong to others, which give them back later.
  void hold_frames(FrameAllocator& pool) {
    std::vector<PhysicalAddress> released;
    const unsigned share = dice_.number(20, config_.resident_limit.bytes != 0 ? 60 : 40);
    while (const auto frame = pool.try_allocate_page(VirtualAddress(0), page_bytes)) {
      if (dice_.chance(share)) {
        held_.emplace_back(frames_.size() - 1, *frame);
      } else {
        released.push_back(*frame);
      }
    }
    for (std::size_t i = 0; i < released.size(); ++i) std::swap(released[i], released[dice_.between(0, i)]);
    for (const PhysicalAddress frame : released) pool.release_page(frame, page_bytes);
  }
  void release_held_frames() {
    for (std::size_t i = held_.size() / 16; i != 0; --i) {
      std::swap(held_[dice_.between(0, held_.size() - 1)], held_.back());
      frames_[held_.back().first].release_page(held_.back().second, page_bytes);
      held_.pop_back();
    }
  }
  bool space_is_quiet(AddressSpaceId asid, unsigned except) const {
    for (unsigned core = 0; core < running_.size(); ++core) {
      if (core != except && running_[core].asid == asid && !cores_.done(core)) return false;
    }
    return true;
  }
  /// Whether a thread of the process is in a system call: what others then read depends on the interleaving.
  bool in_call(AddressSpaceId asid) const {
    for (unsigned core = 0; core < running_.size(); ++core) {
      if (running_[core].asid == asid && running_[core].calls && !cores_.done(core)) return true;
    }
    return false;
  }

  void begin(unsigned core) {
    Running& its = running_[core];
    its.loads = its.stores = its.calls = false;
    if (switches_ && dice_.chance(20)) its.asid = dice_.pick(std::vector<AddressSpaceId>(live_.begin(), live_.end()));
    if (in_call(its.asid)) return;
    its.space = its.asid;
    if (conventions_.shared_half && dice_.chance(20)) return access_kernel_half(core);
    if (dice_.chance(6) && space_is_quiet(its.asid, core)) return begin_call(core);
    its.address = dice_.between(0, pages_of_a_process - 1) * page_bytes + dice_.between(0, 3) * 8;
    access(core);
  }
  /// The kernel's data, which all processes see; in different pages of one table, some of them in another table.
  void access_kernel_half(unsigned core) {
    Running& its = running_[core];
    its.space = kernel_half_space;
    its.address = 0xffffffff00000000u + dice_.between(0, 23) * (dice_.chance(80) ? page_bytes : page_bytes << 9) + 8;
    access(core);
  }
  void access(unsigned core) {
    Running& its = running_[core];
    if (writing_.count({its.space, its.address}) != 0) return;  // a race of two threads
    const VirtualAddress va(its.address);
    const bool user = its.space == its.asid;
    if (dice_.chance(50)) {
      its.stores = true;
      its.value = ++values_;
      writing_.insert({its.space, its.address});
      cores_.begin_access(core, its.asid, va, AccessKind::Store, its.value, user);
    } else {
      its.loads = true;
      its.expected = plain_.read(its.space, its.address);
      reading_.insert({its.space, its.address});
      cores_.begin_access(core, its.asid, va, user && dice_.chance(20) ? AccessKind::Fetch : AccessKind::Load, 0, user);
    }
  }
  void finish(unsigned core) {
    Running& its = running_[core];
    if (its.stores) {
      plain_.write(its.space, its.address, its.value);
      writing_.erase({its.space, its.address});
    }
    if (its.loads && plain_.read(its.space, its.address) == its.expected) {  // else another thread wrote meanwhile
      ASSERT_EQ(cores_.loaded(core), its.expected)
          << "process " << its.asid << ", space " << its.space << ", address 0x" << std::hex << its.address;
    }
    its.loads = its.stores = its.calls = false;
  }

  void begin_call(unsigned core) {
    Running& its = running_[core];
    LayoutChange event;
    event.read = event.write = event.execute = true;
    event.asid = its.asid;
    event.bytes = dice_.between(1, 12) * page_bytes;
    event.first = VirtualAddress(dice_.between(0, pages_of_a_process - event.bytes / page_bytes) * page_bytes);
    switch (dice_.number(0, 4)) {
      case 0:
        event.operation = LayoutOperation::Unmap;
        plain_.clear(its.asid, event.first.value(), event.bytes);
        break;
      case 1:
        event.operation = LayoutOperation::Discard;
        plain_.clear(its.asid, event.first.value(), event.bytes);
        break;
      case 2:
        event.operation = LayoutOperation::Remap;  // to a new place, and back at once
        event.to = VirtualAddress((pages_of_a_process + 64) * page_bytes);
        event.to_bytes = event.bytes;
        call(core, event);
        std::swap(event.first, event.to);
        break;
      case 3:
        return begin_fork(core, event);
      default:
        event.operation = LayoutOperation::Protect;
        break;
    }
    its.calls = true;
    cores_.begin_call(core, event);
  }
  void call(unsigned core, const LayoutChange& event) {
    running_[core].calls = true;
    cores_.begin_call(core, event);
    while (!cores_.done(core)) {
      cores_.step(dice_.number(0, static_cast<std::uint32_t>(running_.size() - 1)));
      for (unsigned other = 0; other < running_.size(); ++other) {
        if (other != core && cores_.done(other)) finish(other);
      }
    }
    running_[core].calls = false;
  }
  /// The core continues as the child, after the end of its old process if nobody else runs it.
  void begin_fork(unsigned core, LayoutChange event) {
    Running& its = running_[core];
    if (next_space_ > 400 || !forks_) return;
    event.operation = LayoutOperation::Fork;
    event.child = next_space_++;
    call(core, event);
    plain_.copy_process(its.asid, event.child);
    const AddressSpaceId old = its.asid;
    its.asid = event.child;
    live_.insert(event.child);
    for (unsigned other = 0; other < running_.size(); ++other) {
      if (running_[other].asid == old) return;
    }
    live_.erase(old);
    LayoutChange exit;
    exit.operation = LayoutOperation::Exit;
    exit.asid = old;
    call(core, exit);
  }

  /// No frame has two pages unless they share it, and the frames in use add up.
  void check_frames() {
    std::map<std::uint64_t, FrameSlot> slots;
    std::set<FrameSlot> used;
    for (AddressSpaceId asid = 0; asid < next_space_; ++asid) {
      const std::uint64_t end = (pages_of_a_process + huge_pages_ - 1) / huge_pages_ * huge_pages_;
      for (std::uint64_t number = 0; number < end; ++number) {
        const VirtualAddress va(number * page_bytes);
        if (kernel_.state_of(asid, va) != PageState::Resident) continue;
        const PhysicalMemory& memory = memory_;
        const WalkOutcome walk = reference_walk(*mode_, memory, kernel_.root(asid), va, {AccessKind::Load, true});
        ASSERT_TRUE(walk.translated);
        const std::optional<FrameSlot> slot = kernel_.frame_of(asid, va);
        ASSERT_TRUE(slot);
        const FrameTable::Frame& frame = kernel_.frame_table()[*slot];
        ASSERT_EQ(frame.at, walk.translation.physical(va));
        const std::uint64_t mapped = kernel_.in_huge_page(asid, va) ? huge_pages_ * page_bytes : page_bytes;
        ASSERT_EQ(std::uint64_t{1} << walk.translation.page_shift, mapped);
        const auto known = slots.emplace(frame.at.value(), *slot);
        ASSERT_EQ(known.first->second, *slot) << "two slots for one frame";
        const std::vector<PageKey> pages = kernel_.frame_table().pages(*slot);
        ASSERT_EQ(pages.size(), frame.pages);
        ASSERT_EQ(std::count(pages.begin(), pages.end(), PageKey{asid, number}), 1);
        used.insert(*slot);
      }
      if (ranges_.enabled()) check_ranges(asid);
    }
    if (conventions_.shared_half) check_kernel_half(slots);
    bool quiet = true;
    for (unsigned core = 0; core < running_.size(); ++core) quiet &= cores_.done(core);
    if (quiet && !conventions_.shared_half) {
      const std::uint64_t read_ahead = kernel_.page_cache().frames();
      ASSERT_EQ(kernel_.frame_table().in_use(), used.size() + read_ahead);
      check_allocators();
    }
    if (config_.resident_limit.bytes != 0) {
      ASSERT_LE(kernel_.frame_table().in_use(), kernel_.frame_table().limit());
    }
  }

  /// Frames in use, reserved, of tables, of others, and free ones are all that there are.
  void check_allocators() {
    bool whole_tables = config_.frames == FramePolicy::Buddy;
    for (unsigned level = 0; level < mode_->levels(); ++level) whole_tables &= mode_->table_bytes(level) == page_bytes;
    if (!whole_tables) return;
    StatSet figures;
    kernel_.report(figures);
    std::uint64_t frames =
        held_.size() + kernel_.frame_table().in_use() + kernel_.reserved_frames() + count_in(figures, "tables.count");
    if (ranges_.enabled()) frames += frames_of_ranges();
    for (const FrameAllocator& pool : frames_) {
      StatSet of_pool;
      of_pool.begin(Section::Kernel);
      pool.report(of_pool);
      const std::uint64_t blocks = frames_per_pool_ * page_bytes >> 21;
      const auto others =
          static_cast<std::uint64_t>(std::llround(config_.fragmentation.share * static_cast<double>(blocks)));
      frames += count_in(of_pool, "frames.free_bytes") / page_bytes + others + 1;
    }
    ASSERT_EQ(frames, 2 * frames_per_pool_);
  }

  /// Range tables of 64 entries, two in a frame; those of processes that have ended stay.
  std::uint64_t frames_of_ranges() {
    std::array<std::uint64_t, 2> tables{};
    for (AddressSpaceId asid = 0; asid < next_space_; ++asid) {
      const RangeRegister table = kernel_.range_table(asid);
      if (table.table != PhysicalAddress(0)) ++tables[asid % 2];
    }
    return (tables[0] + 1) / 2 + (tables[1] + 1) / 2;
  }

  static std::uint64_t count_in(const StatSet& figures, const std::string& name) {
    for (const StatSet::Figure& figure : figures.figures()) {
      if (figure.name == name) return figure.count;
    }
    throw std::out_of_range(name);
  }

  /// The range table has the longest runs of pages that are alike, if they are long enough, and nothing else.
  void check_ranges(AddressSpaceId asid) {
    const std::uint64_t end = (pages_of_a_process + huge_pages_ - 1) / huge_pages_ * huge_pages_ * page_bytes;
    const std::vector<RangeEntry> runs = settled_runs(*mode_, memory_, kernel_.root(asid), end);
    const RangeRegister table = kernel_.range_table(asid);
    std::uint64_t entry = 0;
    for (const RangeEntry& run : runs) {
      if (run.last - run.first < (std::uint64_t{ranges_.least_pages} << run.page_shift) - 1) continue;
      ASSERT_LT(entry, table.entries);
      const PhysicalAddress at = table.table + entry++ * RangeEntry::bytes;
      for (unsigned word = 0; word < 4; ++word) ASSERT_EQ(memory_.read(at + 8 * word, 8), run.encode()[word]);
    }
    ASSERT_EQ(entry, table.entries);
  }

  /// Every address space has the same frames there, and no process has one of them elsewhere.
  void check_kernel_half(const std::map<std::uint64_t, FrameSlot>& of_processes) {
    const PhysicalMemory& memory = memory_;
    for (std::uint64_t number = 0; number < 24 * 512; ++number) {
      const VirtualAddress va(0xffffffff00000000u + number * page_bytes);
      if (kernel_.state_of(0, va) != PageState::Resident) continue;
      const std::optional<FrameSlot> slot = kernel_.frame_of(0, va);
      ASSERT_TRUE(slot);
      const PhysicalAddress frame = kernel_.frame_table()[*slot].at;
      ASSERT_EQ(of_processes.count(frame.value()), 0u);
      for (const AddressSpaceId asid : live_) {
        const WalkOutcome walk = reference_walk(*mode_, memory, kernel_.root(asid), va, {AccessKind::Load, false});
        ASSERT_TRUE(walk.translated);
        ASSERT_EQ(walk.translation.physical(va), frame);
        ASSERT_EQ(walk.translation.global, !conventions_.isolated);
        const WalkOutcome user =
            reference_walk(*mode_, memory, kernel_.root_for(asid, true), va, {AccessKind::Load, true});
        ASSERT_FALSE(user.translated);
        if (conventions_.isolated) {
          ASSERT_EQ(user.fault.reason, FaultReason::NotPresent);
        }
      }
    }
  }

  std::uint64_t seed_;
  bool switches_;
  bool forks_;
  Dice dice_;
  CoreConventions conventions_;
  std::shared_ptr<const PagingMode> mode_;
  PhysicalMemory memory_;
  std::vector<FrameAllocator> frames_;
  std::vector<Running> running_;
  RangesConfig ranges_;
  OsConfig config_;
  std::uint64_t huge_pages_;  ///< small pages in a huge one, or in a block of ranges; 1: there are neither
  std::uint64_t frames_per_pool_ = 0;
  std::vector<std::pair<std::size_t, PhysicalAddress>> held_;  ///< pool and address
  DemandKernel kernel_;
  KernelCores cores_;
  ProcessWords plain_;
  std::set<std::pair<AddressSpaceId, std::uint64_t>> writing_;
  std::set<std::pair<AddressSpaceId, std::uint64_t>> reading_;
  std::set<AddressSpaceId> live_;
  AddressSpaceId next_space_ = 0;
  std::uint64_t values_ = 0;
};

}  // namespace tablewalk::test
