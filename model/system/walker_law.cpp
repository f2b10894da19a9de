#include "system/walker_law.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "base/error.h"
#include "links/timed_module.h"
#include "paging/reference_walk.h"
#include "paging/table_builder.h"
#include "system/make_walker.h"

namespace tablewalk {
namespace {

constexpr std::array<std::uint64_t, 8> memory_cycles{1, 2, 3, 5, 10, 20, 50, 100};

/// A memory with a fixed, configurable latency.
class FixedLatencyMemory final : public TimedModule {
 public:
  FixedLatencyMemory(sc_core::sc_module_name name, PhysicalMemory& bytes)
      : TimedModule(name), port("port", *this, 0), bytes_(bytes) {}

  AccessTargetPort<FixedLatencyMemory> port;
  std::uint64_t latency = 1;
  const PhysicalMemory& bytes() const { return bytes_; }

  bool receive_access(unsigned, MemoryAccess& access, Cycles& cycle) {
    arrivals_.push(cycle, &access);
    wake_at(cycle);
    return false;
  }

 private:
  void on_cycle() override {
    for (; arrivals_.due(now()); arrivals_.pop()) {
      arrivals_.front()->transfer_entry(bytes_);
      port.respond(*arrivals_.front(), now() + Cycles(latency));
    }
  }

  PhysicalMemory& bytes_;
  Inbox<MemoryAccess*> arrivals_;
};

/// Sends one request after the other, each after invalidating everything. A walker of one walk at a time gets a second
/// request at the same time, which waits.
class Requester final : public TimedModule, public WalkObserver {
 public:
  struct Probe {
    VirtualAddress va;
    VirtualAddress other;
    std::uint64_t memory;
  };

  /// `root`: of the mode's tables in the memory.
  Requester(sc_core::sc_module_name name, FixedLatencyMemory& memory, const PagingMode& mode, PhysicalAddress root,
            std::vector<Probe> probes, bool send_second)
      : TimedModule(name, Phase::Middle),
        walker_side("walker_side", *this),
        memory_(memory),
        mode_(mode),
        root_(root),
        probes_(std::move(probes)),
        requests_(send_second ? 2 : 1) {
    wake_at(Cycles(1));
  }

  TranslateInitiatorPort<Requester> walker_side;
  const std::vector<LawSample>& samples() const { return samples_; }

  void receive_translation(unsigned, TranslationRequest&, Cycles visible) {
    if (++answers_ % requests_.size() == 0) wake_at(visible + pause);
  }
  void walk_finished(const WalkRecord& walk) override { walks_.push_back(walk); }

 private:
  static constexpr Cycles pause{32};  ///< enough for a walker to finish anything after a walk

  void on_cycle() override {
    if (answers_ != 0) note();
    if (sent_ == probes_.size()) return;
    const Probe& probe = probes_[sent_++];
    memory_.latency = probe.memory;
    walker_side.invalidate({}, now());
    for (std::size_t i = 0; i < requests_.size(); ++i) {
      TranslationRequest& request = requests_[i];
      request = {};
      request.va = i == 0 ? probe.va : probe.other;
      request.root = root_;
      request.access = {AccessKind::Load, true};
      walker_side.request_at(request, now() + pause);
    }
  }

  void note() {
    if (walks_.size() != requests_.size()) {
      throw LawViolation(fmt::format("for {} requests the walker made {} walks", requests_.size(), walks_.size()));
    }
    std::sort(walks_.begin(), walks_.end(), [](const WalkRecord& a, const WalkRecord& b) { return a.id < b.id; });
    const WalkRecord& walk = walks_.front();
    check(walk);
    LawSample sample;
    sample.levels = walk.entry_reads;
    sample.memory = memory_.latency;
    sample.latency = (walk.answered - walk.taken).count();
    if (requests_.size() > 1) sample.next_taken = (walks_[1].taken - walk.answered).count();
    sample.faulted = walk.answer.faulted;
    samples_.push_back(sample);
    walks_.clear();
  }

  /// A walk that differs from the reference walk has no law.
  void check(const WalkRecord& walk) const {
    const WalkOutcome expected = reference_walk(mode_, memory_.bytes(), root_, walk.va, walk.access);
    if (walk.answer.faulted != expected.translated && walk.entry_reads == expected.entry_reads) return;
    const auto text = [](bool translated, unsigned reads) {
      return fmt::format("{} after {} reads", translated ? "translated" : "faulted", reads);
    };
    throw LawViolation(fmt::format("{:#x}: {}, in the reference walk {}", walk.va.value(),
                                   text(!walk.answer.faulted, walk.entry_reads),
                                   text(expected.translated, expected.entry_reads)));
  }

  FixedLatencyMemory& memory_;
  const PagingMode& mode_;
  PhysicalAddress root_;
  std::vector<Probe> probes_;
  std::vector<TranslationRequest> requests_;
  std::size_t sent_ = 0;
  std::size_t answers_ = 0;
  std::vector<WalkRecord> walks_;
  std::vector<LawSample> samples_;
};

/// Maps a page of each size mapped by a single entry, at separate addresses. The frames are irrelevant.
std::vector<VirtualAddress> map_pages(TableBuilder& tables) {
  std::vector<VirtualAddress> pages;
  const std::vector<PageSize>& sizes = tables.mode().page_sizes();
  for (const PageSize& size : sizes) {
    if (size.entries != 1) continue;
    pages.emplace_back(pages.size() * sizes.back().bytes());
    tables.map(pages.back(), PhysicalAddress(0), size.bytes());
  }
  return pages;
}

std::string name_of(const WalkerConfig& walker) {
  switch (walker.kind) {
    case WalkerKind::SystemC:
      return "SystemC walker";
    case WalkerKind::Rtl:
      return "RTL walker";
    case WalkerKind::Foreign:
    case WalkerKind::Instant:
      break;
  }
  return fmt::format("walker '{}'", walker.foreign);
}

std::vector<FitPoint> points_of(const WalkerLaw& law) {
  std::vector<FitPoint> points;
  for (const LawSample& sample : law.samples) {
    if (sample.faulted) continue;
    const auto levels = static_cast<std::int64_t>(sample.levels);
    FitPoint point{{1, levels * static_cast<std::int64_t>(sample.memory)}, static_cast<std::int64_t>(sample.latency)};
    if (law.tells_levels_apart) point.terms.push_back(levels);
    points.push_back(point);
  }
  return points;
}

/// The common value of all measurements; nothing if they differ.
template <class Value>
std::optional<Value> common(const std::vector<Value>& values) {
  const bool same =
      !values.empty() && std::all_of(values.begin(), values.end(), [&](Value one) { return one == values.front(); });
  return same ? std::optional<Value>(values.front()) : std::nullopt;
}

void fit(WalkerLaw& law, unsigned walks_at_once) {
  std::set<unsigned> levels;
  for (const LawSample& sample : law.samples) levels.insert(sample.levels);
  law.tells_levels_apart = levels.size() > 1;
  const std::optional<LinearFit> found = linear_fit(points_of(law));
  if (!found) throw LawViolation("walks of every length took the same time on every memory");
  law.fixed = found->coefficients[0];
  law.memory = found->coefficients[1];
  if (law.tells_levels_apart) law.level = found->coefficients[2];
  law.exact = found->exact;
  law.largest_residual = found->largest_residual;

  std::vector<std::int64_t> fault;
  std::vector<std::uint64_t> next;
  for (const LawSample& sample : law.samples) {
    next.push_back(sample.next_taken);
    if (!sample.faulted) continue;
    for (const LawSample& other : law.samples) {
      const bool alike = !other.faulted && other.levels == sample.levels && other.memory == sample.memory;
      if (alike) fault.push_back(static_cast<std::int64_t>(sample.latency) - static_cast<std::int64_t>(other.latency));
    }
  }
  law.fault = common(fault);
  if (walks_at_once == 1) law.next_taken = common(next);
}

}  // namespace

WalkerLaw measure_walker(const MachineConfig& config) {
  if (config.walker.kind == WalkerKind::Instant) {
    throw InputError("walker.kind: instant makes no walks; expected systemc, rtl or foreign");
  }
  const std::shared_ptr<const PagingMode> mode = make_paging_mode(config.paging.mode, config.paging);
  require_radix(*mode, "walker-law, cycles by levels,");
  PhysicalMemory bytes;
  FrameAllocator frames(config.memory_bytes(), mode->page_bytes(), {});
  TableBuilder tables(mode, bytes, frames);
  const std::vector<VirtualAddress> pages = map_pages(tables);
  // Next to the smallest page, in the same table.
  const VirtualAddress absent = pages.front() + mode->page_bytes();
  std::vector<Requester::Probe> probes;
  for (const std::uint64_t memory : memory_cycles) {
    for (const VirtualAddress page : pages) probes.push_back({page, absent, memory});
    probes.push_back({absent, pages.front(), memory});
  }

  const std::unique_ptr<PageWalker> walker = make_walker("walker", config.walker, config.paging, *mode, bytes, 1);
  FixedLatencyMemory memory("memory", bytes);
  Requester requester("requester", memory, *mode, tables.root(), probes, config.walker.walkers == 1);
  requester.walker_side.socket.bind(walker->tlb_side(0));
  walker->memory_side.socket.bind(memory.port.socket);
  walker->observe(requester);
  sc_core::sc_start();
  Clockwork::of_simulation().rethrow_failure();

  WalkerLaw law;
  law.walker = name_of(config.walker);
  law.mode = mode->name();
  law.samples = requester.samples();
  if (law.samples.size() != probes.size()) throw LawViolation("the walker did not respond to a request");
  fit(law, config.walker.walkers);
  return law;
}

}  // namespace tablewalk
