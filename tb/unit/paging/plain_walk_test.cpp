// The model's walk compared with a walker written directly from the manuals: every combination of the bits named there,
// at every level, under every setting of the control registers, for every kind of access.
#include "support/plain_walk.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "paging/reference_walk.h"
#include "support/dice.h"

namespace tablewalk::test::plain_walk_test {
namespace {

constexpr std::uint64_t root = 0x1000;

struct Asked {
  AccessKind kind;
  bool user;
};
const std::vector<Asked> every_access = {{AccessKind::Fetch, false}, {AccessKind::Fetch, true},
                                         {AccessKind::Load, false},  {AccessKind::Load, true},
                                         {AccessKind::Store, false}, {AccessKind::Store, true}};

/// The tables of one address: pointers that grant everything down to `level`, and there the entry under test. Taken out
/// of the memory afterwards, because new memory for each of millions of cases takes far longer than the case.
class Path {
 public:
  Path(PhysicalMemory& in, const PagingMode& mode, unsigned level, std::uint64_t entry, std::uint64_t va)
      : memory(in), bytes_(mode.entry_bytes()) {
    PhysicalAddress table(root);
    for (unsigned above = mode.root_level(); above > level; --above) {
      const PhysicalAddress next(root + 0x1000 * (mode.root_level() - above + 1));
      at.push_back(mode.entry_address(above, table, VirtualAddress(va)));
      memory.write(at.back(), mode.entry_bytes(), mode.encode_pointer(next, above));
      table = next;
    }
    at.push_back(mode.entry_address(level, table, VirtualAddress(va)));
    memory.write(at.back(), mode.entry_bytes(), entry);
  }
  Path(const Path&) = delete;
  Path& operator=(const Path&) = delete;
  ~Path() {
    for (const PhysicalAddress entry : at) memory.write(entry, bytes_, 0);
  }

  PhysicalMemory& memory;
  std::vector<PhysicalAddress> at;  ///< of each entry on the path, root first

 private:
  unsigned bytes_;
};

/// Walks the same bits both ways, and compares the result and the bits afterwards.
void expect_same(const std::string& name, const PagingMode& mode, const PagingControls& controls, unsigned level,
                 std::uint64_t entry, std::uint64_t va, Asked asked) {
  static PhysicalMemory plain_memory;
  static PhysicalMemory model_memory;
  const Path plain(plain_memory, mode, level, entry, va);
  const Path model(model_memory, mode, level, entry, va);
  const PlainWalk expected = plain_walk(name, controls, plain.memory, root, va, asked.kind, asked.user);
  const WalkOutcome found =
      reference_walk(mode, model.memory, PhysicalAddress(root), VirtualAddress(va), {asked.kind, asked.user});
  ASSERT_EQ(difference(expected, found, va), "") << name << " level " << level << " entry " << std::hex << entry;
  for (const PhysicalAddress at : model.at) {
    ASSERT_EQ(model.memory.read(at, mode.entry_bytes()), plain.memory.read(at, mode.entry_bytes()))
        << name << " level " << level << " entry " << std::hex << entry;
  }
}

/// The entry whose named bits are those of `choice`.
std::uint64_t spread(std::uint64_t choice, const std::vector<unsigned>& positions) {
  std::uint64_t entry = 0;
  for (std::size_t i = 0; i < positions.size(); ++i) entry |= (choice >> i & 1) << positions[i];
  return entry;
}

/// Bits 0 to 8 are always used; 12, 13, 20 and 21 are PAT, frame or reserved in large leaves; 47 and 51 are frame or
/// above MAXPHYADDR; 58 is ignored or reserved, 61 and 62 belong to the key, 63 is XD.
const std::vector<unsigned> long_bits = {0, 1, 2, 5, 6, 7, 8, 12, 13, 21, 51, 58, 61, 62, 63};
const std::vector<unsigned> short_bits = {0, 1, 2, 3, 4, 5, 6, 7, 8, 12, 13, 16, 17, 20, 21};

X86Controls x86_controls(unsigned choice) {
  X86Controls controls;
  controls.wp = (choice & 1) != 0;
  controls.smep = (choice & 2) != 0;
  controls.smap = (choice & 4) != 0;
  controls.ac = (choice & 8) != 0;
  controls.nxe = (choice & 16) != 0;
  controls.pge = (choice & 32) != 0;
  controls.pse = (choice & 64) != 0;
  controls.pke = (choice & 128) != 0;
  controls.page1gb = (choice & 256) != 0;
  controls.maxphyaddr = (choice & 512) != 0 ? 52 : 36;
  controls.pkru = 0x02010000;  // key 8: access disabled; key 12: write disabled
  return controls;
}

class EveryX86Entry : public testing::TestWithParam<const char*> {};

TEST_P(EveryX86Entry, DecodesAsTheManualSays) {
  const std::string name = GetParam();
  const std::vector<unsigned>& bits = name == "x86-32" ? short_bits : long_bits;
  Dice dice(1);
  // Every entry at every level, each under a few settings: over all entries every setting meets every bit many times.
  const auto shape = make_paging_mode(name);
  for (unsigned level = 0; level < shape->levels(); ++level) {
    std::uint64_t choice = 0;
    for (unsigned batch = 0; choice < std::uint64_t{1} << bits.size(); ++batch) {
      PagingControls controls;
      controls.x86 = x86_controls(static_cast<unsigned>(dice.number(0, 1023)));
      const auto mode = make_paging_mode(name, controls);
      for (unsigned i = 0; i < 16; ++i, ++choice) {
        for (const Asked& asked : every_access) {
          expect_same(name, *mode, controls, level, spread(choice, bits), 0x2345678, asked);
          if (HasFatalFailure()) return;
        }
      }
    }
  }
}

TEST_P(EveryX86Entry, ObeysEverySettingOfTheControlRegisters) {
  const std::string name = GetParam();
  const std::vector<unsigned> bits =
      name == "x86-32" ? std::vector<unsigned>{1, 2, 7, 8, 21} : std::vector<unsigned>{1, 2, 7, 8, 40, 61, 62, 63};
  for (unsigned setting = 0; setting < 1024; ++setting) {
    PagingControls controls;
    controls.x86 = x86_controls(setting);
    const auto mode = make_paging_mode(name, controls);
    for (unsigned level = 0; level < mode->levels(); ++level) {
      for (std::uint64_t choice = 0; choice < std::uint64_t{1} << bits.size(); ++choice) {
        const Asked& asked = every_access[(setting + choice) % every_access.size()];
        expect_same(name, *mode, controls, level, spread(choice, bits) | 1, 0x2345678, asked);
        if (HasFatalFailure()) return;
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Modes, EveryX86Entry, testing::Values("x86-32", "x86-pae", "x86-64", "x86-64-la57"));

/// Bits 0 to 7 are always used; 10 to 13 belong to a 64 KiB page's size; 19 and 28 to a large page's frame or offset;
/// 45 is beyond a small physical memory; 54 and 60 are reserved; 61 to 63 are PBMT and N.
const std::vector<unsigned> sv_bits = {0, 1, 2, 3, 4, 5, 6, 7, 10, 13, 28, 45, 54, 61, 62, 63};
const std::vector<unsigned> sv32_bits = {0, 1, 2, 3, 4, 5, 6, 7, 10, 13, 19, 20, 28, 31};

RiscvControls riscv_controls(unsigned choice) {
  RiscvControls controls;
  controls.sum = (choice & 1) != 0;
  controls.mxr = (choice & 2) != 0;
  controls.svadu = (choice & 4) != 0;
  controls.svnapot = (choice & 8) != 0;
  controls.svpbmt = (choice & 16) != 0;
  controls.physical_bits = (choice & 32) != 0 ? 56 : 33;
  return controls;
}

class EveryRiscvEntry : public testing::TestWithParam<const char*> {};

TEST_P(EveryRiscvEntry, DecodesAsTheManualSaysUnderEverySetting) {
  const std::string name = GetParam();
  const std::vector<unsigned>& bits = name == "sv32" ? sv32_bits : sv_bits;
  std::vector<PagingControls> settings(64);
  std::vector<std::shared_ptr<const PagingMode>> modes;
  for (unsigned i = 0; i < settings.size(); ++i) {
    settings[i].riscv = riscv_controls(i);
    modes.push_back(make_paging_mode(name, settings[i]));
  }
  // Each entry with one setting and one access: over the entries all combinations occur.
  std::uint64_t place = 0;
  for (unsigned level = 0; level < modes.front()->levels(); ++level) {
    for (std::uint64_t choice = 0; choice < std::uint64_t{1} << bits.size(); ++choice) {
      for (unsigned i = 0; i < 8; ++i, ++place) {
        const std::uint64_t setting = (place * 29 + choice) % settings.size();
        const Asked& asked = every_access[place % every_access.size()];
        expect_same(name, *modes[setting], settings[setting], level, spread(choice, bits), 0x2345678, asked);
        if (HasFatalFailure()) return;
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Modes, EveryRiscvEntry, testing::Values("sv32", "sv39", "sv48", "sv57"));

/// Rights of every level against those of every other: the AND of all, and for NX the OR.
TEST(X86Paths, RightsOfAllLevelsCombine) {
  const PagingControls controls;
  const auto mode = make_paging_mode("x86-64", controls);
  constexpr std::uint64_t va = 0x123456789abc;
  PhysicalMemory plain;
  PhysicalMemory model;
  for (unsigned rights = 0; rights < 1u << 12; ++rights) {
    for (const Asked& asked : every_access) {
      for (PhysicalMemory* memory : {&plain, &model}) {
        for (unsigned level = 0; level < 4; ++level) {
          const unsigned three = rights >> (3 * level) & 7;
          const std::uint64_t entry = 1 | std::uint64_t{three & 3} << 1 | std::uint64_t{three >> 2} << 63;
          memory->write(mode->entry_address(level, PhysicalAddress(root + 0x1000 * (3 - level)), VirtualAddress(va)), 8,
                        entry | (root + 0x1000 * (4 - level)));
        }
      }
      const PlainWalk expected = plain_walk("x86-64", controls, plain, root, va, asked.kind, asked.user);
      const WalkOutcome found =
          reference_walk(*mode, model, PhysicalAddress(root), VirtualAddress(va), {asked.kind, asked.user});
      ASSERT_EQ(difference(expected, found, va), "") << std::hex << rights;
    }
  }
}

}  // namespace
}  // namespace tablewalk::test::plain_walk_test
