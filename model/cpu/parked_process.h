#pragma once

#include "cpu/fetch_path.h"
#include "cpu/in_flight.h"
#include "cpu/kernel_run.h"
#include "cpu/record_being_started.h"

namespace tablewalk {

/// A process that waits in its kernel while its core runs another one: what the core was doing for it. Everything older
/// has retired, and at most the access whose fault is being handled is in flight.
struct ParkedProcess {
  explicit ParkedProcess(const FetchPath& ahead) : path(ahead) {}

  KernelRun run;
  TranslationRequest* repeated = nullptr;  ///< of that access
  InFlight access;
  bool is_barrier = false;  ///< it stalls everything younger
  AddressSpaceId asid = 0;
  bool user_mode = false;
  RecordBeingStarted record;
  // The front end.
  FetchPath path;
  std::uint64_t on_demand_until = 0;

  /// When its wait is over.
  Cycles wakes() const { return run.busy_until; }
};

}  // namespace tablewalk
