#include "system/fast_forward.h"

#include <fmt/format.h>

#include "base/error.h"

namespace tablewalk {

bool FastForward::execute_until(std::uint64_t record, RecordSource& source, const AtStop& core) {
  if (!core.entered) return source.delivered() >= record;
  source.stop_at(record);
  warmer_.begin();
  while (source.delivered() < record) {
    const Record* first = source.peek();
    if (first == nullptr) {
      if (on_batch_()) source.stop();
      if (!source.read_batch()) return true;  // the end of the trace
      continue;
    }
    const auto ready = static_cast<std::size_t>(source.end() - first);
    const std::size_t executed = warmer_.execute(first, source.end(), {core.space, core.id}, core.only_user);
    source.skip(executed);
    if (executed != ready) return false;
  }
  return true;
}

void refuse_to_skip(const char* option) {
  throw InputError(
      fmt::format("{}: between=skip: the trace can only be read from front to back; expected an uncompressed "
                  ".twt file",
                  option));
}

}  // namespace tablewalk
