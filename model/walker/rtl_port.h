#pragma once

#include <optional>

#include "protocol/inbox.h"
#include "walker/rtl_model.h"
#include "walker/walker_cycle.h"

namespace tablewalk {

/// One RTL walker, cycle by cycle: drives its pins with what has arrived, clocks it, and reports what it did. It does
/// not wake itself; its owner calls step() at the end of each cycle for which due() holds.
class RtlPort {
 public:
  /// Throws InputError if no such walker is built in.
  RtlPort(const WalkerConfig& config, const PagingControls& controls, const PagingMode& mode);

  /// Called before the simulation. If the file cannot be written, the first recorded cycle throws InputError.
  void record_wave(const WaveWindow& wave) { wave_ = wave; }

  // Inputs. A request's fields are read here; afterwards it is only an identity.
  void request_arrives(unsigned port, const TranslationRequest& request, Cycles visible);
  void memory_answers(std::uint32_t tag, std::uint64_t data, Cycles visible);
  /// In the current cycle or a later one. Throws InputError if that cycle already has an invalidation.
  void invalidate(const Invalidation& invalidation, Cycles cycle);

  /// Whether an input arrives in that cycle, or the walker may change without one.
  bool due(Cycles cycle) const { return next_due() <= cycle; }
  Cycles next_due() const;
  /// Ends the cycle: all of its inputs have arrived.
  const WalkerCycle& step(Cycles cycle);

  // About the last step.
  /// The tag of the memory response accepted by the walker, and when it arrived.
  const std::optional<std::pair<std::uint32_t, Cycles>>& answer_taken() const { return answer_taken_; }
  /// The invalidation accepted by the walker.
  const std::optional<Invalidation>& invalidation_taken() const { return invalidation_taken_; }
  /// The tag of the memory access it presented.
  std::uint32_t tag_presented() const { return outputs_.mem_req_tag; }

  /// The slot of a memory tag.
  unsigned slot_of(std::uint32_t tag) const { return tag & slot_mask_; }
  const RtlVariant& variant() const { return variant_; }

 private:
  /// The fields of a request at its arrival.
  struct Outstanding {
    const TranslationRequest* request = nullptr;
    VirtualAddress va;
    PhysicalAddress root;
    AddressSpaceId asid = 0;
    Access access;
  };
  struct MemoryAnswer {
    std::uint32_t tag;
    std::uint64_t data;
  };

  /// Whether clocking without inputs can be left out. In a recorded wave, what was shown must not stay.
  bool may_sleep() const { return wave_.path.empty() ? outputs_.rests : outputs_.quiet; }
  void catch_up(Cycles cycle);
  void clock(Cycles cycle, bool something_comes);
  void record(Cycles cycle);
  void offer_request(Cycles cycle);
  const TranslationRequest* take_request();
  void give_memory_answer(Cycles cycle);
  void give_invalidation(Cycles cycle);
  void describe(Cycles cycle);
  void watch(Cycles cycle);
  Answer answer_of(const Outstanding& outstanding) const;

  const PagingMode& mode_;
  const RtlVariant& variant_;
  std::unique_ptr<RtlModel> model_;
  bool evaluate_every_cycle_;
  std::uint8_t mode_code_;
  std::uint64_t controls_;
  std::uint32_t slot_mask_;

  Inbox<Outstanding> arrivals_;
  Inbox<MemoryAnswer> memory_answers_;
  Inbox<Invalidation> invalidations_;
  std::vector<Outstanding> outstanding_;  ///< by id
  std::uint32_t under_way_ = 0;           ///< of these, unanswered
  Inbox<RequestId> free_ids_;
  bool offers_ = false;  ///< its oldest arrival is presented to the walker

  WaveWindow wave_;
  bool records_ = false;
  Cycles clocked_;          ///< the first cycle not yet clocked
  std::uint32_t idle_ = 0;  ///< consecutive cycles up to now that were clocked without activity
  RtlInputs inputs_;
  RtlOutputs outputs_;
  std::optional<std::pair<std::uint32_t, Cycles>> answer_taken_;
  std::optional<Invalidation> invalidation_taken_;
  WalkerCycle did_;
};

}  // namespace tablewalk
