#pragma once

#include <atomic>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace tablewalk {

/// Options of a pool of processes.
struct PoolOptions {
  unsigned jobs = 1;                             ///< parallel processes, at least 1
  const std::atomic<bool>* stop = nullptr;       ///< once true, no further job is started
  std::function<void(std::size_t)> on_finished;  ///< called with the number of finished jobs; may be empty
  /// Called with the number of a finished job and its text; may be empty.
  std::function<void(std::size_t, const std::string&)> on_text;
  /// Called with the number of a failed job and its exception; true: the others go on, and the exception is not
  /// rethrown. Empty: no further job is started after a failure.
  std::function<bool(std::size_t, const std::exception_ptr&)> on_error;
};

/// Calls `work(0)` ... `work(count - 1)`, each in its own process (SystemC elaborates once per process), and returns
/// their texts in the order of the numbers. Jobs not started because of `stop` give an empty text. An InputError or a
/// LawViolation thrown in a process is rethrown here; of several, that of the lowest number. A process that dies gives
/// a LawViolation with `name(number)` and the signal.
std::vector<std::string> run_in_processes(std::size_t count, const std::function<std::string(std::size_t)>& work,
                                          const std::function<std::string(std::size_t)>& name,
                                          const PoolOptions& options);

/// One job in its own process, in parallel with this process.
class SideProcess {
 public:
  /// Starts it. Throws InputError if no process can be created.
  SideProcess(std::string name, const std::function<std::string()>& work);
  /// Ends the process if its result was not fetched.
  ~SideProcess();
  SideProcess(const SideProcess&) = delete;
  SideProcess& operator=(const SideProcess&) = delete;

  /// Waits for the job's result. Throws what run_in_processes throws. Call once.
  std::string result();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tablewalk
