#pragma once

#include "stats/result.h"

namespace tablewalk {

/// The cost of address translation: the cycles of a machine minus those of the same machine with free translation on
/// the same records. Inserts `translation.cost_cycles`, `translation.cost_share` and `translation.free_cycles` before
/// all other figures of `result`. If either run was stopped early, or the record counts differ, the cost is left out
/// and the result says why.
void add_translation_cost(RunResult& result, const RunResult& with_free_translation);

/// The same for a trace that does not record which loads addresses depend on: in `result` no load waits for another;
/// the other two ran with `core.dependences: chained`, without and with free translation. Adds
/// `translation.chained_cost_cycles`, `translation.chained_cost_share` and `core.chained_cycles`.
void add_chained_cost(RunResult& result, const RunResult& chained, const RunResult& chained_free);

/// Records in the result that the cost was not measured, and why.
void leave_cost_out(RunResult& result, const std::string& reason);

}  // namespace tablewalk
