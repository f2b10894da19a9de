#include "sweep/slurm_commands.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/error.h"
#include "trace/child_process.h"

namespace tablewalk {
namespace {

struct Output {
  int status = 0;
  std::string text;  ///< both streams
};

Output run_command(const std::string& command) {
  Child child("/bin/sh", {"sh", "-c", command + " 2>&1"}, Child::Pipe::StandardOutput);
  const int pipe = child.take_pipe();
  Output output;
  char buffer[4096];
  while (true) {
    const ssize_t size = ::read(pipe, buffer, sizeof buffer);
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) break;
    output.text.append(buffer, static_cast<std::size_t>(size));
  }
  ::close(pipe);
  output.status = child.wait();
  return output;
}

std::string on_one_line(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

}  // namespace

std::string shell_word(const std::string& word) {
  std::string quoted = "'";
  for (const char c : word) quoted += c == '\'' ? "'\\''" : std::string(1, c);
  return quoted + "'";
}

SlurmCommands::SlurmCommands() {
  for (const char* name : {"sbatch", "squeue", "scancel"}) {
    if (!find_program(name).empty()) continue;
    throw InputError(
        fmt::format("--engine slurm: {} not found in PATH: expected an installed Slurm, or --engine local", name));
  }
}

std::string SlurmCommands::submit(const SlurmArray& array) const {
  // Slurm would start what a dead node leaves only after minutes, and whole chunks again.
  std::string command = fmt::format(
      "sbatch --parsable --no-requeue --job-name=tablewalk-sweep --ntasks=1 --cpus-per-task={} "
      "--array=0-{} --output={}",
      array.processors, array.tasks - 1, shell_word(array.output));
  for (const std::string& option : array.options) command += " " + shell_word(option);
  command += " --wrap=" + shell_word(array.command);
  const Output output = run_command(command);
  const std::string text = on_one_line(output.text);
  const std::string job = text.substr(0, text.find(';'));  // `12;cluster`
  const bool is_number =
      !job.empty() && std::all_of(job.begin(), job.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (output.status == 0 && is_number) return job;
  throw InputError(fmt::format("--engine slurm: sbatch refuses the job: {}", text));
}

std::optional<std::size_t> SlurmCommands::unfinished(const std::string& job) const {
  const Output output = run_command(fmt::format("squeue --noheader --array --format=%i --jobs={}", job));
  if (output.text.find("Invalid job id") != std::string::npos) return 0;  // ended, and forgotten
  if (output.status != 0) return std::nullopt;
  return static_cast<std::size_t>(std::count(output.text.begin(), output.text.end(), '\n'));
}

void SlurmCommands::cancel(const std::string& job) const {
  run_command("scancel " + job);
}

}  // namespace tablewalk
