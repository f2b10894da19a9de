#include <gtest/gtest.h>

#include <algorithm>

#include "module/cpu/core_bench.h"

namespace tablewalk::request_port_test {
namespace {

TEST(RequestPort, BlockingCoreEndsEachAccessBeforeTheNext) {
  Bench bench(blocking(), {load(0x1000), load(0x2000), load(0x3000)});
  bench.run();
  EXPECT_EQ(bench.loads_at(), (Starts{0, whole_access, 2 * whole_access}));
  EXPECT_EQ(bench.port.cycles().total(), 3 * whole_access);
}

TEST(RequestPort, IssueWidthIsAccessesPerCycle) {
  Bench bench(core(8, 1000, 2), {load(0x1000), load(0x2000), load(0x3000), load(0x4000), load(0x5000)});
  bench.run();
  EXPECT_EQ(bench.loads_at(), (Starts{0, 0, 1, 1, 2}));
}

TEST(RequestPort, AccessesInFlightAreLimited) {
  Bench bench(core(2), {load(0x1000), load(0x2000), load(0x3000), load(0x4000)});
  bench.run();
  EXPECT_EQ(bench.loads_at(), (Starts{0, 1, whole_access, whole_access + 1}));
}

TEST(RequestPort, WindowIsCountedInInstructions) {
  CoreConfig config = core(8, 6);
  config.instruction_gap = 2;
  Bench bench(config, {load(0x1000), load(0x2000), load(0x3000)});
  bench.run();
  // One access in three instructions: the third is six after the first and waits until that has retired.
  EXPECT_EQ(bench.loads_at(), (Starts{2, 5, 2 + whole_access}));
}

TEST(RequestPort, YoungerAccessesWaitForAFetchThatMissed) {
  Bench bench(core(8), {load(0x1000), fetch(0x8000), load(0x2000)});
  bench.run();
  EXPECT_EQ(bench.loads_at(), (Starts{0, 1 + whole_access}));
}

TEST(RequestPort, AccessAcrossPagesIsTranslatedTwice) {
  Bench bench(core(8), {load(0x1ffc)});
  bench.run();
  ASSERT_EQ(bench.dtlb.arrivals().size(), 2u);
  EXPECT_EQ(bench.dtlb.arrivals()[0].va, 0x1ffcu);
  EXPECT_EQ(bench.dtlb.arrivals()[1].va, 0x2000u);
  EXPECT_EQ(bench.port.stats().page_straddles, 1u);
  EXPECT_EQ(bench.kernel.walks, (Starts{0x1ffc, 0x2000}));
}

TEST(RequestPort, AccessAcrossLinesIsOneForEachLine) {
  Bench bench(core(8), {load(0x103c, 72)});
  bench.run();
  EXPECT_EQ(bench.dtlb.arrivals().size(), 1u);
  ASSERT_EQ(bench.dcache.arrivals().size(), 3u);
  EXPECT_EQ(bench.dcache.arrivals()[1].address, 0x1040u);
  EXPECT_EQ(bench.dcache.arrivals()[2].address, 0x1080u);
  EXPECT_EQ(bench.port.stats().line_straddles, 1u);
}

TEST(RequestPort, ReadAndWriteOfTheSameDataIsAStore) {
  Bench bench(core(8), {Record{VirtualAddress(0x1000), 8, RecordKind::Modify}});
  bench.run();
  EXPECT_EQ(bench.dtlb.arrivals().at(0).kind, AccessKind::Store);
  EXPECT_TRUE(bench.dcache.arrivals().at(0).write);
}

TEST(RequestPort, FaultIsHandledWhenEverythingOlderHasRetiredAndNothingYoungerStartsMeanwhile) {
  Bench bench(core(3), {load(0x1000), load(0x2000), load(0x3000), load(0x4000)});
  bench.dtlb.decide = [&bench](const TranslationRequest& request) {
    Answer answer;
    answer.faulted = request.va.value() == 0x2000 && bench.kernel.faults.empty();
    answer.fault.reason = FaultReason::NotPresent;
    answer.translation.page = PhysicalAddress(request.va.value());
    answer.translation.page_shift = 12;
    return answer;
  };
  bench.run();
  EXPECT_EQ(bench.kernel.faults, (Starts{0x2000}));
  const std::uint64_t repeated = whole_access + fault_cycles;
  EXPECT_EQ(bench.loads_at(), (Starts{0, 1, 2, repeated, repeated}));
  EXPECT_EQ(bench.dtlb.arrivals()[3].va, 0x2000u);
  EXPECT_EQ(bench.port.stats().translation_cycles.fault, fault_cycles + whole_access - 1 - tlb_latency);
  EXPECT_EQ(bench.port.cycles().total(), repeated + whole_access);
  EXPECT_TRUE(bench.dtlb.invalidations().empty()) << "nobody remembers a page that was not there";
  EXPECT_EQ(bench.port.stats().root_writes, 0u) << "the kernel has no root of its own";
}

/// Pages are not there until the kernel has handled a fault.
void fault_once(Bench& bench) {
  bench.dtlb.decide = [&bench](const TranslationRequest& request) {
    Answer answer;
    answer.faulted = bench.kernel.faults.empty();
    answer.fault.reason = FaultReason::NotPresent;
    answer.translation.page = PhysicalAddress(request.va.value());
    answer.translation.page_shift = 12;
    return answer;
  };
}

TEST(RequestPort, TheKernelAccessesEveryLineOfWhatItClears) {
  Bench bench(core(3), {load(0x1000)});
  bench.kernel.cleared = PhysicalAddress(0x90020);
  bench.kernel.cleared_bytes = 160;
  fault_once(bench);
  bench.run();
  Starts written;
  for (const auto& arrival : bench.dcache.arrivals()) {
    if (arrival.write) written.push_back(arrival.address);
  }
  EXPECT_EQ(written, (Starts{0x90020, 0x90040, 0x90080}));
  EXPECT_EQ(bench.dcache.arrivals().back().address, 0x1000u) << "then the access itself";
}

/// A load of page 0x13 has entered before, which must not be taken for it.
TEST(RequestPort, AnAccessThatWouldFaultEntersAlone) {
  const Record store{VirtualAddress(0x11000), 8, RecordKind::Store};
  Bench bench(core(8), {load(0x13000), store, load(0x20000)}, make_paging_mode("sv48"), false, true);
  bench.kernel.faulting = {{0x11, AccessKind::Store}};
  bench.run();
  EXPECT_EQ(bench.loads_at(), (Starts{0, whole_access, 2 * whole_access}));
}

TEST(RequestPort, AccessesThatWouldNotFaultEnterTogether) {
  const Record store{VirtualAddress(0x12000), 8, RecordKind::Store};
  Bench bench(core(8), {load(0x11000), store, load(0x12000)}, make_paging_mode("sv48"), false, true);
  bench.kernel.faulting = {{0x11, AccessKind::Store}};
  bench.run();
  EXPECT_EQ(bench.loads_at(), (Starts{0, 1, 2}));
}

TEST(RequestPort, APageThatTheKernelChangedIsForgottenOnBothSidesBeforeTheAccessIsRepeated) {
  Bench bench(core(3), {load(0x1000), load(0x2000), load(0x3000)});
  bench.kernel.changes_page = true;
  bench.dtlb.decide = [&bench](const TranslationRequest& request) {
    Answer answer;
    answer.faulted = request.va.value() == 0x2000 && bench.kernel.faults.empty();
    answer.fault.reason = FaultReason::Permission;
    answer.translation.page = PhysicalAddress(request.va.value());
    answer.translation.page_shift = 12;
    return answer;
  };
  bench.run();
  for (const FakeTranslator* tlb : {&bench.itlb, &bench.dtlb}) {
    ASSERT_EQ(tlb->invalidations().size(), 1u);
    EXPECT_EQ(tlb->invalidations()[0].invalidation.scope, Invalidation::Scope::Page);
    EXPECT_EQ(tlb->invalidations()[0].invalidation.va.value(), 0x2000u);
    EXPECT_LT(tlb->invalidations()[0].cycle, whole_access + fault_cycles);
  }
}

TEST(RequestPort, FaultsThatTheKernelPassesOverEndTheirAccesses) {
  Bench bench(core(8), {load(0x1000), load(0x4000), load(0x2000), load(0x3000)});
  bench.kernel.passes_over = true;
  bench.dtlb.decide = [](const TranslationRequest& request) {
    Answer answer;
    answer.faulted = request.va.value() == 0x2000 || request.va.value() == 0x3000;
    answer.fault.reason = FaultReason::Permission;
    answer.translation.page = PhysicalAddress(request.va.value());
    answer.translation.page_shift = 12;
    return answer;
  };
  bench.run();
  EXPECT_EQ(bench.kernel.faults, (Starts{0x2000, 0x3000}));
  EXPECT_TRUE(bench.port.finished()) << "the second fault waits for nothing but the first";
  EXPECT_EQ(bench.loads_at(), (Starts{0, 1, 2, 3})) << "nobody asks again, nobody waits";
  EXPECT_EQ(bench.port.cycles().total(), 1 + whole_access) << "both end when everything older has";
  ASSERT_EQ(bench.dcache.arrivals().size(), 2u) << "and memory is not accessed";
  EXPECT_EQ(bench.dcache.arrivals()[0].address, 0x1000u);
  EXPECT_EQ(bench.dcache.arrivals()[1].address, 0x4000u);
  EXPECT_EQ(bench.port.stats().faulted_accesses, 2u);
  EXPECT_EQ(bench.port.stats().faults, 0u);
  EXPECT_EQ(bench.port.stats().translations_answered, bench.port.stats().translations_requested);
  EXPECT_EQ(bench.port.stats().translation_latency.sum(), bench.port.stats().translation_cycles.total());
}

TEST(RequestPort, TheRecordOfAFaultIsTheOneThatFaultsAndNotTheNewest) {
  Bench bench(core(8), {load(0x1000), load(0x2000), load(0x3000), load(0x4000)});
  bench.kernel.passes_over = true;
  std::vector<std::uint64_t> records;
  bench.kernel.on_fault = [&] { records.push_back(bench.port.current_record()); };
  bench.dtlb.decide = [](const TranslationRequest& request) {
    Answer answer;
    answer.faulted = request.va.value() == 0x2000;
    answer.fault.reason = FaultReason::Permission;
    answer.translation.page_shift = 12;
    return answer;
  };
  bench.run();
  EXPECT_EQ(records, (Starts{2}));
}

CoreConfig with_invalidations_of(std::uint64_t cycles) {
  CoreConfig config = core(8);
  config.invalidate_cycles = Cycles(cycles);
  return config;
}

TEST(RequestPort, InvalidationWaitsForEverythingOlderAndEverythingYoungerForIt) {
  Bench bench(with_invalidations_of(100), {load(0x1000), load(0x2000), invalidate(0x1000, 7), load(0x3000)});
  bench.run();
  const std::uint64_t retired = 1 + whole_access;
  EXPECT_EQ(bench.loads_at(), (Starts{0, 1, retired + 100}));
  for (const FakeTranslator* tlb : {&bench.itlb, &bench.dtlb}) {
    ASSERT_EQ(tlb->invalidations().size(), 1u);
    EXPECT_EQ(tlb->invalidations()[0].cycle, retired);
    EXPECT_EQ(tlb->invalidations()[0].invalidation.scope, Invalidation::Scope::Page);
    EXPECT_EQ(tlb->invalidations()[0].invalidation.va, VirtualAddress(0x1000));
    EXPECT_EQ(tlb->invalidations()[0].invalidation.asid, 7u);
  }
  EXPECT_EQ(bench.kernel.invalidations.size(), 1u);
  EXPECT_EQ(bench.port.stats().invalidations, 1u);
  EXPECT_EQ(bench.port.stats().accesses[static_cast<unsigned>(RecordKind::Load)], 3u);
  EXPECT_EQ(bench.port.cycles().invalidation, 100u);
  EXPECT_EQ(bench.port.cycles().total(), retired + 100 + whole_access);
}

TEST(RequestPort, InvalidationsFollowOneAnother) {
  Record space = invalidate(0, 3);
  space.kind = RecordKind::InvalidateAsid;
  Record all = invalidate(0);
  all.kind = RecordKind::InvalidateAll;
  Bench bench(with_invalidations_of(30), {invalidate(0x1000), space, load(0x1000), all});
  bench.run();
  EXPECT_EQ(bench.loads_at(), (Starts{60}));
  ASSERT_EQ(bench.dtlb.invalidations().size(), 3u);
  EXPECT_EQ(bench.dtlb.invalidations()[1].cycle, 30u);
  EXPECT_EQ(bench.dtlb.invalidations()[1].invalidation.scope, Invalidation::Scope::AddressSpace);
  EXPECT_EQ(bench.dtlb.invalidations()[1].invalidation.asid, 3u);
  EXPECT_EQ(bench.dtlb.invalidations()[2].cycle, 60 + whole_access);
  EXPECT_EQ(bench.dtlb.invalidations()[2].invalidation.scope, Invalidation::Scope::All);
  EXPECT_EQ(bench.port.cycles().invalidation, 90u);
  EXPECT_EQ(bench.port.cycles().total(), 90 + whole_access);
}

TEST(RequestPort, InvalidationThatCostsNothingIsAFenceAllTheSame) {
  Bench bench(with_invalidations_of(0), {load(0x1000), invalidate(0x1000), load(0x2000)});
  bench.run();
  EXPECT_EQ(bench.loads_at(), (Starts{0, whole_access}));
}

TEST(RequestPort, InvalidationWaitsForTheFaultsBeforeIt) {
  Bench bench(with_invalidations_of(10), {load(0x1000), invalidate(0x1000), load(0x2000)});
  fault_once(bench);
  bench.run();
  const std::uint64_t repeated = tlb_latency + fault_cycles;
  EXPECT_EQ(bench.loads_at(), (Starts{0, repeated, repeated + whole_access + 10}));
  EXPECT_EQ(bench.dtlb.invalidations().at(0).cycle, repeated + whole_access);
}

// Switches of address space.

Record in_space(Record record, AddressSpaceId asid) {
  record.asid = asid;
  return record;
}
Record write_cr3(AddressSpaceId asid) {
  return {VirtualAddress(0), 0, RecordKind::MovToCr3, Privilege::User, asid};
}
CoreConfig with_switches_of(std::uint64_t cycles) {
  CoreConfig config = core(8);
  config.switch_cycles = Cycles(cycles);
  return config;
}

TEST(RequestPort, SwitchWaitsForEverythingOlderAndEverythingYoungerForIt) {
  Bench bench(with_switches_of(70), {load(0x1000), load(0x2000), in_space(load(0x3000), 5)},
              make_paging_mode("x86-32"));
  bench.run();
  const std::uint64_t retired = 1 + whole_access;
  EXPECT_EQ(bench.loads_at(), (Starts{0, 1, retired + 70}));
  for (const FakeTranslator* tlb : {&bench.itlb, &bench.dtlb}) {
    ASSERT_EQ(tlb->invalidations().size(), 1u);
    EXPECT_EQ(tlb->invalidations()[0].cycle, retired);
    EXPECT_EQ(tlb->invalidations()[0].invalidation.scope, Invalidation::Scope::AllNotGlobal);
    EXPECT_TRUE(tlb->invalidations()[0].invalidation.by_switch);
  }
  EXPECT_EQ(bench.kernel.invalidations.size(), 1u) << "tables may change";
  EXPECT_EQ(bench.port.stats().switches, 1u);
  EXPECT_EQ(bench.port.stats().invalidations, 0u);
  EXPECT_EQ(bench.port.cycles().switching, 70u);
  EXPECT_EQ(bench.port.cycles().invalidation, 0u);
  EXPECT_EQ(bench.port.cycles().total(), retired + 70 + whole_access);
}

TEST(RequestPort, SwitchWithAddressSpaceIdsCostsTimeAndDropsNothing) {
  Bench bench(with_switches_of(70), {load(0x1000), in_space(load(0x1000), 1)}, make_paging_mode("x86-64"));
  bench.run();
  EXPECT_EQ(bench.loads_at(), (Starts{0, whole_access + 70}));
  EXPECT_TRUE(bench.dtlb.invalidations().empty());
  EXPECT_EQ(bench.port.stats().switches, 1u);
}

TEST(RequestPort, TheFirstAddressSpaceIsNoSwitch) {
  Bench bench(with_switches_of(70), {in_space(load(0x1000), 9)}, make_paging_mode("x86-32"));
  bench.run();
  EXPECT_EQ(bench.loads_at(), (Starts{0}));
  EXPECT_EQ(bench.port.stats().switches, 0u);
  EXPECT_TRUE(bench.dtlb.invalidations().empty());
}

TEST(RequestPort, AWriteOfTheSameCr3IsASwitchAndDropsWhatAnyDoes) {
  Bench bench(with_switches_of(70), {load(0x1000), write_cr3(0), load(0x1000)}, make_paging_mode("x86-32"));
  bench.run();
  EXPECT_EQ(bench.loads_at(), (Starts{0, whole_access + 70}));
  ASSERT_EQ(bench.dtlb.invalidations().size(), 1u);
  EXPECT_EQ(bench.dtlb.invalidations()[0].invalidation.scope, Invalidation::Scope::AllNotGlobal);
  EXPECT_EQ(bench.port.stats().switches, 1u);
}

TEST(RequestPort, AWriteOfCr3ToAnotherSpaceIsOneSwitch) {
  Bench bench(with_switches_of(70), {load(0x1000), write_cr3(3), in_space(load(0x1000), 3)},
              make_paging_mode("x86-64"));
  bench.run();
  ASSERT_EQ(bench.dtlb.invalidations().size(), 1u);
  EXPECT_EQ(bench.dtlb.invalidations()[0].invalidation.scope, Invalidation::Scope::AddressSpace);
  EXPECT_EQ(bench.dtlb.invalidations()[0].invalidation.asid, 3u);
  EXPECT_EQ(bench.port.stats().switches, 1u);
}

TEST(RequestPort, WithPageTableIsolationAChangeOfPrivilegeWritesTheRoot) {
  constexpr std::uint64_t root_cycles = 7;
  Record supervisor = load(0x2000);
  supervisor.privilege = Privilege::Supervisor;
  Bench bench(core(8), {load(0x1000), supervisor, load(0x3000), load(0x4000)});
  SpaceServices services{SpaceIds({}, 1), true, false, Cycles(root_cycles)};
  bench.port.use(services, 0);
  bench.run();
  constexpr std::uint64_t turn = whole_access + root_cycles;
  EXPECT_EQ(bench.loads_at(), (Starts{0, turn, 2 * turn, 2 * turn + 1}));
  EXPECT_EQ(bench.port.stats().root_writes, 2u);
}

TEST(RequestPort, PrivilegeGoesWithTheAccess) {
  Record supervisor = load(0x1ffc);
  supervisor.privilege = Privilege::Supervisor;
  Bench bench(core(8), {load(0x1000), supervisor, load(0x3000)});
  bench.run();
  std::vector<bool> users;
  for (const auto& arrival : bench.dtlb.arrivals()) users.push_back(arrival.user);
  EXPECT_EQ(users, (std::vector<bool>{true, false, false, true})) << "both parts of the second are a supervisor's";
  EXPECT_EQ(bench.port.stats().supervisor_accesses, 1u);
}

/// Its address depends on the n-th load before it.
Record from(std::uint16_t distance, Record record) {
  record.distance = distance;
  return record;
}
Record store(std::uint64_t address) {
  return {VirtualAddress(address), 8, RecordKind::Store};
}

TEST(RequestPort, AChainOfLoadsTakesOneWholeAccessForEach) {
  Bench bench(core(8), {load(0x1000), from(1, load(0x2000)), from(1, load(0x3000)), from(1, load(0x4000))});
  bench.run();
  EXPECT_EQ(bench.loads_at(), (Starts{0, whole_access, 2 * whole_access, 3 * whole_access}));
  EXPECT_EQ(bench.port.cycles().total(), 4 * whole_access);
}

TEST(RequestPort, YoungerAccessesDoNotWaitForOneThatWaitsForItsOperand) {
  Bench bench(core(8), {load(0x1000), from(1, load(0x2000)), load(0x3000), from(3, store(0x4000))});
  bench.run();
  EXPECT_EQ(bench.loads_at(), (Starts{0, 2, whole_access, whole_access}));
  EXPECT_EQ(bench.dtlb.arrivals()[1].va, 0x3000u);
  EXPECT_EQ(bench.dtlb.arrivals()[2].va, 0x2000u) << "of those that wait for one load the oldest is first";
  EXPECT_EQ(bench.kernel.walks.at(1), 0x2000u) << "pages are mapped in program order";
}

TEST(RequestPort, AnOperandIsTheNthLoadOrModifyBefore) {
  const Record modify{VirtualAddress(0x2000), 8, RecordKind::Modify};
  Bench bench(core(8), {load(0x1000), modify, store(0x3000), from(1, load(0x4000)), from(3, load(0x5000))});
  bench.run();
  EXPECT_EQ(bench.loads_at(), (Starts{0, 1, 2, whole_access, whole_access + 1}));
  EXPECT_EQ(bench.dtlb.arrivals()[3].va, 0x5000u) << "the first load's data are there before the modify's";
  EXPECT_EQ(bench.dtlb.arrivals()[4].va, 0x4000u);
}

TEST(RequestPort, AnOperandAcrossPagesIsThereWithItsLastPart) {
  Bench bench(core(8), {load(0x1ffc), from(1, load(0x4000))});
  bench.run();
  EXPECT_EQ(bench.loads_at(), (Starts{0, 1, 1 + whole_access}));
}

TEST(RequestPort, AnOperandThatHasRetiredIsThere) {
  Bench bench(core(2), {load(0x1000), load(0x2000), load(0x3000), from(3, load(0x4000)), from(999, load(0x5000))});
  bench.run();
  EXPECT_EQ(bench.loads_at(), (Starts{0, 1, whole_access, whole_access + 1, 2 * whole_access}));
}

TEST(RequestPort, ChainedMakesEveryDataAccessWaitForTheLoadBeforeIt) {
  Bench bench(core(8), {load(0x1000), store(0x2000), load(0x3000), load(0x4000)}, make_paging_mode("sv48"), true);
  bench.run();
  EXPECT_EQ(bench.loads_at(), (Starts{0, whole_access, whole_access, 2 * whole_access}));
}

TEST(RequestPort, DependencesChangeNothingInABlockingCore) {
  Bench bench(blocking(), {load(0x1000), from(1, load(0x2000)), from(2, load(0x3000))});
  bench.run();
  EXPECT_EQ(bench.loads_at(), (Starts{0, whole_access, 2 * whole_access}));
}

TEST(RequestPort, AFaultWaitsForAnOlderAccessThatWaitsForItsOperand) {
  Bench bench(core(8), {load(0x1000), from(1, load(0x2000)), load(0x3000)});
  bench.dtlb.decide = [&bench](const TranslationRequest& request) {
    Answer answer;
    answer.faulted = request.va.value() == 0x3000 && bench.kernel.faults.empty();
    answer.fault.reason = FaultReason::NotPresent;
    answer.translation.page = PhysicalAddress(request.va.value());
    answer.translation.page_shift = 12;
    return answer;
  };
  bench.run();
  EXPECT_EQ(bench.loads_at(), (Starts{0, 2, whole_access, 2 * whole_access + fault_cycles}));
}

TEST(RequestPort, LoadsInFlightAreLimitedAndStoresAreNot) {
  CoreConfig config = core(8);
  config.loads_in_flight = 2;
  Bench bench(config, {load(0x1000), store(0x2000), load(0x3000), store(0x4000), load(0x5000)});
  bench.run();
  EXPECT_EQ(bench.loads_at(), (Starts{0, 1, 2, 3, whole_access}));
}

TEST(RequestPort, StoresInFlightAreLimitedAndLoadsAreNot) {
  CoreConfig config = core(8);
  config.stores_in_flight = 1;
  const Record modify{VirtualAddress(0x5000), 8, RecordKind::Modify};
  Bench bench(config, {load(0x1000), store(0x2000), load(0x3000), load(0x4000), modify});
  bench.run();
  EXPECT_EQ(bench.loads_at(), (Starts{0, 1, 2, 3, 1 + whole_access}));
}

}  // namespace
}  // namespace tablewalk::request_port_test
