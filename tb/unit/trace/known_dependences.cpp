// A program for captures with exactly known loads, listed in tb/unit/trace/known_dependences_test.cpp. The part between
// the stores to known_begin and known_end counts; both addresses are printed first. Load results without another use
// are stored: Valgrind drops loads whose result is overwritten.
#include <cstdio>

asm(R"(
.intel_syntax noprefix
.data
.balign 64
known_begin: .quad 0
known_end: .quad 0
known_sink: .quad 0
.balign 64
known_nodes: .quad known_nodes + 16, 1, known_nodes + 32, 2, known_nodes + 48, 3, known_nodes, 4
known_table: .quad 0, 0, 0, 0, 0, 0, 0, 0
known_copy: .quad 0, 0
known_function: .quad known_return
known_pointer: .quad known_function
known_indices: .quad 0, 1, 2, 3
.text
known_return: ret

known_scalars:
  lea rdi, [rip + known_nodes]
  lea rsi, [rip + known_table]
  mov [rip + known_begin], rsi

  mov rdi, [rdi]          # a chase
  mov rdi, [rdi]
  mov rcx, [rdi + 8]
  mov [rip + known_sink], rcx
  mov rdi, [rdi]
  lea rdx, [rdi + 8]      # through what only computes
  lea rdx, [rdx - 8]
  add rdx, 8
  mov r8, [rdx]
  mov [rip + known_sink], r8
  mov r9, [rdi]           # zeroed
  mov [rip + known_sink], r9
  xor r9d, r9d
  mov r10, [rsi + r9]
  mov [rsi + 16], r10     # data that a store waits for
  mov [rdi + 8], r10
  push r10                # the stack
  pop r11
  mov r11, [rsi + r11]
  mov [rip + known_sink], r11
  cmp qword ptr [rsi], 0  # flags choose an address
  lea rdx, [rsi + 8]
  lea rcx, [rsi]
  cmove rcx, rdx
  mov rax, [rcx]
  mov [rip + known_sink], rax
  movzx eax, byte ptr [rsi]
  mov al, 0               # a part of a register keeps the rest
  mov rdx, [rsi + rax]
  mov [rip + known_sink], rdx
  mov eax, 0              # the whole does not
  mov rdx, [rsi + rax]
  mov [rip + known_sink], rdx
  add qword ptr [rsi + 24], 1
  mov rdx, [rdi]
  mov [rip + known_sink], rdx
  lea rdi, [rip + known_copy]
  movsq                   # steps pointers by a constant
  movsq
  lea rsi, [rip + known_table]
  push qword ptr [rsi]    # two accesses of one instruction
  pop rdx
  mov [rip + known_sink], rdx
  mov rdx, [rip + known_pointer]
  call [rdx]
  mov [rip + known_end], rsi
  ret

known_gather:
  lea rsi, [rip + known_table]
  mov [rip + known_begin], rsi
  vmovdqu ymm1, [rip + known_indices]
  vpcmpeqd ymm2, ymm2, ymm2
  vpgatherqq ymm0, [rsi + ymm1 * 8], ymm2
  vmovq rax, xmm0
  mov rdx, [rsi + rax]
  mov [rip + known_sink], rdx
  mov [rip + known_end], rsi
  vzeroupper
  ret
.att_syntax
)");

extern "C" {
extern char known_begin;
extern char known_end;
void known_scalars();
void known_gather();
}

int main() {
  const bool gathers = __builtin_cpu_supports("avx2") != 0;
  std::printf("%p %p %d\n", static_cast<void*>(&known_begin), static_cast<void*>(&known_end), gathers ? 1 : 0);
  std::fflush(stdout);
  known_scalars();
  if (gathers) known_gather();
}
