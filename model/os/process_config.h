#pragma once

#include <array>
#include <cstdint>
#include <utility>

#include "base/types.h"
#include "config/largest.h"
#include "config/schema.h"

namespace tablewalk {

/// How address spaces get the ids that tag TLB entries.
enum class AsidKind : std::uint8_t {
  Trace,       ///< the ids of the trace
  PerCore,     ///< a few slots on each core, taken in turn: the PCIDs of Linux on x86
  PerMachine,  ///< one id on all cores; when none is left, all begin anew: Linux on Arm and RISC-V
};

template <>
struct EnumNames<AsidKind> {
  static constexpr std::array names = {std::pair{"trace", AsidKind::Trace}, std::pair{"per_core", AsidKind::PerCore},
                                       std::pair{"per_machine", AsidKind::PerMachine}};
};

/// Who has the tables of the kernel half of the address space.
enum class KernelHalf : std::uint8_t { Private, Shared };

template <>
struct EnumNames<KernelHalf> {
  static constexpr std::array names = {std::pair{"private", KernelHalf::Private},
                                       std::pair{"shared", KernelHalf::Shared}};
};

/// How a core invalidates translations on the others.
enum class ShootdownKind : std::uint8_t {
  Ipi,        ///< interrupts every core on which the address space has run
  Lazy,       ///< only those on which it runs now; the others flush before they run it again
  Broadcast,  ///< the hardware invalidates on all cores, without interrupts
};

template <>
struct EnumNames<ShootdownKind> {
  static constexpr std::array names = {std::pair{"ipi", ShootdownKind::Ipi}, std::pair{"lazy", ShootdownKind::Lazy},
                                       std::pair{"broadcast", ShootdownKind::Broadcast}};
};

/// Which cores may run a trace, or a thread of one.
enum class SchedulerKind : std::uint8_t { Pinned, Balance };

template <>
struct EnumNames<SchedulerKind> {
  static constexpr std::array names = {std::pair{"pinned", SchedulerKind::Pinned},
                                       std::pair{"balance", SchedulerKind::Balance}};
};

/// The supply of hardware address-space ids.
struct AsidConfig {
  /// Bits of a hardware id; with page-table isolation one of them says user or kernel.
  static constexpr unsigned id_bits = 16;
  static constexpr std::uint32_t linux_pcids = 6;

  AsidKind kind = AsidKind::Trace;
  std::uint32_t count = 0;

  std::uint32_t ids() const {
    if (count != 0) return count;
    return kind == AsidKind::PerCore ? linux_pcids : (1u << (id_bits - 1)) - 1;
  }

  template <class Keys>
  void describe(Keys& keys) {
    keys.value("kind", kind, "",
               "trace: the ids of the trace, without limit; per_core: each core has its own ids and gives them to "
               "address spaces in turn, flushing the old one's translations (PCIDs in Linux on x86); per_machine: an "
               "address space has one id on all cores, and when all are used, every core flushes before its next "
               "switch and ids are given anew (Linux on Arm and RISC-V)");
    keys.value("count", count, "ids",
               "ids of a core, or of the machine; 0: 6 of a core (TLB_NR_DYN_ASIDS of Linux, arch/x86/mm/tlb.c), 32767 "
               "of the machine",
               (1u << id_bits) - 1);
  }
};

}  // namespace tablewalk
