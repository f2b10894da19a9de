#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace tablewalk {

/// Registers that carry values between instructions, one bit each. Partial registers count as the full register. The
/// stack pointer is excluded: pushes, pops, calls and returns update it without the execution units, and the front end
/// tracks it. So are the instruction pointer and the segment registers.
using RegisterSet = std::uint64_t;

/// Register use of an instruction.
struct DecodedInstruction {
  RegisterSet load_address = 0;   ///< registers in the addresses it loads from
  RegisterSet store_address = 0;  ///< registers in the addresses it stores to
  RegisterSet reads = 0;          ///< registers read for computation, apart from addressing
  RegisterSet writes = 0;         ///< registers that get the result; not those a string instruction steps by a constant
  std::uint8_t size = 0;          ///< bytes
  bool known = false;             ///< whether the bytes are a valid instruction
};

/// Decodes x86 instructions with Capstone. Sources: Intel SDM volume 2; volume 1, 3.4.1.1 (32-bit results replace the
/// register, 8- and 16-bit results only their part); Intel Optimization Reference Manual, 3.5.1.7 (dependency-breaking
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

  /// Decodes the instruction at the start of `count` bytes.
  DecodedInstruction decode(const std::uint8_t* bytes, std::size_t count, std::uint64_t address);

  /// Such as `Capstone 4.0.2`.
  static std::string version();

 private:
  struct Handles;
  std::unique_ptr<Handles> handles_;
};

}  // namespace tablewalk
