#include "cli/fault_options.h"

#include <fmt/format.h>

#include "base/error.h"

namespace tablewalk {

FaultPolicy FaultArguments::policy() const {
  if (!faults.empty() && faults != "stop" && faults != "count") {
    throw InputError(
        fmt::format("--faults {}: expected stop or count{}", faults, did_you_mean(faults, {"stop", "count"})));
  }
  if (faults == "stop" && skip_faults) {
    throw InputError("--faults stop and --skip-faults: expected one of them: --skip-faults is --faults count");
  }
  return faults == "count" || skip_faults ? FaultPolicy::Count : FaultPolicy::Stop;
}

void add_fault_options(CLI::App& command, FaultArguments& arguments) {
  command.add_option("--faults", arguments.faults,
                     "At an access that faults for good: stop with a report, or count: skip and count it; stop if left "
                     "out");
  command.add_flag("--skip-faults", arguments.skip_faults, "The same as --faults count");
}

}  // namespace tablewalk
