#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace tablewalk {

/// A job array to submit.
struct SlurmArray {
  std::size_t tasks = 0;
  std::string command;               ///< for the shell, in each task
  std::string output;                ///< pattern of their output files
  unsigned processors = 1;           ///< of each task
  std::vector<std::string> options;  ///< further options of sbatch
};

/// Slurm's commands sbatch, squeue and scancel.
class SlurmCommands {
 public:
  /// Throws InputError if Slurm is not installed.
  SlurmCommands();

  /// Returns the job's number. Throws InputError with what sbatch says.
  std::string submit(const SlurmArray& array) const;
  /// Number of the job's tasks that have not ended; nothing if Slurm does not answer.
  std::optional<std::size_t> unfinished(const std::string& job) const;
  void cancel(const std::string& job) const;
};

/// The word as one word of the shell.
std::string shell_word(const std::string& word);

}  // namespace tablewalk
