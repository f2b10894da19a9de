#pragma once

#include <string>

#include "trace/trace_reader.h"
#include "trace/trace_statistics.h"

namespace tablewalk {

/// The output of `tablewalk trace info`; `top`: number of address ranges to list, those with the most pages first.
std::string trace_info_text(const TraceDescription& description, const TraceStatistics& statistics, std::size_t top);
std::string trace_info_json(const TraceDescription& description, const TraceStatistics& statistics, std::size_t top);
/// `name,value` lines.
std::string trace_info_csv(const TraceDescription& description, const TraceStatistics& statistics);

}  // namespace tablewalk
