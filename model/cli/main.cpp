#include <malloc.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <iostream>
#include <new>

#include "base/error.h"
#include "base/interrupt.h"
#include "base/text.h"
#include "base/version.h"
#include "cli/commands.h"
#include "cli/complete_command.h"
#include "cli/help_format.h"
#include "cli/man_page.h"
#include "cli/tables_command.h"
#include "cli/trace_command.h"
#include "cli/usage.h"
#include "sweep/program_identity.h"

namespace tablewalk {
namespace {

constexpr int done = 0;
constexpr int violated_law = 1;
constexpr int bad_input = 2;

/// Keeps both ends of a message that quotes a megabyte of input.
std::string shortened(const std::string& message) {
  constexpr std::size_t longest = 8192;
  if (message.size() <= longest) return message;
  return message.substr(0, longest / 2) + " ... " + message.substr(message.size() - longest / 2);
}

int fail(int code, const std::string& message) {
  std::cout.flush();
  // Input errors are reported in one line, whatever bytes they contain; a co-simulation's finding has several lines.
  const std::string text = code == bad_input ? printable(shortened(message)) : printable(message, true);
  std::fprintf(stderr, "tablewalk: %s\n", text.c_str());
  return code;
}

/// Exit code of a command that succeeded; fails if its output could not be written.
int finish() {
  errno = 0;
  std::cout.flush();
  const bool flushed = std::fflush(stdout) == 0;
  if (flushed && std::cout && std::ferror(stdout) == 0) return done;
  return fail(bad_input, std::string("standard output: cannot be written") +
                             (errno == 0 ? "" : std::string(": ") + std::strerror(errno)));
}

/// `tablewalk 0.1.0 (commit 1234567, GNU C++ 12.2.0)`.
std::string program_description() {
  std::string text = std::string("tablewalk ") + program_version() + " (";
  if (commit_of_sources != std::string("unknown")) text += std::string("commit ") + commit_of_sources + ", ";
#ifdef __clang__
  return text + "Clang " __clang_version__ ")";
#else
  return text + "GNU C++ " __VERSION__ ")";
#endif
}

void describe(CLI::App& app) {
  app.formatter(std::make_shared<HelpFormat>());  // before the commands, which inherit it
  app.require_subcommand(1);
  app.set_version_flag("--version", program_description());
  app.footer(
      "Examples:\n"
      "  tablewalk run traces/sort.twt --explain\n"
      "  tablewalk compare traces/sort.twt --vary paging.mode=flat48,x86-64,x86-64-la57\n"
      "  tablewalk explain traces/python3.twt -c skylake\n"
      "  tablewalk run traces/sort.twt -c skylake --html page.html\n"
      "  tablewalk walk --map 0x400000:2M 0x401234\n"
      "  tablewalk tables traces/sort.twt\n"
      "  tablewalk config show skylake\n"
      "  tablewalk lecture\n"
      "Each command has its own --help.");
  add_run_command(app);
  add_compare_command(app);
  add_merge_command(app);
  add_sweep_command(app);
  add_tune_command(app);
  add_explain_command(app);
  add_report_command(app);
  add_follow_command(app);
  add_cosim_command(app);
  add_walker_law_command(app);
  add_dram_command(app);
  add_validate_command(app);
  add_reproduce_command(app);
  add_walk_command(app);
  add_tables_commands(app);
  add_fragmentation_command(app);
  add_trace_commands(app);
  add_config_commands(app);
  add_lecture_command(app);
  add_man_command(app);
  add_complete_command(app);
}

int run_program(int argc, char** argv) {
  CLI::App app("What address translation costs a program, and what another TLB or page table would cost it.",
               "tablewalk");
  describe(app);
  silence_systemc();
  try {
    app.parse(usual_arguments(app, {argv + 1, argv + argc}));
  } catch (const CLI::Success& asked) {  // --help, --version
    app.exit(asked);
    return finish();
  } catch (const CLI::ParseError& error) {
    return fail(bad_input, usage_problem(app, error));
  } catch (const InputError& error) {
    return fail(bad_input, error.what());
  }
  return finish();
}

}  // namespace
}  // namespace tablewalk

int main(int argc, char** argv) {
  // Blocks of this size return to the system when freed. By default glibc raises its limit with each freed block, which
  // costs a machine of 16 cores 3 MiB.
  mallopt(M_MMAP_THRESHOLD, 128 << 10);
  tablewalk::handle_interrupts();
  try {
    return tablewalk::run_program(argc, argv);
  } catch (const std::bad_alloc&) {
    return tablewalk::fail(tablewalk::bad_input, tablewalk::out_of_memory);
  } catch (const std::exception& error) {  // LawViolation, Difference, and anything unforeseen
    return tablewalk::fail(tablewalk::violated_law, error.what());
  }
}
