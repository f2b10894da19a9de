#pragma once

#include <string>

#include "trace/trace_reader.h"
#include "trace/trace_statistics.h"

namespace tablewalk {

/// What `tablewalk trace info` prints; `top` is how many address ranges, those with the most pages.
std::string trace_info_text(const TraceDescription& description, const TraceStatistics& statistics, std::size_t top);
std::string trace_info_json(const TraceDescription& description, const TraceStatistics& statistics, std::size_t top);
/// `name,value` lines.
std::string trace_info_csv(const TraceDescription& description, const TraceStatistics& statistics);

}  // namespace tablewalk
