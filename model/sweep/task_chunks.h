#pragma once

#include <map>
#include <string>
#include <vector>

#include "sweep/engine.h"

namespace tablewalk {

/// Measured seconds of tasks, by what they have in common: their traces.
class TaskCosts {
 public:
  void add(const SweepTask& task, double seconds);
  bool knows(const SweepTask& task) const { return costs_.count(key_of(task)) != 0; }
  /// The mean of its kind.
  double expected(const SweepTask& task) const;

 private:
  struct Sum {
    double seconds = 0;
    unsigned count = 0;
  };
  static std::string key_of(const SweepTask& task);
  std::map<std::string, Sum> costs_;
};

/// Divides tasks into chunks of about `seconds` each, at most `most_chunks`. If no task of a kind has been measured,
/// one of that kind is a chunk of its own and the others of that kind are left for later.
std::vector<TaskList> make_chunks(const TaskList& tasks, const TaskCosts& costs, double seconds,
                                  std::size_t most_chunks);

}  // namespace tablewalk
