// The laws of memory that processes share: files and anonymous memory, mapped, forked, written and evicted by random
// programs on several cores. What the programs read is compared with plain maps, and frames with what they hold.

#include <gtest/gtest.h>

#include <array>
#include <map>
#include <set>
#include <tuple>

#include "support/dice.h"
#include "support/kernel_cores.h"
#include "support/random_kernel.h"

namespace tablewalk::shared_pages_laws_test {
namespace {

using test::Dice;
using test::KernelCores;

constexpr std::uint64_t page_bytes = 4096;
constexpr std::uint64_t region_pages = 16;  ///< as many as a huge page of 64 KiB has
constexpr std::uint64_t far_away = 1000;    ///< pages to where a range is moved, and back

enum class Kind : std::uint8_t { Private, File, Anonymous };
/// What is in a page: private memory of an address space, a page of a file, or of shared anonymous memory.
using Identity = std::tuple<Kind, std::uint64_t, std::uint64_t>;
using Words = std::map<std::uint64_t, std::uint64_t>;  ///< by offset; 0 if absent

/// One region of every process.
struct Part {
  bool file;
  bool shared;
  std::uint64_t number;  ///< of the file
};
constexpr std::array<Part, 6> parts{
    {{false, false, 0}, {true, true, 0}, {true, false, 0}, {false, true, 0}, {true, true, 1}, {true, false, 1}}};
constexpr std::uint64_t pages_of_a_process = parts.size() * region_pages;

/// What the programs' memory contains, by definition.
class PlainMemory {
 public:
  void begin(AddressSpaceId asid) {
    for (std::uint64_t part = 0; part < parts.size(); ++part) renew(asid, part);
  }
  /// The region is reserved anew.
  void renew(AddressSpaceId asid, std::uint64_t part) {
    if (!parts[part].file && parts[part].shared) memories_[{asid, part}] = ++last_memory_;
    discard(asid, part * region_pages, region_pages);
  }
  /// What a page of private memory had is lost.
  void discard(AddressSpaceId asid, std::uint64_t first, std::uint64_t count) {
    for (std::uint64_t page = first; page != first + count; ++page) {
      own_.erase({asid, page});
      words_.erase({Kind::Private, asid, page});
    }
  }
  void fork(AddressSpaceId parent, AddressSpaceId child) {
    for (std::uint64_t page = 0; page != pages_of_a_process; ++page) {
      if (own_.count({parent, page}) == 0) continue;
      own_.insert({child, page});
      words_[{Kind::Private, child, page}] = words_[{Kind::Private, parent, page}];
    }
    for (std::uint64_t part = 0; part < parts.size(); ++part) {
      const auto memory = memories_.find({parent, part});
      if (memory != memories_.end()) memories_[{child, part}] = memory->second;
    }
  }
  Identity identity(AddressSpaceId asid, std::uint64_t page) const {
    const Part& part = parts[page / region_pages];
    if (own_.count({asid, page}) != 0 || (!part.file && !part.shared)) return {Kind::Private, asid, page};
    if (part.file) return {Kind::File, part.number, page % region_pages};
    return {Kind::Anonymous, memories_.at({asid, page / region_pages}), page % region_pages};
  }
  /// The same, and what a store makes of it.
  Identity written_identity(AddressSpaceId asid, std::uint64_t page) const {
    return parts[page / region_pages].shared ? identity(asid, page) : Identity{Kind::Private, asid, page};
  }
  const Words& words(const Identity& identity) { return words_[identity]; }
  std::uint64_t read(AddressSpaceId asid, std::uint64_t page, std::uint64_t offset) {
    const Words& words = words_[identity(asid, page)];
    const auto word = words.find(offset);
    return word == words.end() ? 0 : word->second;
  }
  void write(AddressSpaceId asid, std::uint64_t page, std::uint64_t offset, std::uint64_t value) {
    const Identity old = identity(asid, page);
    const Identity now = written_identity(asid, page);
    if (old != now) words_[now] = words_[old];
    if (!parts[page / region_pages].shared) own_.insert({asid, page});
    words_[now][offset] = value;
  }

 private:
  std::map<Identity, Words> words_;
  std::set<std::pair<AddressSpaceId, std::uint64_t>> own_;  ///< pages of private mappings that were written
  std::map<std::pair<AddressSpaceId, std::uint64_t>, std::uint64_t> memories_;  ///< by process and region
  std::uint64_t last_memory_ = 0;
};

class World {
 public:
  /// `organisation`: of the page tables; nullptr: any radix.
  World(std::uint64_t seed, unsigned cores, const char* organisation = nullptr)
      : seed_(seed),
        dice_(seed),
        mode_(organisation != nullptr
                  ? make_paging_mode(organisation, test::small_tables(dice_))
                  : make_paging_mode(dice_.pick<const char*>({"x86-64", "sv39", "arm64-4k", "radix:5,5,5,5/12@4"}))),
        running_(cores),
        config_(config()),
        kernel_(config_, mode_, memory_, frames(), cores),
        cores_(kernel_, *mode_, memory_, cores) {
    for (; next_space_ < 3; ++next_space_) {
      plain_.begin(next_space_);
      for (std::uint64_t part = 0; part < parts.size(); ++part) kernel_.begin_layout(reserve(next_space_, part));
    }
    for (unsigned core = 0; core < cores; ++core) running_[core].asid = core % 3;
  }

  void run(unsigned operations) {
    while (operations != 0) {
      const unsigned core = any_core();
      const bool was_done = cores_.done(core);
      cores_.step(core);  // if it is done: takes the invalidations of others
      if (was_done) begin(core);
      if (cores_.done(core)) finish(core);
      if (was_done && --operations % 64 == 0) check_frames();
    }
    for (unsigned core = 0; core < running_.size(); ++core) {
      while (!cores_.done(core)) step_any();
    }
    check_frames();
  }
  const KernelStats& stats() const { return kernel_.stats(); }
  const HugeStats& huge_stats() const { return kernel_.huge_stats(); }

 private:
  struct Running {
    AddressSpaceId asid = 0;
    bool loads = false;
    bool stores = false;
    bool calls = false;
    std::uint64_t page = 0;
    std::uint64_t offset = 0;
    std::uint64_t value = 0;
    std::uint64_t expected = 0;
    Identity from;  ///< what is stored to, before and after
    Identity to;
  };

  OsConfig config() {
    OsConfig config = test::random_kernel(dice_, seed_, running_.size() + 2, page_bytes);
    config.swap.read_cycles = config.swap.write_cycles = Cycles(dice_.number(0, 50));
    config.swap.bytes_per_cycle = 1000;
    config.files_cached = dice_.chance(50);
    config.readahead.file_pages = dice_.pick<std::uint32_t>({0, 4, 8});
    config.readahead.swap_pages = dice_.pick<std::uint32_t>({0, 2, 8});
    if (mode_->find_page_size(region_pages * page_bytes) != nullptr && dice_.chance(75)) choose_huge_pages(config);
    return config;
  }
  /// Of private memory: what is shared is never huge.
  void choose_huge_pages(OsConfig& config) {
    HugePagesConfig& huge = config.huge_pages;
    test::choose_huge_policy(dice_, huge);
    huge.size.bytes = region_pages * page_bytes;
    huge.promote_after = dice_.chance(50) ? dice_.number(1, 12) : 0;
    config.frames = dice_.chance(50) ? FramePolicy::Buddy : FramePolicy::Sequential;
  }
  std::vector<FrameAllocator>& frames() {
    for (unsigned pool = 0; pool < 2; ++pool) {
      frames_.emplace_back(std::uint64_t{1} << 26, mode_->page_bytes(), FrameAllocatorConfig{config_.frames, seed_, {}},
                           PhysicalAddress(std::uint64_t{pool} << 26));
    }
    return frames_;
  }
  unsigned any_core() { return dice_.number(0, static_cast<std::uint32_t>(running_.size() - 1)); }
  void step_any() {
    cores_.step(any_core());
    for (unsigned core = 0; core < running_.size(); ++core) {
      if (cores_.done(core)) finish(core);
    }
  }

  /// Processes have the same memory at different addresses.
  static std::uint64_t first_page(AddressSpaceId asid) { return asid % 5 * 64; }
  static VirtualAddress address(AddressSpaceId asid, std::uint64_t page) {
    return VirtualAddress((first_page(asid) + page) * page_bytes);
  }
  /// A child has its parent's addresses.
  VirtualAddress place(AddressSpaceId asid, std::uint64_t page) const {
    const auto ancestor = ancestors_.find(asid);
    return address(ancestor == ancestors_.end() ? asid : ancestor->second, page);
  }
  LayoutChange reserve(AddressSpaceId asid, std::uint64_t part) const {
    LayoutChange change;
    change.asid = asid;
    change.first = place(asid, part * region_pages);
    change.bytes = region_pages * page_bytes;
    change.read = change.write = change.execute = true;
    change.file = parts[part].file;
    change.shared = parts[part].shared;
    if (change.file) change.label = "file" + std::to_string(parts[part].number);
    return change;
  }

  bool space_is_quiet(AddressSpaceId asid, unsigned except) const {
    for (unsigned core = 0; core < running_.size(); ++core) {
      if (core != except && running_[core].asid == asid && !cores_.done(core)) return false;
    }
    return true;
  }
  bool in_call(AddressSpaceId asid) const {
    for (unsigned core = 0; core < running_.size(); ++core) {
      if (running_[core].asid == asid && running_[core].calls && !cores_.done(core)) return true;
    }
    return false;
  }
  /// Whether a store is on its way to that page.
  bool is_written(const Identity& identity) const {
    for (const Running& other : running_) {
      if (other.stores && (other.from == identity || other.to == identity)) return true;
    }
    return false;
  }

  void begin(unsigned core) {
    Running& its = running_[core];
    its.loads = its.stores = its.calls = false;
    if (in_call(its.asid)) return;
    if (dice_.chance(6) && space_is_quiet(its.asid, core)) return begin_call(core);
    its.page = dice_.chance(30) ? (its.page + 1) % pages_of_a_process : dice_.between(0, pages_of_a_process - 1);
    its.offset = dice_.between(0, 3) * 8;
    const VirtualAddress va = place(its.asid, its.page) + its.offset;
    its.from = plain_.identity(its.asid, its.page);
    its.to = plain_.written_identity(its.asid, its.page);
    if (is_written(its.from) || is_written(its.to)) return;  // a race
    if (dice_.chance(40)) {
      its.stores = true;
      its.value = ++values_;
      cores_.begin_access(core, its.asid, va, AccessKind::Store, its.value);
    } else {
      its.loads = true;
      its.expected = plain_.read(its.asid, its.page, its.offset);
      cores_.begin_access(core, its.asid, va, dice_.chance(20) ? AccessKind::Fetch : AccessKind::Load);
    }
  }
  void finish(unsigned core) {
    Running& its = running_[core];
    if (its.stores) plain_.write(its.asid, its.page, its.offset, its.value);
    its.stores = false;
    // Else another thread writes meanwhile.
    const bool steady = its.loads && plain_.read(its.asid, its.page, its.offset) == its.expected &&
                        !is_written(plain_.identity(its.asid, its.page));
    if (steady) {
      ASSERT_EQ(cores_.loaded(core), its.expected)
          << "process " << its.asid << ", page " << its.page << " of kind " << its.page / region_pages;
    }
    its.loads = its.calls = false;
  }

  void call(unsigned core, const LayoutChange& event) {
    running_[core].calls = true;
    cores_.begin_call(core, event);
    while (!cores_.done(core)) {
      cores_.step(any_core());
      for (unsigned other = 0; other < running_.size(); ++other) {
        if (other != core && cores_.done(other)) finish(other);
      }
    }
    running_[core].calls = false;
  }
  void begin_call(unsigned core) {
    Running& its = running_[core];
    const std::uint64_t part = dice_.between(0, parts.size() - 1);
    const std::uint64_t first = part * region_pages + dice_.between(0, 3);
    const std::uint64_t pages = dice_.between(1, 4);
    LayoutChange event;
    event.asid = its.asid;
    event.first = place(its.asid, first);
    event.bytes = pages * page_bytes;
    event.read = event.write = event.execute = true;
    switch (dice_.number(0, 4)) {
      case 0:
        event.operation = LayoutOperation::Discard;
        call(core, event);
        return plain_.discard(its.asid, first, pages);
      case 1:
        event.operation = LayoutOperation::Remap;
        event.to = event.first + far_away * page_bytes;
        event.to_bytes = event.bytes;
        call(core, event);
        std::swap(event.first, event.to);
        return call(core, event);
      case 2:
        event.operation = LayoutOperation::Protect;
        return call(core, event);
      case 3:
        call(core, reserve(its.asid, part));
        return plain_.renew(its.asid, part);
      default:
        return begin_fork(core, event);
    }
  }
  /// The core continues as the child, after the end of its old process if nobody else runs it.
  void begin_fork(unsigned core, LayoutChange event) {
    Running& its = running_[core];
    if (next_space_ > 300) return;
    event.operation = LayoutOperation::Fork;
    event.child = next_space_++;
    call(core, event);
    plain_.fork(its.asid, event.child);
    const AddressSpaceId old = its.asid;
    const auto ancestor = ancestors_.find(old);
    ancestors_[event.child] = ancestor == ancestors_.end() ? old : ancestor->second;
    its.asid = event.child;
    for (const Running& other : running_) {
      if (other.asid == old) return;
    }
    event = {};
    event.operation = LayoutOperation::Exit;
    event.asid = old;
    call(core, event);
    ended_.insert(old);
  }

  /// Pages with one content have one frame, if they share it; others have one only if a fork gave it to both.
  void check_frames() {
    std::map<Identity, FrameSlot> shared;
    std::map<FrameSlot, Identity> holds;
    std::set<FrameSlot> used;
    for (AddressSpaceId asid = 0; asid < next_space_; ++asid) {
      if (ended_.count(asid) != 0) continue;
      for (std::uint64_t page = 0; page < pages_of_a_process; ++page) {
        const std::optional<FrameSlot> slot = kernel_.frame_of(asid, place(asid, page));
        if (!slot) continue;
        used.insert(*slot);
        const Identity identity = plain_.identity(asid, page);
        const Identity first = holds.emplace(*slot, identity).first->second;
        if (is_written(identity) || is_written(first)) continue;
        ASSERT_EQ(plain_.words(identity), plain_.words(first)) << "two contents in one frame";
        if (std::get<0>(identity) == Kind::Private) continue;
        ASSERT_EQ(identity, first) << "a frame that is shared holds something else too";
        ASSERT_EQ(shared.emplace(identity, *slot).first->second, *slot) << "one content in two frames";
        sharing_ += kernel_.frame_table()[*slot].mappings() > 1 ? 1 : 0;
      }
    }
    check_counts(used);
  }
  void check_counts(std::set<FrameSlot>& used) {
    bool quiet = true;
    for (unsigned core = 0; core < running_.size(); ++core) quiet &= cores_.done(core);
    if (config_.resident_limit.bytes != 0) {
      ASSERT_LE(kernel_.frame_table().in_use(), kernel_.frame_table().limit());
    }
    if (!quiet) return;
    std::uint64_t unmapped = 0;
    kernel_.page_cache().for_each_frame([&](FrameSlot slot) { unmapped += used.count(slot) == 0 ? 1 : 0; });
    ASSERT_EQ(kernel_.frame_table().in_use(), used.size() + unmapped);
  }

  std::uint64_t seed_;
  Dice dice_;
  std::shared_ptr<const PagingMode> mode_;
  PhysicalMemory memory_;
  std::vector<FrameAllocator> frames_;
  std::vector<Running> running_;
  OsConfig config_;
  DemandKernel kernel_;
  KernelCores cores_;
  PlainMemory plain_;
  std::map<AddressSpaceId, AddressSpaceId> ancestors_;
  std::set<AddressSpaceId> ended_;
  AddressSpaceId next_space_ = 0;
  std::uint64_t values_ = 0;

 public:
  std::uint64_t sharing_ = 0;
};

TEST(SharedPagesLaws, HoldUnderRandomProgramsOnSeveralCores) {
  KernelStats all;
  std::uint64_t sharing = 0;
  std::uint64_t promotions = 0;
  std::uint64_t demotions = 0;
  for (const std::uint64_t seed : test::printed_seeds(40)) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    World world(seed, static_cast<unsigned>(1 + seed % 8));
    ASSERT_NO_FATAL_FAILURE(world.run(static_cast<unsigned>(test::setting("TABLEWALK_OPERATIONS", 5000))));
    const KernelStats& stats = world.stats();
    sharing += world.sharing_;
    promotions += world.huge_stats().promotions;
    demotions += world.huge_stats().demotions;
    all.evictions += stats.evictions;
    all.cache_faults += stats.cache_faults;
    all.copy_faults += stats.copy_faults;
    all.file_writebacks += stats.file_writebacks;
    all.read_ahead_used += stats.read_ahead_used;
    all.read_ahead_unused += stats.read_ahead_unused;
    all.waiting_faults += stats.waiting_faults;
  }
  // The programs reach everything.
  EXPECT_NE(sharing, 0u);
  EXPECT_NE(promotions, 0u);
  EXPECT_NE(demotions, 0u);
  EXPECT_NE(all.evictions, 0u);
  EXPECT_NE(all.cache_faults, 0u);
  EXPECT_NE(all.copy_faults, 0u);
  EXPECT_NE(all.file_writebacks, 0u);
  EXPECT_NE(all.read_ahead_used, 0u);
  EXPECT_NE(all.read_ahead_unused, 0u);
  EXPECT_NE(all.waiting_faults, 0u);
}

TEST(SharedPagesLaws, HoldWithForksAndTablesThatHash) {
  for (const char* organisation : test::hashing_modes) {
    KernelStats all;
    std::uint64_t sharing = 0;
    for (const std::uint64_t seed : test::printed_seeds(12)) {
      SCOPED_TRACE(organisation + (", seed " + std::to_string(seed)));
      World world(seed, static_cast<unsigned>(1 + seed % 8), organisation);
      ASSERT_NO_THROW(world.run(static_cast<unsigned>(test::setting("TABLEWALK_OPERATIONS", 2500))));
      ASSERT_FALSE(testing::Test::HasFatalFailure());
      sharing += world.sharing_;
      all.evictions += world.stats().evictions;
      all.copy_faults += world.stats().copy_faults;
      all.cache_faults += world.stats().cache_faults;
    }
    EXPECT_NE(sharing, 0u) << organisation;
    EXPECT_NE(all.evictions, 0u) << organisation;
    EXPECT_NE(all.copy_faults, 0u) << organisation;
    EXPECT_NE(all.cache_faults, 0u) << organisation;
  }
}

}  // namespace
}  // namespace tablewalk::shared_pages_laws_test
