#include "trace/x86_decoder.h"

#include <capstone/capstone.h>
#include <dlfcn.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <initializer_list>
#include <memory>
#include <new>
#include <stdexcept>

namespace tablewalk {
namespace {

// Bits of a RegisterSet: 16 general registers by their encoding, and so on.
enum Bit : int { Rax = 0, Rcx = 1, Rdx = 2, Rbx = 3, Rbp = 5, Rsi = 6, Rdi = 7, R11 = 11 };
constexpr int flags_bit = 16;
constexpr int x87_bit = 17;  // stack and status together
constexpr int mask_bit = 18;
constexpr int mmx_bits = 20;
constexpr int vector_bits = 32;

constexpr RegisterSet bit(int number) {
  return RegisterSet{1} << number;
}

/// The bits of a Capstone register.
struct Register {
  RegisterSet set = 0;
  bool part = false;  ///< a write keeps the rest of the register
};

class RegisterTable {
 public:
  RegisterTable() {
    add_general();
    const auto add_row = [&](unsigned first, int first_bit, int count) {
      for (int i = 0; i < count; ++i) table_[first + static_cast<unsigned>(i)] = {bit(first_bit + i), false};
    };
    for (const unsigned first : {X86_REG_XMM0, X86_REG_YMM0, X86_REG_ZMM0}) add_row(first, vector_bits, 32);
    add_row(X86_REG_MM0, mmx_bits, 8);
    for (unsigned i = 0; i < 8; ++i) table_[X86_REG_K0 + i] = {bit(mask_bit), false};
    for (const unsigned first : {X86_REG_ST0, X86_REG_FP0}) {
      for (unsigned i = 0; i < 8; ++i) table_[first + i] = {bit(x87_bit), false};
    }
    table_[X86_REG_FPSW] = {bit(x87_bit), false};
    table_[X86_REG_EFLAGS] = {bit(flags_bit), false};
  }
  Register operator[](unsigned number) const { return number < table_.size() ? table_[number] : Register{}; }

 private:
  void add_general() {
    const auto add = [&](int number, std::initializer_list<unsigned> whole, std::initializer_list<unsigned> parts) {
      for (const unsigned name : whole) table_[name] = {bit(number), false};
      for (const unsigned name : parts) table_[name] = {bit(number), true};
    };
    add(Rax, {X86_REG_RAX, X86_REG_EAX}, {X86_REG_AX, X86_REG_AL, X86_REG_AH});
    add(Rcx, {X86_REG_RCX, X86_REG_ECX}, {X86_REG_CX, X86_REG_CL, X86_REG_CH});
    add(Rdx, {X86_REG_RDX, X86_REG_EDX}, {X86_REG_DX, X86_REG_DL, X86_REG_DH});
    add(Rbx, {X86_REG_RBX, X86_REG_EBX}, {X86_REG_BX, X86_REG_BL, X86_REG_BH});
    add(Rbp, {X86_REG_RBP, X86_REG_EBP}, {X86_REG_BP, X86_REG_BPL});
    add(Rsi, {X86_REG_RSI, X86_REG_ESI}, {X86_REG_SI, X86_REG_SIL});
    add(Rdi, {X86_REG_RDI, X86_REG_EDI}, {X86_REG_DI, X86_REG_DIL});
    for (unsigned i = 0; i < 8; ++i) {
      add(static_cast<int>(8 + i), {X86_REG_R8 + i, X86_REG_R8D + i}, {X86_REG_R8W + i, X86_REG_R8B + i});
    }
  }

  std::array<Register, X86_REG_ENDING> table_{};
};

const RegisterTable& register_table() {
  static const RegisterTable table;
  return table;
}

RegisterSet set_of(unsigned number) {
  return register_table()[number].set;
}

RegisterSet address_of(const cs_x86_op& operand) {
  return set_of(operand.mem.base) | set_of(operand.mem.index);
}

void add_write(DecodedInstruction& to, unsigned number) {
  const Register written = register_table()[number];
  to.writes |= written.set;
  if (written.part) to.reads |= written.set;
}

/// Capstone's information: explicit and implicit registers, and the memory operands; the second pair of sets is for
/// instructions with two.
void add_operands(const cs_insn& instruction, DecodedInstruction& to) {
  const cs_detail& detail = *instruction.detail;
  const cs_x86& x86 = detail.x86;
  for (std::size_t i = 0; i < detail.regs_read_count; ++i) to.reads |= set_of(detail.regs_read[i]);
  for (std::size_t i = 0; i < detail.regs_write_count; ++i) add_write(to, detail.regs_write[i]);
  const auto is_memory = [](const cs_x86_op& operand) { return operand.type == X86_OP_MEM; };
  const bool two = std::count_if(x86.operands, x86.operands + x86.op_count, is_memory) == 2;
  for (std::size_t i = 0; i < x86.op_count; ++i) {
    const cs_x86_op& operand = x86.operands[i];
    if (operand.type == X86_OP_REG) {
      if ((operand.access & CS_AC_READ) != 0) to.reads |= set_of(operand.reg);
      if ((operand.access & CS_AC_WRITE) != 0) add_write(to, operand.reg);
    } else if (is_memory(operand)) {
      // Of the instructions with two memory operands, movs stores to one; the others load from both, and Capstone lacks
      // the access for some.
      const bool stores = !two || (operand.access & CS_AC_WRITE) != 0;
      const bool loads = !two || !stores;
      if (loads) to.load_address |= address_of(operand);
      if (stores) to.store_address |= address_of(operand);
    }
  }
}

/// Movs, stos, lods, scas and cmps step their pointers (and with rep their count) by constants.
void keep_stepped_pointers(const cs_insn& instruction, DecodedInstruction& to) {
  const cs_detail& detail = *instruction.detail;
  constexpr RegisterSet pointers = bit(Rsi) | bit(Rdi);
  RegisterSet implicit = 0;
  for (std::size_t i = 0; i < detail.regs_write_count; ++i) implicit |= set_of(detail.regs_write[i]);
  const bool all = instruction.id == X86_INS_POPAL || instruction.id == X86_INS_POPAW;
  if ((implicit & pointers) != 0 && !all) to.writes &= ~(pointers | bit(Rcx));
}

/// Whether the result does not depend on the sources.
bool breaks_dependences(const cs_insn& instruction) {
  const cs_x86& x86 = instruction.detail->x86;
  if (x86.op_count < 2) return false;
  const cs_x86_op& last = x86.operands[x86.op_count - 1];
  const cs_x86_op& other = x86.operands[x86.op_count - 2];  // the destination, or the first of three operands' sources
  if (last.type != X86_OP_REG || other.type != X86_OP_REG || last.reg != other.reg) return false;
  if (register_table()[last.reg].part) return false;
  switch (instruction.id) {
    case X86_INS_XOR:
    case X86_INS_SUB:
    case X86_INS_PXOR:
    case X86_INS_XORPS:
    case X86_INS_XORPD:
    case X86_INS_PSUBB:
    case X86_INS_PSUBW:
    case X86_INS_PSUBD:
    case X86_INS_PSUBQ:
    case X86_INS_PCMPGTB:
    case X86_INS_PCMPGTW:
    case X86_INS_PCMPGTD:
    case X86_INS_PCMPGTQ:
    case X86_INS_PCMPEQB:
    case X86_INS_PCMPEQW:
    case X86_INS_PCMPEQD:
    case X86_INS_PCMPEQQ:
    case X86_INS_VPXOR:
    case X86_INS_VXORPS:
    case X86_INS_VXORPD:
    case X86_INS_VPSUBB:
    case X86_INS_VPSUBW:
    case X86_INS_VPSUBD:
    case X86_INS_VPSUBQ:
    case X86_INS_VPCMPGTB:
    case X86_INS_VPCMPGTW:
    case X86_INS_VPCMPGTD:
    case X86_INS_VPCMPGTQ:
    case X86_INS_VPCMPEQB:
    case X86_INS_VPCMPEQW:
    case X86_INS_VPCMPEQD:
    case X86_INS_VPCMPEQQ:
      return true;
    default:
      return false;
  }
}

/// The register of that operand; 0 if it is not a register.
RegisterSet register_operand(const cs_insn& instruction, std::size_t number) {
  const cs_x86& x86 = instruction.detail->x86;
  const bool is_register = number < x86.op_count && x86.operands[number].type == X86_OP_REG;
  return is_register ? set_of(x86.operands[number].reg) : 0;
}

/// Instructions whose memory addresses differ from what their operands suggest.
void mend_addresses(const cs_insn& instruction, DecodedInstruction& to) {
  switch (instruction.id) {
    case X86_INS_LEA:  // computes only
      to.reads |= to.load_address;
      to.load_address = to.store_address = 0;
      break;
    case X86_INS_PUSH:
    case X86_INS_CALL:
    case X86_INS_LCALL:
      to.store_address = 0;  // the stack
      break;
    case X86_INS_POP:
      to.load_address = 0;
      break;
    case X86_INS_LEAVE:
      to.load_address = bit(Rbp);
      break;
    case X86_INS_XLATB:
      to.load_address = bit(Rbx) | bit(Rax);
      to.writes = bit(Rax);
      break;
    case X86_INS_MASKMOVQ:
    case X86_INS_MASKMOVDQU:
    case X86_INS_VMASKMOVDQU:
      to.load_address = to.store_address = bit(Rdi);
      break;
    case X86_INS_BT:
    case X86_INS_BTC:
    case X86_INS_BTR:
    case X86_INS_BTS:  // the bit number may reach outside the operand
      to.load_address |= register_operand(instruction, 1);
      to.store_address |= register_operand(instruction, 1);
      break;
    default:
      break;
  }
}

/// Instructions whose results differ from what Capstone reports.
void mend_results(const cs_insn& instruction, DecodedInstruction& to) {
  switch (instruction.id) {
    case X86_INS_CMPXCHG:
      to.reads |= register_operand(instruction, 0);
      to.writes |= register_operand(instruction, 0) | bit(Rax) | bit(flags_bit);
      break;
    case X86_INS_RCL:
    case X86_INS_RCR:
    case X86_INS_CMC:
      to.reads |= bit(flags_bit);
      break;
    case X86_INS_ADOX:
      to.reads |= register_operand(instruction, 0);
      break;
    case X86_INS_XADD:
      to.writes |= bit(flags_bit);
      break;
    case X86_INS_ENTER:  // the stack pointer
      to.reads = 0;
      to.writes = bit(Rbp);
      break;
    case X86_INS_SYSCALL:
    case X86_INS_SYSENTER:
    case X86_INS_INT:  // the kernel
      to.reads = 0;
      to.writes = bit(Rax) | (instruction.id == X86_INS_SYSCALL ? bit(Rcx) | bit(R11) : 0);
      break;
    case X86_INS_VZEROUPPER:  // keeps the lower halves
      to.writes = 0;
      break;
    default:
      break;
  }
  if (breaks_dependences(instruction)) to.reads = 0;
}

/// The Capstone functions used. The library is loaded by the first decoder: it takes 3 MiB and a millisecond per
/// process, and only captures need it.
struct Capstone {
  static const Capstone& library() {
    static const Capstone loaded;
    return loaded;
  }

  decltype(&cs_version) version;
  decltype(&cs_open) open;
  decltype(&cs_close) close;
  decltype(&cs_option) option;
  decltype(&cs_strerror) strerror;
  decltype(&cs_malloc) malloc;
  decltype(&cs_free) free;
  decltype(&cs_disasm_iter) disasm_iter;

 private:
  Capstone() : handle_(::dlopen(("libcapstone.so." + std::to_string(CS_API_MAJOR)).c_str(), RTLD_NOW)) {
    if (handle_ == nullptr) throw std::runtime_error(fmt::format("Capstone: {}", ::dlerror()));
    find(version, "cs_version");
    find(open, "cs_open");
    find(close, "cs_close");
    find(option, "cs_option");
    find(strerror, "cs_strerror");
    find(malloc, "cs_malloc");
    find(free, "cs_free");
    find(disasm_iter, "cs_disasm_iter");
  }
  template <class Function>
  void find(Function& function, const char* name) {
    function = reinterpret_cast<Function>(::dlsym(handle_, name));
    if (function == nullptr) throw std::runtime_error(fmt::format("Capstone: function {} is missing", name));
  }

  void* handle_;  // never closed
};

}  // namespace

struct X86Decoder::Handles {
  Handles() = default;
  ~Handles() {
    if (instruction != nullptr) Capstone::library().free(instruction, 1);
    if (engine != 0) Capstone::library().close(&engine);
  }
  Handles(const Handles&) = delete;
  Handles& operator=(const Handles&) = delete;

  csh engine = 0;
  cs_insn* instruction = nullptr;
};

X86Decoder::X86Decoder(Mode mode) : handles_(std::make_unique<Handles>()) {
  const Capstone& library = Capstone::library();
  const cs_err error = library.open(CS_ARCH_X86, mode == Mode::Bits64 ? CS_MODE_64 : CS_MODE_32, &handles_->engine);
  if (error != CS_ERR_OK) throw std::runtime_error(fmt::format("Capstone: {}", library.strerror(error)));
  library.option(handles_->engine, CS_OPT_DETAIL, CS_OPT_ON);
  handles_->instruction = library.malloc(handles_->engine);
  if (handles_->instruction == nullptr) throw std::bad_alloc();
}

X86Decoder::~X86Decoder() = default;

DecodedInstruction X86Decoder::decode(const std::uint8_t* bytes, std::size_t count, std::uint64_t address) {
  DecodedInstruction decoded;
  if (!Capstone::library().disasm_iter(handles_->engine, &bytes, &count, &address, handles_->instruction))
    return decoded;
  const cs_insn& instruction = *handles_->instruction;
  decoded.known = true;
  decoded.size = static_cast<std::uint8_t>(instruction.size);
  add_operands(instruction, decoded);
  keep_stepped_pointers(instruction, decoded);
  mend_addresses(instruction, decoded);
  mend_results(instruction, decoded);
  return decoded;
}

std::string X86Decoder::version() {
  int major = 0;
  int minor = 0;
  Capstone::library().version(&major, &minor);
  return fmt::format("Capstone {}.{}.{}", major, minor, CS_VERSION_EXTRA);
}

}  // namespace tablewalk
