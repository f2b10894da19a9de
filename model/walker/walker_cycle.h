#pragma once

#include "links/memory_access.h"
#include "protocol/invalidation.h"
#include "protocol/translation_request.h"

namespace tablewalk {

/// What tells apart the requests that are in a walker.
using RequestId = std::uint32_t;

/// From when on the id of a request can be another's whose answer was given in that cycle: it stands in the next one.
inline Cycles id_is_free(Cycles answered) {
  return answered + Cycles(2);
}

/// What a walker did in one cycle: at most one of each thing.
struct WalkerCycle {
  enum class Took : std::uint8_t { Nothing, BeganWalk, Joined };

  Cycles cycle;

  Took took = Took::Nothing;
  bool again = false;                         ///< what it took had joined a walk that did not serve it
  const TranslationRequest* taken = nullptr;  ///< null if again

  bool looked_up = false;
  std::uint8_t hits = 0;  ///< bit l: the walk cache of level l has the pointer

  bool presented = false;  ///< stands at the memory in the next cycle
  bool update = false;     ///< a compare-and-swap
  PhysicalAddress address;
  std::uint64_t expected = 0;  ///< update
  std::uint64_t desired = 0;   ///< update

  const TranslationRequest* answered = nullptr;  ///< its answer stands above in the next cycle
  Answer answer;
  bool sent_back = false;  ///< the answer did not serve one that had joined

  std::uint32_t restarted = 0;  ///< bit s: an invalidation sent the walk in slot s back to the root
  std::uint32_t closed = 0;     ///< bit s: the walk in slot s ended

  explicit WalkerCycle(Cycles at = {}) : cycle(at) {}
  bool nothing() const {
    return took == Took::Nothing && !looked_up && !presented && answered == nullptr && !sent_back && restarted == 0 &&
           closed == 0;
  }
};

/// Told of everything that comes to a walker and of everything that it does. It changes nothing.
class WalkerTap {
 public:
  virtual ~WalkerTap() = default;
  virtual void request_arrives(unsigned port, const TranslationRequest& request, Cycles visible) = 0;
  virtual void memory_answers(const MemoryAccess& access, Cycles visible) = 0;
  virtual void invalidated(const Invalidation& invalidation, Cycles cycle) = 0;
  /// Called before the access is sent.
  virtual void memory_is_asked(const MemoryAccess& access) = 0;
  /// Where the walker notes what it does in that cycle. Cycles never go back.
  virtual WalkerCycle& doing(Cycles cycle) = 0;
};

}  // namespace tablewalk
