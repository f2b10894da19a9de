#pragma once

#include <cstdint>
#include <vector>

#include "base/types.h"
#include "protocol/invalidation.h"
#include "protocol/kernel_task.h"

namespace tablewalk {

/// One step of the kernel's work on a core.
struct KernelStep {
  enum class Kind : std::uint8_t {
    Compute,     ///< takes `cycles`
    WaitUntil,   ///< waits until the cycle `cycles`
    Read,        ///< reads `bytes` at `address`, a cache line per cycle
    Write,       ///< writes them
    Copy,        ///< reads `bytes` at `from` and writes them to `address`
    Invalidate,  ///< in this core's TLBs and walk caches; with `everywhere`, then on the other cores: a shootdown
    Commit,      ///< calls Kernel::commit
  };
  Kind kind = Kind::Compute;
  KernelTask task = KernelTask::Handle;  ///< what it is for, which says where its cycles count
  bool everywhere = false;
  std::uint32_t pages = 1;      ///< Invalidate: pages from `invalidation.va` on, for scopes of one page
  std::uint32_t operation = 0;  ///< Commit: what the kernel does
  std::uint64_t stride = 0;     ///< Invalidate: bytes from one page to the next
  std::uint64_t bytes = 0;
  Cycles cycles;
  PhysicalAddress address;
  PhysicalAddress from;
  Invalidation invalidation;
};

/// The kernel's work on a core, in order; the core executes it (cpu/request_port_kernel.cpp). A commit may add steps at
/// the end. The list keeps its storage.
class KernelWork {
 public:
  /// What follows.
  enum class Then : std::uint8_t {
    Repeat,  ///< the access whose fault was handled is repeated; after an event, the next record
    Skip,    ///< the access is skipped
    Kill,    ///< the process ends: its remaining records are skipped
  };
  Then then = Then::Repeat;

  void clear() {
    steps_.clear();
    next_ = 0;
    then = Then::Repeat;
  }
  bool done() const { return next_ == steps_.size(); }
  /// The step being executed.
  KernelStep& current() { return steps_[next_]; }
  void finish_step() { ++next_; }
  const std::vector<KernelStep>& steps() const { return steps_; }

  void compute(Cycles cycles, KernelTask task = KernelTask::Handle) {
    if (cycles != Cycles(0)) add(KernelStep::Kind::Compute, task).cycles = cycles;
  }
  void wait_until(Cycles cycle, KernelTask task) { add(KernelStep::Kind::WaitUntil, task).cycles = cycle; }
  void read(PhysicalAddress address, std::uint64_t bytes, KernelTask task) {
    access(KernelStep::Kind::Read, task, address, bytes);
  }
  void write(PhysicalAddress address, std::uint64_t bytes, KernelTask task) {
    access(KernelStep::Kind::Write, task, address, bytes);
  }
  void copy(PhysicalAddress from, PhysicalAddress to, std::uint64_t bytes, KernelTask task) {
    access(KernelStep::Kind::Copy, task, to, bytes);
    if (bytes != 0) steps_.back().from = from;
  }
  void invalidate(const Invalidation& invalidation, bool everywhere, std::uint32_t pages = 1,
                  std::uint64_t stride = 0) {
    KernelStep& step = add(KernelStep::Kind::Invalidate, KernelTask::Invalidate);
    step.invalidation = invalidation;
    step.everywhere = everywhere;
    step.pages = pages;
    step.stride = stride;
  }
  void commit(std::uint32_t operation) { add(KernelStep::Kind::Commit, KernelTask::Handle).operation = operation; }

 private:
  KernelStep& add(KernelStep::Kind kind, KernelTask task) {
    if (done()) {  // so that waiting for another core takes no memory
      steps_.clear();
      next_ = 0;
    }
    steps_.emplace_back();
    steps_.back().kind = kind;
    steps_.back().task = task;
    return steps_.back();
  }
  void access(KernelStep::Kind kind, KernelTask task, PhysicalAddress address, std::uint64_t bytes) {
    if (bytes == 0) return;
    KernelStep& step = add(kind, task);
    step.address = address;
    step.bytes = bytes;
  }

  std::vector<KernelStep> steps_;
  std::size_t next_ = 0;
};

}  // namespace tablewalk
