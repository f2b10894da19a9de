#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <optional>
#include <string>

#include "observe/timeline.h"

namespace tablewalk {

/// `--timeline FILE` and what bounds it.
struct TimelineArguments {
  std::string path;
  std::optional<std::uint64_t> from;
  std::optional<std::uint64_t> cycles;
  std::string size;

  /// Throws InputError.
  TimelineOptions options() const;
};

void add_timeline_options(CLI::App& command, TimelineArguments& arguments);

}  // namespace tablewalk
