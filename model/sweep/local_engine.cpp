#include "sweep/local_engine.h"

#include <algorithm>
#include <chrono>
#include <ctime>
#include <exception>
#include <new>

#include "base/error.h"
#include "base/interrupt.h"
#include "base/process_pool.h"

namespace tablewalk {
namespace {

/// The first character of a task's report.
enum class Report : char { Done = 'd', Failed = 'f', NotStored = 'n', Interrupted = 'i' };

std::string report(Report kind, const std::string& text = "") {
  return static_cast<char>(kind) + text;
}

/// In the task's own process.
std::string perform(const SweepTask& task, const SweepStore& store) {
  const auto start = std::chrono::steady_clock::now();
  RunResult result;
  try {
    result = run_task(task);
  } catch (const std::bad_alloc&) {
    return report(Report::Failed, out_of_memory);
  } catch (const std::exception& error) {
    return report(Report::Failed, error.what());
  }
  if (result.partial) return report(Report::Interrupted);
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - start;
  const TaskTime time{wall.count(), static_cast<double>(std::clock()) / CLOCKS_PER_SEC};
  try {
    store.put(task, result, time);
  } catch (const InputError& error) {
    return report(Report::NotStored, error.what());
  }
  return report(Report::Done);
}

/// Collects the reports of the tasks' processes.
class Collector {
 public:
  Collector(const TaskList& tasks, const SweepStore& store, const EngineWatch& watch)
      : tasks_(tasks), store_(store), watch_(watch) {}

  void take(std::size_t number, const std::string& text) {
    const std::string message = text.substr(1);
    switch (static_cast<Report>(text.front())) {
      case Report::Done:
        store_.clear_failure(tasks_[number]->id);
        break;
      case Report::Failed:
        fail(number, message);
        break;
      case Report::NotStored:
        problem_ = message;
        break;
      case Report::Interrupted:
        return;
    }
    watch_.progress(++ended_);
  }

  /// The process died, or could not be started.
  bool take_error(std::size_t number, const std::exception_ptr& error) {
    try {
      std::rethrow_exception(error);
    } catch (const LawViolation& death) {
      if (!interrupt_flag()) fail(number, death.what());
    } catch (const std::exception& other) {
      problem_ = other.what();
    }
    watch_.progress(++ended_);
    return true;
  }

  /// To be stopped from outside of the pool.
  bool must_stop() const { return !problem_.empty() || (any_failed_ && !watch_.keep_going); }

  EngineOutcome outcome() const {
    EngineOutcome outcome;
    outcome.interrupted = interrupt_flag();
    outcome.stopped = any_failed_ && !watch_.keep_going;
    outcome.store_problem = problem_;
    return outcome;
  }

 private:
  void fail(std::size_t number, const std::string& message) {
    any_failed_ = true;
    try {
      store_.put_failure(*tasks_[number], message);
    } catch (const InputError& error) {
      problem_ = error.what();
    }
  }

  const TaskList& tasks_;
  const SweepStore& store_;
  const EngineWatch& watch_;
  std::size_t ended_ = 0;
  bool any_failed_ = false;
  std::string problem_;
};

}  // namespace

EngineOutcome LocalEngine::run(const TaskList& tasks, const SweepStore& store, const EngineWatch& watch) {
  this_program();  // once here, not in each process
  Collector collector(tasks, store, watch);
  std::atomic<bool> stop{false};
  const std::atomic<bool>& interrupted = interrupt_flag();
  const auto update_stop = [&] { stop = collector.must_stop() || interrupted; };
  PoolOptions pool;
  pool.jobs = std::max(1U, jobs_);
  pool.stop = &stop;
  pool.on_text = [&](std::size_t number, const std::string& text) {
    collector.take(number, text);
    update_stop();
  };
  pool.on_error = [&](std::size_t number, const std::exception_ptr& error) {
    const bool go_on = collector.take_error(number, error);
    update_stop();
    return go_on;
  };
  run_in_processes(
      tasks.size(), [&](std::size_t number) { return perform(*tasks[number], store); },
      [&](std::size_t number) { return tasks[number]->name; }, pool);
  return collector.outcome();
}

}  // namespace tablewalk
