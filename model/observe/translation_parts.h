#pragma once

#include <cstdint>
#include <vector>

#include "protocol/observers.h"

namespace tablewalk {

/// Consecutive cycles of a translation whose page fault the kernel handles.
struct TranslationPart {
  enum class Kind : std::uint8_t {
    FindsFault,  ///< until the core knows of the fault
    AwaitsTurn,  ///< until the access is the oldest, and alone
    Kernel,      ///< in the kernel, for `task`
    OtherRuns,   ///< the core runs another process, while the kernel waits
  };
  Kind kind = Kind::Kernel;
  KernelTask task = KernelTask::Handle;
  std::uint64_t cycles = 0;

  /// What the core does then.
  const char* words() const;
};

/// The parts of a translation from its request on, in order. Two kernel tasks that alternate are one part each.
class TranslationParts {
 public:
  explicit TranslationParts(Cycles since) : end_(since) {}

  /// The kernel worked on the request's fault.
  void add(const TranslationRequest& request, const KernelSpan& span);
  bool empty() const { return parts_.empty(); }
  std::vector<TranslationPart> take() { return std::move(parts_); }

 private:
  void add(TranslationPart::Kind kind, Cycles until, KernelTask task = KernelTask::Handle);

  Cycles end_;  ///< they are of the cycles up to here
  std::vector<TranslationPart> parts_;
};

}  // namespace tablewalk
