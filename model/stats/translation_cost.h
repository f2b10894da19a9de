#pragma once

#include "stats/result.h"

namespace tablewalk {

/// What address translation costs: the cycles of a machine minus those of the same machine with free translation on the
/// same records. Puts `translation.cost_cycles`, `translation.cost_share` and `translation.free_cycles` before all
/// other figures of `result`. If either run was ended early, or they simulated different numbers of records, there is
/// no such difference, and the result says why.
void add_translation_cost(RunResult& result, const RunResult& with_free_translation);

/// The same for a trace that does not say from which loads addresses come: `result` is of the machine in which no load
/// waits for another, the other two are of `core.dependences: chained`, without and with free translation. Adds
/// `translation.chained_cost_cycles`, `translation.chained_cost_share` and `core.chained_cycles`.
void add_chained_cost(RunResult& result, const RunResult& chained, const RunResult& chained_free);

/// The result has no cost, for that reason.
void leave_cost_out(RunResult& result, const std::string& reason);

}  // namespace tablewalk
