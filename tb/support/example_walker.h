#pragma once

#include <algorithm>

#include "support/random_machine.h"

namespace tablewalk::test {

/// Any machine with the walker of rtl/adapters/example in it: in the mode and under the registers that it knows.
inline MachineConfig random_machine_with_example(Dice& dice) {
  MachineConfig config = random_machine(dice, "sv39");
  config.paging.riscv.svadu = config.paging.riscv.svnapot = config.paging.riscv.svpbmt = false;
  constexpr std::uint64_t napot_bytes = 64 << 10;
  if (config.os.page_bytes.bytes == napot_bytes) config.os.page_bytes = ByteSize{0};
  for (TlbConfig* tlb : {&config.itlb, &config.dtlb, &config.stlb}) {
    for (TlbArrayConfig& array : tlb->arrays) {
      auto& sizes = array.page_sizes;
      const auto is_napot = [](ByteSize size) { return size.bytes == napot_bytes; };
      sizes.erase(std::remove_if(sizes.begin(), sizes.end(), is_napot), sizes.end());
    }
  }
  config.walker = {};
  config.walker.kind = WalkerKind::Foreign;
  config.walker.foreign = "example";
  config.walker.walkers = 1;
  config.core.invalidate_cycles = std::max(config.core.invalidate_cycles, Cycles(1));
  return config;
}

}  // namespace tablewalk::test
