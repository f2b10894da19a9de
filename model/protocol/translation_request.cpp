#include "protocol/translation_request.h"

#include <string>

#include "base/error.h"

namespace tablewalk {
namespace {

/// Whether another kind of access to the page might not fault.
bool depends_on_access(FaultReason reason) {
  switch (reason) {
    case FaultReason::Permission:
    case FaultReason::ProtectionKey:
    case FaultReason::NotAccessed:
    case FaultReason::NotDirty:
    case FaultReason::OutOfMemory:
    case FaultReason::PageFault:
      return true;
    default:
      return false;
  }
}

}  // namespace

void TranslationRequest::refuse_deeper_route() {
  throw LawViolation("a translation request passes through more than " + std::to_string(most_translators) +
                     " translators");
}

bool share_answer(const PagingMode& mode, const Answer& answer, TranslationRequest& waiting) {
  if (answer.faulted) {
    if (depends_on_access(answer.fault.reason)) return false;
    waiting.answer = answer;
    waiting.answer.fault.error_code = mode.error_code(answer.fault.reason, answer.fault.level, waiting.access);
    return true;
  }
  const Translation& translation = answer.translation;
  if (!mode.allows(translation.rights, waiting.access)) return false;
  if (waiting.access.kind == AccessKind::Store && !translation.dirty) return false;
  waiting.answer_with(translation);
  return true;
}

}  // namespace tablewalk
