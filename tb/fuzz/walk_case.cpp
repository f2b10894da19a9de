#include "fuzz/walk_case.h"

#include <fmt/format.h>

#include "base/error.h"
#include "paging/reference_walk.h"
#include "support/dice.h"

namespace tablewalk::test {
namespace {

const std::vector<const char*> mode_names = {"x86-32", "x86-pae", "x86-64", "x86-64-la57",
                                             "sv32",   "sv39",    "sv48",   "sv57"};
constexpr unsigned settings_per_mode = 6;
constexpr unsigned table_pages = 8;
constexpr unsigned most_questions = 4;
constexpr std::uint64_t arena = 0x1000;  ///< where the tables are

PagingControls random_controls(Dice& dice) {
  PagingControls controls;
  X86Controls& x86 = controls.x86;
  for (bool* flag :
       {&x86.wp, &x86.smep, &x86.smap, &x86.ac, &x86.nxe, &x86.pge, &x86.pse, &x86.pcide, &x86.pke, &x86.page1gb}) {
    *flag = dice.chance(50);
  }
  x86.pkru = dice.number(0, 0xFFFFFFFE);
  x86.maxphyaddr = dice.number(32, 52);
  RiscvControls& riscv = controls.riscv;
  for (bool* flag : {&riscv.sum, &riscv.mxr, &riscv.svadu, &riscv.svnapot, &riscv.svpbmt}) *flag = dice.chance(50);
  riscv.physical_bits = dice.chance(50) ? 56 : dice.number(16, 55);
  return controls;
}

WalkerConfig random_walker(Dice& dice) {
  WalkerConfig config;
  config.walkers = dice.number(1, 3);
  for (std::uint32_t level = 1; level < 5; ++level) {
    if (!dice.chance(30)) continue;
    WalkCacheConfig cache;
    cache.level = level;
    cache.entries = 4;
    cache.ways = dice.chance(50) ? 0 : 2;
    config.walk_caches.push_back(cache);
  }
  return config;
}

/// An entry of the case's bytes. One in eight is as random as they are; the others are likely to be good ones, so that
/// walks get somewhere: pointers to tables of the arena, and pages, aligned to 1 GiB or not, with the bits that the
/// bytes choose.
std::uint64_t take_entry(Bytes& bytes, const PagingMode& mode) {
  const std::uint64_t choice = bytes.take(1);
  const std::uint64_t raw = bytes.take(mode.entry_bytes());
  const bool riscv = mode.name().compare(0, 2, "sv") == 0;
  const std::uint64_t pointer = arena + 0x1000 * (choice / 8 % table_pages);
  const std::uint64_t page = (choice & 64) != 0 ? (choice / 8 % 4) << 30 : raw & low_bits(52) & ~low_bits(30);
  const auto entry = [&](std::uint64_t target, std::uint64_t flags) {
    const std::uint64_t number = riscv ? target >> 12 << 10 : target;
    const std::uint64_t high = choice >= 224 ? raw & ~low_bits(52) : 0;
    return (number | flags | 1 | high) & low_bits(8 * mode.entry_bytes());
  };
  switch (choice % 8) {
    case 0:
      return raw;
    case 1:
    case 2:
    case 3:
      return entry(pointer, riscv ? raw & 0x20 : (raw & 0x17F) | 0x6);
    case 4:  // many rights: R W X, or user and writable
      return entry(page, riscv ? (raw & 0x3F1) | 0xE : (raw & 0x1FF) | 0x86);
    case 5:
      return entry(page, riscv ? raw & 0x3FF : (raw & 0x1FF) | 0x84) |
             (mode.name().compare(0, 6, "x86-64") == 0 ? raw & (std::uint64_t{15} << 59) : 0);
    case 6:
      return entry(page, riscv ? (raw & 0x3F1) | 0xA : raw & 0x1FF);
    default:
      return entry(pointer, raw & (riscv ? 0x3FF : 0xFFF));
  }
}

/// An address of the case's bytes: canonical but for one in sixteen.
std::uint64_t take_address(Bytes& bytes, const PagingMode& mode) {
  const std::uint64_t choice = bytes.take(1);
  const std::uint64_t raw = bytes.take(8);
  if (choice % 16 == 0) return raw;
  const unsigned bits = mode.virtual_bits();
  const std::uint64_t low = raw & low_bits(bits);
  const bool extends = bits > 34 && (low >> (bits - 1) & 1) != 0;
  return extends ? low | ~low_bits(bits) : low;
}

}  // namespace

bool CaseMemory::receive_access(unsigned, MemoryAccess& access, Cycles& cycle) {
  access.transfer_entry(bytes);
  access.set_response_status(tlm::TLM_OK_RESPONSE);
  port_.respond(access, cycle + Cycles(latency));
  return false;
}

const Answer& CaseClient::ask(PhysicalAddress root, AddressSpaceId asid, std::uint64_t va, Access access) {
  request_ = {};
  request_.va = VirtualAddress(va);
  request_.root = root;
  request_.asid = asid;
  request_.access = access;
  answered_ = false;
  translator_side.request_at(request_, Clockwork::of_simulation().now() + Cycles(2));
  sc_core::sc_start();
  Clockwork::of_simulation().rethrow_failure();
  if (!answered_) throw LawViolation("a request was not answered");
  return request_.answer;
}

void CaseClient::receive_translation(unsigned, TranslationRequest& request, Cycles visible) {
  if (answered_) throw LawViolation("a request was answered twice");
  if (request.accounted != visible) throw LawViolation("the account of a request does not end with its answer");
  answered_ = true;
}

CaseWalker::CaseWalker(std::string mode_name, const PagingControls& mode_controls, const WalkerConfig& config)
    : name(std::move(mode_name)),
      controls(mode_controls),
      mode(make_paging_mode(name, controls)),
      walker(sc_core::sc_gen_unique_name("walker"), config, *mode, 1),
      client(sc_core::sc_gen_unique_name("client")),
      memory(std::make_unique<CaseMemory>(sc_core::sc_gen_unique_name("memory"))) {
  client.translator_side.socket.bind(walker.tlb_side(0));
  walker.memory_side.socket.bind(memory->walker_side());
}

WalkCases::WalkCases(std::uint64_t seed) {
  Dice dice(seed);
  for (const char* name : mode_names) {
    for (unsigned i = 0; i < settings_per_mode; ++i) {
      const PagingControls controls = i == 0 ? PagingControls{} : random_controls(dice);
      const WalkerConfig walker = i == 0 ? WalkerConfig{} : random_walker(dice);
      walkers_.push_back(std::make_unique<CaseWalker>(name, controls, walker));
    }
  }
  sc_core::sc_start(sc_core::SC_ZERO_TIME);
}

std::string WalkCases::run(const std::uint8_t* data, std::size_t size) {
  Bytes bytes(data, size);
  CaseWalker& with = *walkers_[bytes.take(1) % walkers_.size()];
  const PagingMode& mode = *with.mode;
  const std::uint64_t shape = bytes.take(1);
  with.memory->latency = 1 + shape % 7;
  std::vector<Question> questions(1 + shape / 8 % most_questions);
  for (Question& question : questions) {
    question.va = take_address(bytes, mode);
    const std::uint64_t choice = bytes.take(1);
    question.access = {static_cast<AccessKind>(choice % 3), (choice & 4) != 0};
  }
  // PAE's root is one of the 128 tables of a page.
  const std::uint64_t root = arena + (with.name == "x86-pae" ? shape / 64 * 32 : 0);
  model_ = {};
  plain_ = {};
  with.memory->bytes = {};
  std::vector<PhysicalAddress> places;
  for (unsigned page = 0; page < table_pages; ++page) {
    const PhysicalAddress table(page == 0 ? root : arena + 0x1000 * page);
    for (const Question& question : questions) {
      for (unsigned level = 0; level < mode.levels(); ++level) {
        const PhysicalAddress at = mode.entry_address(level, table, VirtualAddress(question.va));
        const std::uint64_t entry = take_entry(bytes, mode);
        for (PhysicalMemory* memory : {&model_, &plain_, &with.memory->bytes}) {
          memory->write(at, mode.entry_bytes(), entry);
        }
        places.push_back(at);
      }
    }
  }
  std::string text = walk_three_ways(with, questions, root);
  text += compare_memory(with, places);
  return text.empty() ? text : with.name + ": " + text;
}

std::string WalkCases::walk_three_ways(CaseWalker& with, const std::vector<Question>& questions, std::uint64_t root) {
  std::string text;
  constexpr AddressSpaceId asid = 1;
  // What walk caches remember is of the case before; and where a table maps itself, a walk's own update of one entry
  // can change what another is.
  bool changed = true;
  for (const auto& [va, access] : questions) {
    if (changed) with.client.translator_side.invalidate({}, Clockwork::cycle_after(sc_core::SC_ZERO_TIME));
    const PlainWalk plain = plain_walk(with.name, with.controls, plain_, root, va, access.kind, access.user);
    const WalkOutcome model = reference_walk(*with.mode, model_, PhysicalAddress(root), VirtualAddress(va), access);
    changed = plain.updates != 0;
    ++endings_[static_cast<unsigned>(plain.reason)];
    if (plain.existing_bytes < plain.page_bytes) ++parts_of_pages_;
    if (plain.reason == FaultReason::OutOfMemory && plain.existing_bytes != 0) ++beyond_pages_;
    text += difference(plain, model, va);
    const Answer& timed = with.client.ask(PhysicalAddress(root), asid, va, access);
    WalkOutcome answered;
    answered.translated = !timed.faulted;
    answered.translation = timed.translation;
    answered.fault = timed.fault;
    answered.entry_reads = plain.reads;  // the timed walker's own count is the reference walk's but for walk caches
    answered.entry_updates = plain.updates;
    const std::string in_time = difference(plain, answered, va);
    if (!in_time.empty()) text += "timed walker: " + in_time;
  }
  return text;
}

std::string WalkCases::compare_memory(const CaseWalker& with, const std::vector<PhysicalAddress>& places) const {
  std::string text;
  const unsigned bytes = with.mode->entry_bytes();
  for (const PhysicalAddress at : places) {
    const std::uint64_t expected = plain_.read(at, bytes);
    for (const PhysicalMemory* memory : {&model_, static_cast<const PhysicalMemory*>(&with.memory->bytes)}) {
      const std::uint64_t found = memory->read(at, bytes);
      if (found == expected) continue;
      text += fmt::format("entry at {:#x}: {:#x} after the {} walk, {:#x} after the plain one; ", at.value(), found,
                          memory == &model_ ? "reference" : "timed", expected);
    }
  }
  return text;
}

}  // namespace tablewalk::test
