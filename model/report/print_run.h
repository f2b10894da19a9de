#pragma once

#include <ostream>

#include "report/print_options.h"
#include "stats/result.h"

namespace tablewalk {

/// One result: sections of figures as text, `result.json`, or CSV lines of name, value, unit.
void print_run(const RunResult& result, const PrintOptions& options, std::ostream& out);

}  // namespace tablewalk
