#include "cli/dependence_interval.h"

#include "report/result_json.h"
#include "stats/translation_cost.h"
#include "system/waterfall.h"

namespace tablewalk {
namespace {

const char* const name_of_machine = "the machine with core.dependences: chained";
const char* const name_of_free = "the machine with core.dependences: chained and free translation";

}  // namespace

OtherEnd::OtherEnd(const MachineConfig& config, const RunOptions& options)
    : machine_(name_of_machine, [=] { return result_to_json(run_machine(with_chained_loads(config), options)); }),
      free_(name_of_free,
            [=] { return result_to_json(run_machine(with_free_translation(with_chained_loads(config)), options)); }) {}

void OtherEnd::add_to(RunResult& result) {
  const RunResult machine = result_from_json(machine_.result(), name_of_machine);
  add_chained_cost(result, machine, result_from_json(free_.result(), name_of_free));
}

}  // namespace tablewalk
