#include "protocol/translation_request.h"

namespace tablewalk {

bool share_answer(const PagingMode& mode, const Answer& answer, TranslationRequest& waiting) {
  if (answer.faulted) {
    if (answer.fault.reason == FaultReason::Permission) return false;
    waiting.answer = answer;
    waiting.answer.fault.error_code = mode.error_code(answer.fault.reason, waiting.access);
    return true;
  }
  const Translation& translation = answer.translation;
  if (!mode.allows(translation.rights, waiting.access)) return false;
  if (waiting.access.kind == AccessKind::Store && !translation.dirty) return false;
  waiting.answer_with(translation);
  return true;
}

}  // namespace tablewalk
