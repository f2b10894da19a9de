#pragma once

#include <string>

#include "stats/sample.h"
#include "stats/shards.h"

namespace tablewalk {

/// Says that figures are estimates, and from how much of the trace.
std::string sample_text(const SampleSummary& sample);
/// Says that figures are those of a part of the trace, or sums over parts.
std::string shards_text(const ShardSummary& shards);
/// ` ± 12`: half the width of the figure's interval, in its unit; empty if it is no estimate.
std::string half_width_text(const StatSet::Figure& figure, const SampleSummary& sample);

/// The ends of the figure's interval as two fields of CSV, empty without an interval.
std::string interval_fields(const StatSet::Figure& figure, const SampleSummary& sample);

}  // namespace tablewalk
