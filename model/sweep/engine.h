#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "sweep/sweep_store.h"
#include "sweep/sweep_task.h"

namespace tablewalk {

/// Tasks to do, in this order if possible.
using TaskList = std::vector<const SweepTask*>;

/// How an engine's work ended. The results and the messages of failed tasks are in the store.
struct EngineOutcome {
  bool interrupted = false;   ///< by Ctrl-C
  bool stopped = false;       ///< at the first failure, as requested
  std::string store_problem;  ///< why results cannot be stored; then no further task was started
};

/// What an engine reports and is asked for.
struct EngineWatch {
  std::function<void(std::size_t)> on_start;                   ///< number of tasks; may be empty
  std::function<void(std::size_t)> on_progress;                ///< number of tasks that ended; may be empty
  std::function<void(const std::string& message)> on_message;  ///< a line for the user; may be empty
  bool keep_going = true;                                      ///< after a failed task

  void start(std::size_t tasks) const {
    if (on_start) on_start(tasks);
    progress(0);
  }
  void progress(std::size_t ended) const {
    if (on_progress) on_progress(ended);
  }
  void message(const std::string& text) const {
    if (on_message) on_message(text);
  }
};

/// Runs the tasks of a sweep, each in its own process, and puts their results into the store.
class Engine {
 public:
  Engine() = default;
  virtual ~Engine() = default;
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  /// Throws InputError if no task can be started at all.
  virtual EngineOutcome run(const TaskList& tasks, const SweepStore& store, const EngineWatch& watch) = 0;
};

}  // namespace tablewalk
