// Dependences of addresses on loads, without Valgrind: instructions decoded, registers tracked, code found.
#include "trace/dependence_follower.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <random>

#include "unit/trace/trace_test_support.h"

namespace tablewalk::dependence_follower_test {
namespace {

// ---- the numbers ----

TEST(LoadCount, DistancesCountLoads) {
  LoadCount loads;
  EXPECT_EQ(loads.distance_to(0), 0U);
  const LoadNumber first = loads.next();
  EXPECT_EQ(loads.distance_to(first), 1U);
  const LoadNumber second = loads.next();
  EXPECT_EQ(loads.distance_to(first), 2U);
  EXPECT_EQ(loads.distance_to(second), 1U);
  for (int i = 0; i < 65533; ++i) loads.next();
  EXPECT_EQ(loads.distance_to(first), 65535U);
  loads.next();
  EXPECT_EQ(loads.distance_to(first), 0U);  // too far
  EXPECT_EQ(loads.distance_to(second), 65535U);
}

TEST(LoadCount, WhatIsLeftOutIsNone) {
  LoadCount loads;
  const LoadNumber before = loads.next();
  loads.leave_out();
  EXPECT_EQ(loads.distance_to(before), 0U);
  EXPECT_EQ(loads.distance_to(loads.next()), 1U);
}

TEST(RegisterOrigins, TheNewestOfASetCounts) {
  RegisterOrigins<64> registers;
  EXPECT_EQ(registers.newest(~std::uint64_t{0}), 0U);
  registers.set_all(1U << 3 | std::uint64_t{1} << 63, 7);
  registers.set(5, 9);
  EXPECT_EQ(registers.newest(1U << 3), 7U);
  EXPECT_EQ(registers.newest(1U << 3 | 1U << 5), 9U);
  EXPECT_EQ(registers.newest(std::uint64_t{1} << 63), 7U);
  EXPECT_EQ(registers.newest(1U << 4), 0U);
  registers.set_all(1U << 5, 0);
  EXPECT_EQ(registers.newest(1U << 3 | 1U << 5), 7U);
}

// ---- the instructions ----

std::string names_of(const char* what, RegisterSet set) {
  static const char* const general[] = {"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi"};
  std::string text;
  for (int i = 0; i < 64; ++i) {
    if ((set >> i & 1) == 0) continue;
    text += i < 8     ? std::string(" ") + general[i]
            : i < 16  ? " r" + std::to_string(i)
            : i == 16 ? " flags"
            : i == 17 ? " x87"
            : i >= 32 ? " xmm" + std::to_string(i - 32)
                      : " ?" + std::to_string(i);
  }
  return text.empty() ? "" : what + text + "; ";
}

std::string text_of(const DecodedInstruction& decoded) {
  const std::string text = names_of("load", decoded.load_address) + names_of("store", decoded.store_address) +
                           names_of("reads", decoded.reads) + names_of("writes", decoded.writes);
  return text.empty() ? text : text.substr(0, text.size() - 2);
}

/// Registers in the order of their bits.
struct Expected {
  const char* name;
  std::vector<std::uint8_t> bytes;
  const char* registers;
};

const std::vector<Expected> instructions = {
    {"mov rax, [rbx + rcx * 8]", {0x48, 0x8b, 0x04, 0xcb}, "load rcx rbx; store rcx rbx; writes rax"},
    {"mov [rbx], rax", {0x48, 0x89, 0x03}, "load rbx; store rbx; reads rax"},
    {"mov eax, ebx", {0x89, 0xd8}, "reads rbx; writes rax"},
    {"mov al, bl", {0x88, 0xd8}, "reads rax rbx; writes rax"},
    {"mov ah, bl", {0x88, 0xdc}, "reads rax rbx; writes rax"},
    {"mov ax, [rbx]", {0x66, 0x8b, 0x03}, "load rbx; store rbx; reads rax; writes rax"},
    {"mov r9d, r10d", {0x45, 0x89, 0xd1}, "reads r10; writes r9"},
    {"mov r9b, r10b", {0x45, 0x88, 0xd1}, "reads r9 r10; writes r9"},
    {"lea rax, [rbx + rcx * 4 + 8]", {0x48, 0x8d, 0x44, 0x8b, 0x08}, "reads rcx rbx; writes rax"},
    {"lea rax, [rip + 8]", {0x48, 0x8d, 0x05, 0x08, 0x00, 0x00, 0x00}, "writes rax"},
    {"lea rax, [rsp + rcx]", {0x48, 0x8d, 0x04, 0x0c}, "reads rcx; writes rax"},
    {"mov rax, [rsp + 8]", {0x48, 0x8b, 0x44, 0x24, 0x08}, "writes rax"},
    {"mov rax, fs:[0x28]", {0x64, 0x48, 0x8b, 0x04, 0x25, 0x28, 0x00, 0x00, 0x00}, "writes rax"},
    {"mov rbp, rsp", {0x48, 0x89, 0xe5}, "writes rbp"},
    {"add rax, rbx", {0x48, 0x01, 0xd8}, "reads rax rbx; writes rax flags"},
    {"add [rbx], rax", {0x48, 0x01, 0x03}, "load rbx; store rbx; reads rax; writes flags"},
    {"xor eax, eax", {0x31, 0xc0}, "writes rax flags"},
    {"xor rax, rbx", {0x48, 0x31, 0xd8}, "reads rax rbx; writes rax flags"},
    {"xor al, al", {0x30, 0xc0}, "reads rax; writes rax flags"},
    {"sub rcx, rcx", {0x48, 0x29, 0xc9}, "writes rcx flags"},
    {"sbb rax, rax", {0x48, 0x19, 0xc0}, "reads rax flags; writes rax flags"},
    {"cmovne rax, rbx", {0x48, 0x0f, 0x45, 0xc3}, "reads rax rbx flags; writes rax"},
    {"sete al", {0x0f, 0x94, 0xc0}, "reads rax flags; writes rax"},
    {"mul rbx", {0x48, 0xf7, 0xe3}, "reads rax rbx; writes rax rdx flags"},
    {"cqo", {0x48, 0x99}, "reads rax; writes rax rdx"},
    {"shlx rax, rbx, rcx", {0xc4, 0xe2, 0xf1, 0xf7, 0xc3}, "reads rcx rbx; writes rax"},
    {"xchg [rcx], rax", {0x48, 0x87, 0x01}, "load rcx; store rcx; reads rax; writes rax"},
    {"xadd [rcx], rax", {0x48, 0x0f, 0xc1, 0x01}, "load rcx; store rcx; reads rax; writes rax flags"},
    {"lock cmpxchg [rcx], rbx", {0xf0, 0x48, 0x0f, 0xb1, 0x19}, "load rcx; store rcx; reads rax rbx; writes rax flags"},
    {"cmpxchg rcx, rbx", {0x48, 0x0f, 0xb1, 0xd9}, "reads rax rcx rbx; writes rax rcx flags"},
    {"bt [rbx], rax", {0x48, 0x0f, 0xa3, 0x03}, "load rax rbx; store rax rbx; reads rax; writes flags"},
    {"push rax", {0x50}, "reads rax"},
    {"push [rbx]", {0xff, 0x33}, "load rbx"},
    {"pop rax", {0x58}, "writes rax"},
    {"pop [rbx]", {0x8f, 0x03}, "store rbx"},
    {"call [rbx]", {0xff, 0x13}, "load rbx"},
    {"jmp [rbx + rcx * 8]", {0xff, 0x24, 0xcb}, "load rcx rbx; store rcx rbx"},
    {"ret", {0xc3}, ""},
    {"leave", {0xc9}, "load rbp; reads rbp; writes rbp"},
    {"enter 8, 0", {0xc8, 0x08, 0x00, 0x00}, "writes rbp"},
    {"xlatb", {0xd7}, "load rax rbx; writes rax"},
    {"movsb", {0xa4}, "load rsi; store rdi; reads rsi rdi flags"},
    {"rep movsq", {0xf3, 0x48, 0xa5}, "load rsi; store rdi; reads rcx rsi rdi flags"},
    {"rep stosq", {0xf3, 0x48, 0xab}, "load rdi; store rdi; reads rax rcx rdi flags"},
    {"lodsq", {0x48, 0xad}, "load rsi; store rsi; reads rsi flags; writes rax"},
    {"repne scasb", {0xf2, 0xae}, "load rdi; store rdi; reads rax rcx rdi flags; writes flags"},
    {"repe cmpsb", {0xf3, 0xa6}, "load rsi rdi; reads rcx rsi rdi flags; writes flags"},
    {"rcl rax, 1", {0x48, 0xd1, 0xd0}, "reads rax flags; writes rax flags"},
    {"adox rax, rbx", {0xf3, 0x48, 0x0f, 0x38, 0xf6, 0xc3}, "reads rax rbx flags; writes rax flags"},
    {"cmpsd", {0xa7}, "load rsi rdi; reads rsi rdi flags; writes flags"},
    {"movsd", {0xa5}, "load rsi; store rdi; reads rsi rdi flags"},
    {"movsd xmm1, xmm2", {0xf2, 0x0f, 0x10, 0xca}, "reads xmm1 xmm2; writes xmm1"},
    {"movsd xmm1, [rbx]", {0xf2, 0x0f, 0x10, 0x0b}, "load rbx; store rbx; writes xmm1"},
    {"cpuid", {0x0f, 0xa2}, "reads rax rcx; writes rax rcx rdx rbx"},
    {"syscall", {0x0f, 0x05}, "writes rax rcx r11"},
    {"nop dword ptr [rax]", {0x0f, 0x1f, 0x00}, "load rax; store rax"},
    {"movq rax, xmm1", {0x66, 0x48, 0x0f, 0x7e, 0xc8}, "reads xmm1; writes rax"},
    {"pxor xmm1, xmm1", {0x66, 0x0f, 0xef, 0xc9}, "writes xmm1"},
    {"pxor xmm1, xmm2", {0x66, 0x0f, 0xef, 0xca}, "reads xmm1 xmm2; writes xmm1"},
    {"vpxor ymm1, ymm2, ymm2", {0xc5, 0xed, 0xef, 0xca}, "writes xmm1"},
    {"vpaddd ymm1, ymm2, ymm3", {0xc5, 0xed, 0xfe, 0xcb}, "reads xmm2 xmm3; writes xmm1"},
    {"vpsubq xmm1, xmm2, xmm3", {0xc5, 0xe9, 0xfb, 0xcb}, "reads xmm2 xmm3; writes xmm1"},
    {"pcmpeqd xmm1, xmm1", {0x66, 0x0f, 0x76, 0xc9}, "writes xmm1"},
    {"vpgatherqq ymm1, [rax + ymm2 * 8], ymm3",
     {0xc4, 0xe2, 0xe5, 0x91, 0x0c, 0xd0},
     "load rax xmm2; store rax xmm2; reads xmm3; writes xmm1"},
    {"maskmovdqu xmm1, xmm2", {0x66, 0x0f, 0xf7, 0xca}, "load rdi; store rdi; reads rdi xmm1 xmm2"},
    {"vzeroupper", {0xc5, 0xf8, 0x77}, ""},
    {"fld qword ptr [rbx]", {0xdd, 0x03}, "load rbx; store rbx; writes x87"},
    {"fnstsw ax", {0xdf, 0xe0}, "reads rax x87; writes rax"},
};

TEST(X86Decoder, TellsAddressesSourcesAndResults) {
  X86Decoder decoder(X86Decoder::Mode::Bits64);
  for (const Expected& expected : instructions) {
    const DecodedInstruction decoded = decoder.decode(expected.bytes.data(), expected.bytes.size(), 0x1000);
    EXPECT_TRUE(decoded.known) << expected.name;
    EXPECT_EQ(decoded.size, expected.bytes.size()) << expected.name;
    EXPECT_EQ(text_of(decoded), expected.registers) << expected.name;
  }
}

TEST(X86Decoder, KnowsThirtyTwoBits) {
  X86Decoder decoder(X86Decoder::Mode::Bits32);
  const std::uint8_t increment[] = {0x40};  // a prefix in 64 bits
  EXPECT_EQ(text_of(decoder.decode(increment, 1, 0)), "reads rax; writes rax flags");
  const std::uint8_t pop_all[] = {0x61};
  EXPECT_EQ(text_of(decoder.decode(pop_all, 1, 0)), "writes rax rcx rdx rbx rbp rsi rdi");
}

TEST(X86Decoder, AnyBytesAreKnownOrNot) {
  std::mt19937_64 random(test::printed_seed());
  X86Decoder decoder(X86Decoder::Mode::Bits64);
  for (int i = 0; i < 200000; ++i) {
    std::uint8_t bytes[X86Decoder::longest];
    for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random());
    const std::size_t count = random() % (sizeof(bytes) + 1);
    const DecodedInstruction decoded = decoder.decode(bytes, count, random());
    ASSERT_EQ(decoded.known, decoded.size != 0);
    ASSERT_LE(decoded.size, count);
    ASSERT_EQ((decoded.reads | decoded.writes | decoded.load_address | decoded.store_address) & 1U << 4, 0U);  // rsp
  }
}

// ---- the registers, followed over code in this process's own memory ----

class Following : public ::testing::Test {
 protected:
  /// Appends an instruction; returns its fetch.
  Record instruction(std::initializer_list<std::uint8_t> bytes) {
    const Record fetch = test::record(address(), static_cast<std::uint32_t>(bytes.size()), RecordKind::Fetch);
    std::copy(bytes.begin(), bytes.end(), code_ + used_);
    used_ += bytes.size();
    return fetch;
  }
  std::uint64_t address() const { return reinterpret_cast<std::uintptr_t>(code_ + used_); }

  static Record load() { return test::record(0x1000, 8, RecordKind::Load); }
  static Record store() { return test::record(0x1000, 8, RecordKind::Store); }
  static Record modify() { return test::record(0x1000, 8, RecordKind::Modify); }

  /// The distances of the data accesses.
  std::vector<unsigned> follow(std::vector<Record> records, unsigned thread = 1) {
    follower_.follow(thread, loads_, records.data(), records.size(), counts_);
    std::vector<unsigned> distances;
    for (const Record& record : records) {
      if (record.kind != RecordKind::Fetch) distances.push_back(record.distance);
      EXPECT_TRUE(record.kind != RecordKind::Fetch || record.distance == 0);
    }
    return distances;
  }

  using Distances = std::vector<unsigned>;

  std::uint8_t code_[8192] = {};
  std::size_t used_ = 0;
  GuestCode guest_{::getpid(), GuestCode::Source::MemoryAndFiles};
  DependenceFollower follower_{guest_};
  LoadCount loads_;
  DependenceCounts counts_;
};

TEST_F(Following, AChaseDependsOnTheLoadBefore) {
  const Record chase = instruction({0x48, 0x8b, 0x00});         // mov rax, [rax]
  const Record other = instruction({0x48, 0x8b, 0x0b});         // mov rcx, [rbx]
  const Record copy = instruction({0x48, 0x89, 0xc2});          // mov rdx, rax
  const Record through_copy = instruction({0x48, 0x8b, 0x3a});  // mov rdi, [rdx]
  const Record store_data = instruction({0x48, 0x89, 0x3b});    // mov [rbx], rdi
  const Record increment = instruction({0x48, 0xff, 0x07});     // inc qword ptr [rdi]
  const Record clear = instruction({0x31, 0xc0});               // xor eax, eax
  const Record store_there = instruction({0x48, 0x89, 0x18});   // mov [rax], rbx
  EXPECT_EQ(follow({chase, load(), chase, load()}), (Distances{0, 1}));
  EXPECT_EQ(follow({other, load(), copy, through_copy, load()}), (Distances{0, 2}));
  EXPECT_EQ(follow({store_data, store(), increment, modify(), increment, modify()}), (Distances{0, 1, 2}));
  EXPECT_EQ(follow({store_there, store(), clear, store_there, store()}), (Distances{5, 0}));
  EXPECT_EQ(counts_.loads, 6U);
  EXPECT_EQ(counts_.from_loads, 4U);
  EXPECT_EQ(counts_.from_none(), 2U);
  EXPECT_EQ(counts_.unknown_instructions, 0U);
}

TEST_F(Following, ThreadsHaveRegistersOfTheirOwnAndShareTheCount) {
  const Record chase = instruction({0x48, 0x8b, 0x00});  // mov rax, [rax]
  EXPECT_EQ(follow({chase, load()}, 1), (Distances{0}));
  EXPECT_EQ(follow({chase, load(), chase, load()}, 2), (Distances{0, 1}));
  EXPECT_EQ(follow({chase, load()}, 1), (Distances{3}));
  EXPECT_EQ(follow({chase, load()}, 2), (Distances{2}));
  LoadCount own;
  std::vector<Record> records = {chase, load(), chase, load()};
  follower_.follow(3, own, records.data(), records.size(), counts_);
  EXPECT_EQ(records[3].distance, 1U);
}

TEST_F(Following, AnInstructionMayBeSplitBetweenBatches) {
  const Record chase = instruction({0x48, 0x8b, 0x00});  // mov rax, [rax]
  EXPECT_EQ(follow({chase}), Distances{});
  EXPECT_EQ(follow({load(), chase}), (Distances{0}));
  EXPECT_EQ(follow({load()}), (Distances{1}));
}

TEST_F(Following, AConditionalLoadThatIsNotMadeGivesNothing) {
  const Record first = instruction({0x48, 0x8b, 0x0b});  // mov rcx, [rbx]
  // vpmaskmovq xmm0, xmm1, [rcx], whose mask is off; movq rax, xmm0; mov rax, [rax]
  const Record masked = instruction({0xc4, 0xe2, 0xf1, 0x8c, 0x01});
  const Record move = instruction({0x66, 0x48, 0x0f, 0x7e, 0xc0});
  const Record use = instruction({0x48, 0x8b, 0x00});
  EXPECT_EQ(follow({first, load(), masked, move, use, load()}), (Distances{0, 0}));
}

TEST_F(Following, UnknownInstructionsChangeNoRegister) {
  const Record chase = instruction({0x48, 0x8b, 0x00});  // mov rax, [rax]
  const Record none = instruction({0x06, 0x06});         // no instruction in 64 bits
  EXPECT_EQ(follow({chase, load(), none, load(), chase, load()}), (Distances{0, 0, 2}));
  EXPECT_EQ(counts_.unknown_instructions, 1U);
  EXPECT_EQ(counts_.unknown_loads, 1U);
  EXPECT_EQ(counts_.from_none(), 1U);
  // Unmapped code is unknown.
  follow({test::record(0x10, 3, RecordKind::Fetch), load()});
  EXPECT_EQ(counts_.unknown_loads, 2U);
}

TEST_F(Following, OtherCodeAtTheSameAddressIsDecodedAnewIfItsSizeDiffers) {
  const Record chase = instruction({0x48, 0x8b, 0x00});  // mov rax, [rax]
  EXPECT_EQ(follow({chase, load(), chase, load()}), (Distances{0, 1}));
  const std::uint8_t clear[] = {0x31, 0xc0};  // xor eax, eax
  std::memcpy(code_, clear, sizeof(clear));
  Record other = chase;
  other.size = sizeof(clear);
  const std::uint8_t again[] = {0x48, 0x8b, 0x00};
  std::memcpy(code_ + 2, again, sizeof(again));
  used_ = 2;
  const Record moved = instruction({0x48, 0x8b, 0x00});
  EXPECT_EQ(follow({other, moved, load()}), (Distances{0}));
  EXPECT_EQ(counts_.unknown_instructions, 0U);
  // A size that does not match the bytes is rejected.
  Record wrong = chase;
  wrong.size = 3;
  follow({wrong});
  EXPECT_EQ(counts_.unknown_instructions, 1U);
}

TEST_F(Following, ManyInstructionsAreToldApart) {
  // mov rax, [rax] and mov rcx, [rbx] alternating, across a page boundary.
  std::vector<Record> records;
  for (int i = 0; i < 1300; ++i) {
    records.push_back(instruction({0x48, 0x8b, 0x00}));
    records.push_back(load());
    records.push_back(instruction({0x48, 0x8b, 0x0b}));
    records.push_back(load());
  }
  for (int round = 0; round < 2; ++round) {
    const std::vector<unsigned> distances = follow(records);
    for (std::size_t i = 0; i < distances.size(); ++i) {
      ASSERT_EQ(distances[i], i % 2 == 0 && i + round != 0 ? 2U : 0U) << i;
    }
  }
  EXPECT_EQ(counts_.unknown_instructions, 0U);
}

// ---- the code of a process ----

TEST(GuestCode, IsInFilesWhenTheProcessIsGone) {
  static const char text[] = "constant bytes of this very program, found in its file";
  const auto address = reinterpret_cast<std::uintptr_t>(&text);
  GuestCode code(::getpid(), GuestCode::Source::Files);
  std::uint8_t bytes[sizeof(text)] = {};
  EXPECT_EQ(code.read(address, bytes, sizeof(bytes)), 0U);  // mappings not read yet
  GuestCode looked(::getpid(), GuestCode::Source::Files);
  EXPECT_TRUE(looked.look());
  ASSERT_EQ(looked.read(address, bytes, sizeof(bytes)), sizeof(bytes));
  EXPECT_EQ(std::memcmp(bytes, text, sizeof(text)), 0);
  EXPECT_FALSE(looked.is_32_bits());
}

TEST(GuestCode, ReadsMemoryAsItIsWhereItCanChange) {
  std::vector<std::uint8_t> memory(3 * 4096, 1);
  GuestCode code(::getpid(), GuestCode::Source::MemoryAndFiles);
  const auto address = reinterpret_cast<std::uintptr_t>(memory.data());
  const std::uint64_t boundary = (address + 4096) / 4096 * 4096;
  std::uint8_t bytes[8] = {};
  EXPECT_EQ(code.read(boundary - 3, bytes, sizeof(bytes)), sizeof(bytes));
  EXPECT_EQ(bytes[7], 1);
  memory[boundary + 4 - address] = 9;
  EXPECT_EQ(code.read(boundary - 3, bytes, sizeof(bytes)), sizeof(bytes));
  EXPECT_EQ(bytes[7], 9);
  EXPECT_EQ(code.read(8, bytes, sizeof(bytes)), 0U);
}

TEST(GuestCode, OtherPagesComeToTheSamePlace) {
  const int file = ::open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
  void* place = ::mmap(nullptr, 4096, PROT_READ, MAP_PRIVATE, file, 0);
  ::close(file);
  ASSERT_NE(place, MAP_FAILED);
  const auto address = reinterpret_cast<std::uintptr_t>(place);
  GuestCode before(::getpid(), GuestCode::Source::MemoryAndFiles);
  GuestCode known(::getpid(), GuestCode::Source::MemoryAndFiles);
  EXPECT_TRUE(before.look());
  std::uint8_t bytes[4] = {};
  ASSERT_EQ(known.read(address, bytes, sizeof(bytes)), sizeof(bytes));
  EXPECT_EQ(bytes[1], 'E');
  ASSERT_EQ(::mmap(place, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0), place);
  auto* memory = static_cast<std::uint8_t*>(place);
  for (std::uint8_t value = 1; value < 3; ++value) {
    memory[1] = value;
    before.read(address, bytes, sizeof(bytes));
    EXPECT_EQ(bytes[1], value);
    known.doubt(address + 5);
    known.read(address, bytes, sizeof(bytes));
    EXPECT_EQ(bytes[1], value);
  }
  ::munmap(place, 4096);
}

TEST(GuestCode, OfAProcessThatIsNotThereIsUnknown) {
  GuestCode code(1 << 30, GuestCode::Source::MemoryAndFiles);
  std::uint8_t bytes[8] = {};
  EXPECT_FALSE(code.look());
  EXPECT_EQ(code.read(0x400000, bytes, sizeof(bytes)), 0U);
}

}  // namespace
}  // namespace tablewalk::dependence_follower_test
