#pragma once

#include "links/memory_access.h"
#include "protocol/invalidation.h"
#include "protocol/translation_request.h"

namespace tablewalk {

/// Identifies the requests in a walker.
using RequestId = std::uint32_t;

/// When the id of a request answered in that cycle can be reused: the response is valid in the next one.
inline Cycles id_is_free(Cycles answered) {
  return answered + Cycles(2);
}

/// What a walker did in one cycle: each action at most once.
struct WalkerCycle {
  enum class Took : std::uint8_t { Nothing, BeganWalk, Joined };

  Cycles cycle;

  Took took = Took::Nothing;
  bool again = false;                         ///< it accepted a replayed request
  const TranslationRequest* taken = nullptr;  ///< null if replayed

  bool looked_up = false;
  std::uint8_t hits = 0;  ///< bit l: hit in the walk cache of level l

  bool presented = false;  ///< valid at the memory in the next cycle
  bool update = false;     ///< a compare-and-swap
  PhysicalAddress address;
  std::uint64_t expected = 0;  ///< update
  std::uint64_t desired = 0;   ///< update

  const TranslationRequest* answered = nullptr;  ///< its response is valid in the next cycle
  Answer answer;
  bool sent_back = false;  ///< a merged request was not served and is replayed

  std::uint32_t restarted = 0;  ///< bit s: an invalidation restarted the walk in slot s at the root
  std::uint32_t closed = 0;     ///< bit s: the walk in slot s ended

  explicit WalkerCycle(Cycles at = {}) : cycle(at) {}
  bool nothing() const {
    return took == Took::Nothing && !looked_up && !presented && answered == nullptr && !sent_back && restarted == 0 &&
           closed == 0;
  }
};

/// Observes all inputs and actions of a walker, without changing them.
class WalkerTap {
 public:
  virtual ~WalkerTap() = default;
  virtual void request_arrives(unsigned port, const TranslationRequest& request, Cycles visible) = 0;
  virtual void memory_answers(const MemoryAccess& access, Cycles visible) = 0;
  virtual void invalidated(const Invalidation& invalidation, Cycles cycle) = 0;
  /// Called before the access is sent.
  virtual void memory_is_asked(const MemoryAccess& access) = 0;
  /// The record of the walker's actions in that cycle. Cycles never go back.
  virtual WalkerCycle& doing(Cycles cycle) = 0;
};

}  // namespace tablewalk
