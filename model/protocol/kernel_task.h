#pragma once

#include <array>
#include <cstdint>

namespace tablewalk {

/// Where a core's cycles in its kernel went.
enum class KernelPart : std::uint8_t {
  Compute,    ///< instructions of the kernel
  Memory,     ///< memory accesses of the kernel: entries, zeroing and copying pages
  Device,     ///< waiting for the swap device
  Lock,       ///< waiting for another core that is working on the same page
  Shootdown,  ///< waiting for other cores to acknowledge an invalidation
  Roots,      ///< writes of the root register at entries and exits, if the program has a root of its own
};
constexpr unsigned kernel_parts = 6;

/// What a step of the kernel's work is for.
enum class KernelTask : std::uint8_t {
  Handle,        ///< the handler's instructions
  PrepareRead,   ///< the instructions of a major fault
  ChooseVictim,  ///< the instructions of an eviction
  ReadBits,      ///< reads of accessed bits, for the choice of a victim
  WriteEntries,
  ClearMemory,
  CopyPage,     ///< on write
  PrepareMove,  ///< the instructions for pages that move to other frames
  MovePages,
  AwaitRead,   ///< from the device
  AwaitWrite,  ///< to the device
  AwaitOther,  ///< another core works on the page
  Invalidate,  ///< on this core
  AwaitShootdown,
  WriteRoot,
};

struct KernelTaskKind {
  KernelTask task;
  KernelPart part;    ///< in which its cycles count
  const char* words;  ///< what the kernel does
};
constexpr std::array<KernelTaskKind, 15> kernel_task_kinds = {{
    {KernelTask::Handle, KernelPart::Compute, "runs its handler"},
    {KernelTask::PrepareRead, KernelPart::Compute, "prepares a read from the device"},
    {KernelTask::ChooseVictim, KernelPart::Compute, "evicts a page"},
    {KernelTask::ReadBits, KernelPart::Memory, "reads accessed bits"},
    {KernelTask::WriteEntries, KernelPart::Memory, "writes table entries"},
    {KernelTask::ClearMemory, KernelPart::Memory, "clears memory"},
    {KernelTask::CopyPage, KernelPart::Memory, "copies the page"},
    {KernelTask::PrepareMove, KernelPart::Compute, "prepares pages to move"},
    {KernelTask::MovePages, KernelPart::Memory, "moves pages to other frames"},
    {KernelTask::AwaitRead, KernelPart::Device, "waits for a read from the device"},
    {KernelTask::AwaitWrite, KernelPart::Device, "waits for a write to the device"},
    {KernelTask::AwaitOther, KernelPart::Lock, "waits for another core's work on the page"},
    {KernelTask::Invalidate, KernelPart::Compute, "invalidates its TLBs"},
    {KernelTask::AwaitShootdown, KernelPart::Shootdown, "waits for the other cores' TLBs"},
    {KernelTask::WriteRoot, KernelPart::Roots, "writes the root register"},
}};

constexpr const KernelTaskKind& kind_of(KernelTask task) {
  return kernel_task_kinds[static_cast<unsigned>(task)];
}
constexpr bool lists_each_kernel_task() {
  for (unsigned i = 0; i < kernel_task_kinds.size(); ++i) {
    if (kernel_task_kinds[i].task != static_cast<KernelTask>(i)) return false;
  }
  return true;
}
static_assert(lists_each_kernel_task());

}  // namespace tablewalk
