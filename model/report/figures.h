#pragma once

#include <string>
#include <vector>

#include "stats/stat_set.h"

namespace tablewalk {

/// What a figure tells, in a plain sentence for a newcomer; empty when there is none. A single core's says whose it is.
std::string explanation_of(const StatSet::Figure& figure);

/// Value for people: thousands separators, shares as percentages.
std::string figure_text(const StatSet::Figure& figure);
/// The same in at most 8 columns.
std::string short_figure_text(const StatSet::Figure& figure);
/// Value for programs: no separators, every digit.
std::string exact_figure_text(const StatSet::Figure& figure);

/// `translation_stall_cycles` as `translation stall cycles`.
std::string readable_name(std::string name);

/// One field of CSV, quoted if it must be.
std::string csv_field(const std::string& text);

}  // namespace tablewalk
