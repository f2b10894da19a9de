#pragma once

namespace CLI {  // NOLINT(readability-identifier-naming): the library's name
class App;
}

namespace tablewalk {

/// Each adds one command to the program. A command runs inside CLI::App::parse and throws InputError or LawViolation.
void add_run_command(CLI::App& app);
void add_compare_command(CLI::App& app);
void add_follow_command(CLI::App& app);
void add_explain_command(CLI::App& app);
void add_report_command(CLI::App& app);
void add_cosim_command(CLI::App& app);
void add_walk_command(CLI::App& app);
void add_walker_law_command(CLI::App& app);
void add_dram_command(CLI::App& app);
void add_fragmentation_command(CLI::App& app);
void add_validate_command(CLI::App& app);
void add_reproduce_command(CLI::App& app);
void add_merge_command(CLI::App& app);
void add_sweep_command(CLI::App& app);
void add_tune_command(CLI::App& app);
void add_lecture_command(CLI::App& app);
void add_config_commands(CLI::App& app);

/// Keeps SystemC's own messages (simulation stopped, deprecated feature) off standard output.
void silence_systemc();

}  // namespace tablewalk
