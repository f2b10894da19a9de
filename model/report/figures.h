#pragma once

#include <string>
#include <vector>

#include "stats/stat_set.h"

namespace tablewalk {

/// A figure's explanation in a plain sentence; empty if there is none. For a single core's figure it names the core.
std::string explanation_of(const StatSet::Figure& figure);

/// Value for people: thousands separators, shares as percentages.
std::string figure_text(const StatSet::Figure& figure);
/// The same in at most 8 columns.
std::string short_figure_text(const StatSet::Figure& figure);
/// Value for programs: no separators, every digit.
std::string exact_figure_text(const StatSet::Figure& figure);

/// `translation_stall_cycles` as `translation stall cycles`.
std::string readable_name(std::string name);

/// A CSV field, quoted if necessary.
std::string csv_field(const std::string& text);

}  // namespace tablewalk
