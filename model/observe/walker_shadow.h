#pragma once

#include <deque>
#include <string>
#include <unordered_map>

#include "base/error.h"
#include "links/timed_module.h"
#include "observe/cosim_counts.h"
#include "walker/rtl_port.h"

namespace tablewalk {

/// The two walkers differ. `what()` is the report, of several lines.
class WalkersDiffer : public Difference {
 public:
  WalkersDiffer(const std::string& report, Cycles cycle) : Difference(report), cycle_(cycle) {}
  Cycles cycle() const { return cycle_; }

 private:
  Cycles cycle_;
};

/// An RTL walker beside the model: it gets the same inputs in the same cycles and must act the same in the same cycles.
/// Its outputs go nowhere. Throws WalkersDiffer at the end of the first cycle with a difference.
class WalkerShadow final : public TimedModule, public WalkerTap {
 public:
  /// Throws InputError if there is no such RTL walker.
  WalkerShadow(sc_core::sc_module_name name, const WalkerConfig& config, const PagingControls& controls,
               const PagingMode& mode);

  /// Called before the simulation.
  void record_wave(const WaveWindow& wave) { port_.record_wave(wave); }
  const CosimCounts& counts() const { return counts_; }

  // Notifications from the model's walker.
  void request_arrives(unsigned port, const TranslationRequest& request, Cycles visible) override;
  void memory_answers(const MemoryAccess& access, Cycles visible) override;
  void invalidated(const Invalidation& invalidation, Cycles cycle) override;
  void memory_is_asked(const MemoryAccess& access) override;
  WalkerCycle& doing(Cycles cycle) override;

 private:
  /// An input to both walkers.
  struct Came {
    enum class What : std::uint8_t { Request, MemoryAnswer, Invalidation };
    Cycles cycle;
    What what;
    std::uint64_t value;  ///< its address, or the memory data
    AddressSpaceId asid = 0;
    Invalidation::Scope scope = Invalidation::Scope::All;
  };
  /// What both walkers did in a cycle.
  struct Moment {
    WalkerCycle model;
    WalkerCycle rtl;
    VirtualAddress taken;  ///< of the request that the model accepted
    VirtualAddress answered;
  };
  struct MemoryAnswer {
    std::uint64_t access;  ///< in order of request
    std::uint64_t data;
  };

  void on_cycle() override;
  void note(Came came);
  void pass_on_memory_answers(Cycles cycle);
  void compare(const WalkerCycle& model, const WalkerCycle& rtl);
  void count(const WalkerCycle& did);
  static std::string came_text(const Came& came);
  std::string report() const;

  RtlPort port_;
  std::deque<WalkerCycle> model_did_;  ///< in cycles not compared yet
  std::unordered_map<const MemoryAccess*, std::uint64_t> asked_;
  std::unordered_map<std::uint64_t, std::uint32_t> rtl_tags_;  ///< by access number
  std::uint64_t model_accesses_ = 0;
  std::uint64_t rtl_accesses_ = 0;
  Inbox<MemoryAnswer> memory_answers_;
  std::deque<Came> came_;
  std::deque<Moment> past_;
  Cycles first_ = Cycles::never();
  CosimCounts counts_;
};

}  // namespace tablewalk
