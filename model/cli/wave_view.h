#pragma once

#include <string>

#include "walker/walker_config.h"

namespace tablewalk {

/// The file that shows a wave's signals in GTKWave: the wave's name, with the ending `.gtkw`.
std::string wave_view_path(const std::string& wave);

/// Writes it: signals in groups, codes with their names. The inside of a foreign walker is not known and left out. A
/// file that does not begin as ours do is somebody's own and stays, with a warning. Throws InputError.
void write_wave_view(const std::string& wave, const WalkerConfig& walker);

}  // namespace tablewalk
