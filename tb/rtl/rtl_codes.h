#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "paging/paging_mode.h"
#include "support/dice.h"

namespace tablewalk::test {

/// The codes of rtl/tablewalk_pkg.sv for the model's types.
namespace rtl {

struct Mode {
  const char* name;  ///< the model's name; nullptr: the radix split of the build
  std::uint8_t code;
};
constexpr Mode modes[] = {{nullptr, 0}, {"x86-32", 1}, {"x86-pae", 2}, {"x86-64", 3}, {"x86-64-la57", 4},
                          {"sv32", 5},  {"sv39", 6},   {"sv48", 7},    {"sv57", 8}};

/// mode_e by mode name; anything else is the radix format.
inline std::uint8_t mode_code(const std::string& name) {
  for (const Mode& mode : modes) {
    if (mode.name != nullptr && name == mode.name) return mode.code;
  }
  return 0;
}

/// The fault_e code without a counterpart in the model: memory failed to read an entry.
constexpr unsigned read_failed = 7;

/// fault_e
inline std::uint8_t fault_code(FaultReason reason) {
  switch (reason) {
    case FaultReason::None:
      return 0;
    case FaultReason::NonCanonical:
      return 12;
    case FaultReason::NotPresent:
      return 11;
    case FaultReason::Reserved:
      return 1;
    case FaultReason::Misaligned:
      return 3;
    case FaultReason::PointerAtLeaf:
      return 2;
    case FaultReason::Permission:
      return 4;
    case FaultReason::ProtectionKey:
      return 13;
    case FaultReason::NotAccessed:
      return 5;
    case FaultReason::NotDirty:
      return 6;
    case FaultReason::OutOfMemory:
      return 8;
    case FaultReason::PageFault:
      return 14;
    default:  // segment faults come before paging
      return 15;
  }
}

/// rights_t
inline std::uint16_t rights_bits(Rights rights) {
  return static_cast<std::uint16_t>(rights.key << 5 | rights.privileged_execute << 4 | rights.user << 3 |
                                    rights.execute << 2 | rights.write << 1 | int{rights.read});
}
inline Rights rights_of(std::uint16_t bits) {
  return {(bits & 1) != 0, (bits & 2) != 0,  (bits & 4) != 0,
          (bits & 8) != 0, (bits & 16) != 0, static_cast<std::uint8_t>(bits >> 5)};
}

/// controls_t
inline std::uint64_t controls_bits(const PagingControls& controls) {
  const X86Controls& x86 = controls.x86;
  const RiscvControls& riscv = controls.riscv;
  std::uint64_t bits = 0;
  const auto append = [&](std::uint64_t value, unsigned width) { bits = bits << width | value; };
  for (const bool flag : {x86.wp, x86.smep, x86.smap, x86.ac, x86.nxe, x86.pge, x86.pse, x86.pke, x86.page1gb}) {
    append(flag ? 1 : 0, 1);
  }
  append(x86.pkru, 32);
  append(x86.maxphyaddr, 6);
  for (const bool flag : {riscv.sum, riscv.mxr, riscv.svadu, riscv.svnapot, riscv.svpbmt}) append(flag ? 1 : 0, 1);
  append(riscv.physical_bits, 6);
  return bits;
}

inline std::uint64_t random_bits(Dice& dice) {
  return dice.between(0, low_bits(32)) << 32 | dice.between(0, low_bits(32));
}

/// Three address-space ids: the first two differ in every bit, the third from the first in one.
constexpr std::array<std::uint16_t, 3> spaces{0x5A3C, 0xA5C3, 0x5A7C};

inline std::uint16_t random_space(Dice& dice) {
  return spaces[dice.number(0, 2)];
}

inline PagingControls random_controls(Dice& dice) {
  PagingControls controls;
  X86Controls& x86 = controls.x86;
  for (bool* flag : {&x86.wp, &x86.smep, &x86.smap, &x86.ac, &x86.nxe, &x86.pge, &x86.pse, &x86.pke, &x86.page1gb}) {
    *flag = dice.chance(50);
  }
  x86.pkru = static_cast<std::uint32_t>(dice.between(0, 0xFFFFFFFF));
  x86.maxphyaddr = dice.chance(30) ? 52 : dice.number(32, 52);
  RiscvControls& riscv = controls.riscv;
  for (bool* flag : {&riscv.sum, &riscv.mxr, &riscv.svadu, &riscv.svnapot, &riscv.svpbmt}) *flag = dice.chance(50);
  riscv.physical_bits = dice.chance(30) ? 56 : dice.number(24, 56);
  return controls;
}

}  // namespace rtl
}  // namespace tablewalk::test
