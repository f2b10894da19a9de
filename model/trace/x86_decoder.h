#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace tablewalk {

/// Registers that carry values from one instruction to another, each a bit. Parts of a register are the register. The
/// stack pointer is none of them: pushes, pops, calls and returns change it without the execution units, and the front
/// end knows where it is. Nor are the instruction pointer and the segment registers.
using RegisterSet = std::uint64_t;

/// What an instruction does with registers.
struct DecodedInstruction {
  RegisterSet load_address = 0;   ///< form the addresses that it loads from
  RegisterSet store_address = 0;  ///< form the addresses that it stores to
  RegisterSet reads = 0;          ///< are read to compute, what they point to aside
  RegisterSet writes = 0;         ///< get the result; not those that a string instruction steps by a constant
  std::uint8_t size = 0;          ///< bytes
  bool known = false;             ///< whether the bytes were an instruction
};

/// Decodes x86 instructions with Capstone. Sources: Intel SDM volume 2; volume 1, 3.4.1.1 (results of 32 bits replace
/// the register, of 8 and 16 bits only their part); Intel Optimization Reference Manual, 3.5.1.7 (dependency-breaking
/// idioms).
class X86Decoder {
 public:
  enum class Mode : std::uint8_t { Bits32, Bits64 };
  static constexpr std::size_t longest = 15;  ///< bytes of an instruction
  static constexpr std::size_t registers = 64;

  explicit X86Decoder(Mode mode);
  ~X86Decoder();
  X86Decoder(const X86Decoder&) = delete;
  X86Decoder& operator=(const X86Decoder&) = delete;

  /// The instruction that the first of `count` bytes are.
  DecodedInstruction decode(const std::uint8_t* bytes, std::size_t count, std::uint64_t address);

  /// Such as `Capstone 4.0.2`.
  static std::string version();

 private:
  struct Handles;
  std::unique_ptr<Handles> handles_;
};

}  // namespace tablewalk
