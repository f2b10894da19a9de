#include "cli/sample_option.h"

namespace tablewalk {

CLI::Option* add_sample_option(CLI::App& command, std::string& spec) {
  return command
      .add_option("--sample", spec,
                  "Estimate the figures from windows of the trace: measure=N,warm=N,windows=N or every=N,offset=N or "
                  "seed=N; without a value 100 windows of 1000 records")
      ->expected(0, 1)
      ->type_name("SPEC");
}

}  // namespace tablewalk
