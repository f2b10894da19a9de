#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <iostream>
#include <memory>

#include "base/error.h"
#include "base/interrupt.h"
#include "base/text.h"
#include "cli/commands.h"
#include "lecture/lecture.h"

namespace tablewalk {
namespace {

struct LectureArguments {
  std::vector<std::string> names;
  bool all = false;
  bool only_commands = false;
};

void list_lectures(const std::vector<Lecture>& lectures) {
  std::size_t width = 0;
  for (const Lecture& lecture : lectures) width = std::max(width, lecture.name.size());
  for (const Lecture& lecture : lectures) {
    std::cout << fmt::format("{:2}  {}  {}\n", lecture.number, pad_right(lecture.name, width), lecture.title);
  }
}

/// Runs the command in a process of its own, with this process's output; returns its exit code.
int run_command(const std::string& command) {
  std::vector<std::string> words = command_words(command);
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  std::cout.flush();  // before what the command prints
  pid_t process = 0;
  const int reason = ::posix_spawn(&process, "/proc/self/exe", nullptr, nullptr, arguments.data(), environ);
  if (reason != 0) throw InputError(fmt::format("`{}`: cannot be run: {}", command, std::strerror(reason)));
  int status = 0;
  while (::waitpid(process, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void run_lecture(const Lecture& lecture) {
  std::cout << fmt::format("{}. {}\n", lecture.number, lecture.title);
  for (const LecturePart& part : lecture.parts) {
    if (interrupt_flag()) return;
    if (!part.is_command) {
      std::cout << '\n' << part.text;
      continue;
    }
    std::cout << "\n$ " << part.text << '\n';
    if (run_command(part.text) == 0 || interrupt_flag()) continue;
    throw LawViolation(fmt::format("lecture {}: `{}` failed", lecture.name, part.text));
  }
}

void print_commands(const Lecture& lecture) {
  std::cout << fmt::format("# {}. {}\n", lecture.number, lecture.title);
  for (const LecturePart& part : lecture.parts) {
    if (part.is_command) std::cout << part.text << '\n';
  }
}

void run(const LectureArguments& arguments) {
  const std::vector<Lecture> lectures = all_lectures();
  std::vector<Lecture> wanted;
  for (const std::string& name : arguments.names) wanted.push_back(find_lecture(lectures, name));
  if (arguments.all) {
    if (!wanted.empty()) throw InputError("lecture: both --all and names given: expected one of them");
    wanted = lectures;
  }
  if (wanted.empty()) {
    if (arguments.only_commands) throw InputError("--only-commands: expected the lectures too, or --all");
    return list_lectures(lectures);
  }
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (i != 0) std::cout << (arguments.only_commands ? "\n" : "\n\n");
    if (arguments.only_commands) {
      print_commands(wanted[i]);
    } else {
      run_lecture(wanted[i]);
    }
  }
}

}  // namespace

void add_lecture_command(CLI::App& app) {
  CLI::App* command = app.add_subcommand("lecture", "A course on virtual memory: list its pages, show and run them");
  const auto arguments = std::make_shared<LectureArguments>();
  command->add_option("LECTURE", arguments->names, "Numbers or names of the list; without any, the list");
  command->add_flag("--all", arguments->all, "All of them, in order");
  command->add_flag("--only-commands", arguments->only_commands, "Print the commands, to type them; run nothing");
  command->footer(
      "Examples:\n"
      "  tablewalk lecture\n"
      "  tablewalk lecture four-levels\n"
      "  tablewalk lecture 7 8\n"
      "  tablewalk lecture --all --only-commands\n"
      "No file is needed: the traces of the lectures are on their command lines.");
  command->callback([arguments] { run(*arguments); });
}

}  // namespace tablewalk
