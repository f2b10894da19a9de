#include "observe/translation_parts.h"

#include <algorithm>
#include <cstddef>

namespace tablewalk {

const char* TranslationPart::words() const {
  switch (kind) {
    case Kind::FindsFault:
      return "finds the fault";
    case Kind::AwaitsTurn:
      return "waits until it is the oldest access";
    case Kind::OtherRuns:
      return "waits while the core runs another process";
    default:
      return kind_of(task).words;
  }
}

/// Up to the first span, the request's own account ends where the core got the fault.
void TranslationParts::add(const TranslationRequest& request, const KernelSpan& span) {
  using Kind = TranslationPart::Kind;
  if (parts_.empty()) {
    add(Kind::FindsFault, request.accounted);
    add(Kind::AwaitsTurn, span.from);
  } else {
    add(Kind::OtherRuns, span.from);
  }
  add(Kind::Kernel, span.to, span.task);
}

/// The cycles up to `until` are a further part, or more of one of the last two: a promotion copies hundreds of pages.
void TranslationParts::add(TranslationPart::Kind kind, Cycles until, KernelTask task) {
  if (until <= end_) return;
  const std::uint64_t cycles = (until - end_).count();
  end_ = until;
  const auto last_two = parts_.rbegin() + std::min<std::ptrdiff_t>(2, parts_.rend() - parts_.rbegin());
  const auto same = std::find_if(parts_.rbegin(), last_two,
                                 [&](const TranslationPart& part) { return part.kind == kind && part.task == task; });
  if (same == last_two) {
    parts_.push_back({kind, task, cycles});
  } else {
    same->cycles += cycles;
  }
}

}  // namespace tablewalk
