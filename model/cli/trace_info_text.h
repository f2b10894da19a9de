#pragma once

#include <string>

#include "cli/layout_summary.h"
#include "trace/trace_reader.h"
#include "trace/trace_statistics.h"

namespace tablewalk {

/// The output of `tablewalk trace info`; `top`: number of address ranges to list, those with the most pages first.
std::string trace_info_text(const TraceDescription& description, const TraceStatistics& statistics, std::size_t top,
                            const LayoutSummary& layout);
std::string trace_info_json(const TraceDescription& description, const TraceStatistics& statistics, std::size_t top,
                            const LayoutSummary& layout);
/// `name,value` lines.
std::string trace_info_csv(const TraceDescription& description, const TraceStatistics& statistics,
                           const LayoutSummary& layout);

}  // namespace tablewalk
