#pragma once

#include "protocol/kernel_work.h"

namespace tablewalk {

/// A core's progress through the kernel's work.
struct KernelRun {
  bool running = false;
  bool owes_exit = false;  ///< an isolated kernel was entered from user mode
  KernelWork work;
  Cycles began;
  Cycles accounted;                      ///< the core's cycles up to here are accounted for
  Cycles busy_until;                     ///< the current step's end, if that is known
  KernelTask task = KernelTask::Handle;  ///< for which cycles count until the next step begins
  std::uint64_t bytes_done = 0;          ///< of the current memory step
  bool copied_from = false;              ///< of a Copy: the line was read and is to be written
  std::uint32_t outstanding = 0;         ///< memory accesses without response
  std::uint32_t pages_done = 0;          ///< of the current invalidation

  void begin(Cycles cycle) {
    running = true;
    began = accounted = busy_until = cycle;
    task = KernelTask::Handle;
  }
  void finish_step() {
    work.finish_step();
    bytes_done = 0;
    pages_done = 0;
    copied_from = false;
  }
};

}  // namespace tablewalk
