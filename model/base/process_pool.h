#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace tablewalk {

/// How a pool of processes works.
struct PoolOptions {
  unsigned jobs = 1;                             ///< processes at a time, at least 1
  const std::atomic<bool>* stop = nullptr;       ///< once true, no further job is started
  std::function<void(std::size_t)> on_finished;  ///< called with the number of finished jobs; may be empty
};

/// Calls `work(0)` ... `work(count - 1)`, each in a process of its own (SystemC elaborates once per process), and gives
/// the texts they return, in the order of the numbers, whatever the order in which they finish. A job that `stop` kept
/// from starting gives an empty text.
/// An InputError or a LawViolation thrown in a process is thrown here; of several, that of the lowest number.
/// A process that dies gives a LawViolation that names `name(number)` and the signal.
std::vector<std::string> run_in_processes(std::size_t count, const std::function<std::string(std::size_t)>& work,
                                          const std::function<std::string(std::size_t)>& name,
                                          const PoolOptions& options);

/// One job in a process of its own, beside what this process does meanwhile.
class SideProcess {
 public:
  /// Starts it. Throws InputError if no process can be had.
  SideProcess(std::string name, const std::function<std::string()>& work);
  /// Ends the process if its result was not fetched.
  ~SideProcess();
  SideProcess(const SideProcess&) = delete;
  SideProcess& operator=(const SideProcess&) = delete;

  /// Waits for what the job returns. Throws what run_in_processes throws. Once.
  std::string result();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tablewalk
