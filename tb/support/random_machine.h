#pragma once

#include <string>
#include <vector>

#include "support/dice.h"
#include "system/machine_config.h"
#include "trace/record.h"

namespace tablewalk::test {

/// Any machine that a config can describe, small enough that its structures and queues fill up.
MachineConfig random_machine(Dice& dice);
MachineConfig random_machine(Dice& dice, const std::string& mode_name);
/// The same, for tests that know radix tables only.
MachineConfig random_radix_machine(Dice& dice);
/// Removes what walkers in hardware cannot serve: TLBs that coalesce or prefetch.
void fit_for_hardware(MachineConfig& config);

/// For messages: how to have the case of that seed again, and its machine.
std::string how_to_repeat(std::uint64_t seed, const MachineConfig& config);

/// Sets a random choice of the machine's idealisations.
void idealise(Dice& dice, MachineConfig& config);

/// A TLB or cache replacement policy.
Replacement random_replacement(Dice& dice);

/// Any event supported on a machine of that mode, with that page and address space if it has these fields.
Record random_event(Dice& dice, const PagingMode& mode, VirtualAddress address, AddressSpaceId asid);

/// A trace of `count` records that a machine of that config can run: regions of few or many pages, bursts on one page,
/// every kind of access, some across lines and pages, of one or of several address spaces, by user and supervisor, and
/// invalidate events between them; or a generator's pattern.
std::vector<Record> random_trace(Dice& dice, const MachineConfig& config, std::size_t count);

}  // namespace tablewalk::test
