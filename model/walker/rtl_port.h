#pragma once

#include <optional>

#include "protocol/inbox.h"
#include "walker/rtl_model.h"
#include "walker/walker_cycle.h"

namespace tablewalk {

/// One RTL walker, cycle by cycle: puts on its pins what has come, clocks it, and says what it did. It has no time of
/// its own; its owner calls step() at the end of each cycle for which due() holds.
class RtlPort {
 public:
  /// Throws InputError if no such walker is built in.
  RtlPort(const WalkerConfig& config, const PagingControls& controls, const PagingMode& mode);

  /// Before the simulation. A file that cannot be written throws InputError when the first of its cycles comes.
  void record_wave(const WaveWindow& wave) { wave_ = wave; }

  // What comes. All that a request asks is read here; afterwards it is a name.
  void request_arrives(unsigned port, const TranslationRequest& request, Cycles visible);
  void memory_answers(std::uint32_t tag, std::uint64_t data, Cycles visible);
  /// In the cycle that is going on, or a later one. Throws InputError if that cycle has another one already.
  void invalidate(const Invalidation& invalidation, Cycles cycle);

  /// Whether something comes in that cycle, or may change without that.
  bool due(Cycles cycle) const { return next_due() <= cycle; }
  Cycles next_due() const;
  /// The cycle that ends: everything that comes in it has come.
  const WalkerCycle& step(Cycles cycle);

  // Of the last step.
  /// The tag of the memory answer that the walker took, and since when that had stood there.
  const std::optional<std::pair<std::uint32_t, Cycles>>& answer_taken() const { return answer_taken_; }
  /// The invalidation that it took.
  const std::optional<Invalidation>& invalidation_taken() const { return invalidation_taken_; }
  /// The tag of the access to memory that it presented.
  std::uint32_t tag_presented() const { return outputs_.mem_req_tag; }

  /// The slot that a tag of memory belongs to.
  unsigned slot_of(std::uint32_t tag) const { return tag & slot_mask_; }
  const RtlVariant& variant() const { return variant_; }

 private:
  /// What a request asks, as it was when it arrived.
  struct Question {
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

  void catch_up(Cycles cycle);
  void clock(Cycles cycle, bool something_comes);
  void record(Cycles cycle);
  void offer_request(Cycles cycle);
  const TranslationRequest* take_request();
  void give_memory_answer(Cycles cycle);
  void give_invalidation(Cycles cycle);
  void describe(Cycles cycle);
  void watch(Cycles cycle);
  Answer answer_of(const Question& question) const;

  const PagingMode& mode_;
  const RtlVariant& variant_;
  std::unique_ptr<RtlModel> model_;
  bool evaluate_every_cycle_;
  std::uint8_t mode_code_;
  std::uint64_t controls_;
  std::uint32_t slot_mask_;

  Inbox<Question> arrivals_;
  Inbox<MemoryAnswer> memory_answers_;
  Inbox<Invalidation> invalidations_;
  std::vector<Question> asked_;  ///< by id
  std::uint32_t under_way_ = 0;  ///< of these, those without an answer
  Inbox<RequestId> free_ids_;
  bool offers_ = false;  ///< its oldest arrival, to the walker

  WaveWindow wave_;
  bool records_ = false;
  Cycles clocked_;          ///< the first cycle that has not been
  std::uint32_t idle_ = 0;  ///< the cycles before, one after the other, that were clocked and in which it did nothing
  RtlInputs inputs_;
  RtlOutputs outputs_;
  std::optional<std::pair<std::uint32_t, Cycles>> answer_taken_;
  std::optional<Invalidation> invalidation_taken_;
  WalkerCycle did_;
};

}  // namespace tablewalk
