#pragma once

#include <algorithm>
#include <vector>

#include "dram/address_map.h"

namespace tablewalk {

/// A DRAM's timings in cycles of the core: nanoseconds are converted here, once, each rounded up.
struct DramTimings {
  /// `core_mhz` is not 0. `line_bytes` above 64 take several bursts.
  DramTimings(const DramConfig& config, std::uint64_t core_mhz, std::uint64_t line_bytes);

  Cycles rcd, cl, cwl, rp, ras, ccd, rtp, wr;
  Cycles burst;       ///< data bus time of a line, at least 1
  Cycles refi, rfc;   ///< both 0 without refresh
  Cycles controller;  ///< both ways together; counted after the data
};

/// What an access found in its bank's row buffer.
enum class RowOutcome : std::uint8_t {
  Hit,      ///< its row
  Miss,     ///< no row: the bank was idle, or a refresh had closed it
  Conflict  ///< another row, to be precharged first
};

/// When and how a line is transferred. `complete - arrival == queue + service`, where service is what the access takes
/// of an idle channel: controller + burst + column latency, + tRCD on a miss, + tRP + tRCD on a conflict.
struct Service {
  Cycles accepted;  ///< when the bank's queue has it
  Cycles complete;  ///< when the requester has its data, or the bank has it in a write
  Cycles queue;     ///< waiting: for room in the queue, the bank (tRAS, tWR, ... included), a refresh, the data bus
  RowOutcome row = RowOutcome::Miss;
  bool refresh_stalled = false;  ///< part of the wait was for a refresh
};

/// The bursts that a data bus will carry: all of one length, none overlapping. A burst may go in a gap before one that
/// was reserved earlier, so that a fast bank does not wait for a slow one.
class DataBus {
 public:
  DataBus(Cycles burst, std::size_t capacity) : burst_(burst), starts_(2 * capacity) {}

  /// Takes the first gap at or after `earliest`; returns where the burst starts. No later reservation will be for a
  /// time before `now`, and at most `capacity` reservations end after it.
  Cycles reserve(Cycles earliest, Cycles now);

 private:
  Cycles burst_;
  std::vector<Cycles> starts_;  ///< in order, from head_ to tail_; twice the capacity, so that moving down is rare
  std::size_t head_ = 0;
  std::size_t tail_ = 0;
};

/// Decides when each access is served. Each bank serves its queue in order; banks work in parallel and share their
/// channel's data bus. Knows tRCD, tCL, tCWL, tRP, tRAS, tCCD, tRTP, tWR and refresh of whole ranks; does not know what
/// binds the banks of a rank to each other (tRRD, tFAW), nor the bus's turn from reads to writes.
///
/// Refresh is arithmetic on time. Rank r of R is refreshed during tRFC from r * tREFI / R + n * tREFI on, n = 1, 2, ...
/// An access whose first command would fall into a refresh waits for its end; one that has begun is finished. A refresh
/// closes its rank's rows.
class DramScheduler {
 public:
  DramScheduler(const DramConfig& config, std::uint64_t core_mhz, std::uint64_t line_bytes);

  /// Serves an access that arrives at `arrival`, which is not before that of an earlier call.
  Service schedule(PhysicalAddress line, bool write, Cycles arrival);

  const DramTimings& timings() const { return timings_; }

 private:
  struct Bank {
    bool open = false;
    std::uint64_t row = 0;             ///< if open
    Cycles column_ready;               ///< the first cycle for its next access's first command
    Cycles precharge_ready;            ///< if open
    Cycles activate_ready;             ///< if not open
    std::uint64_t refreshes_seen = 0;  ///< of its rank, up to its last command
    std::uint32_t oldest_slot = 0;     ///< of its part of queue_slots_
  };
  struct Channel {
    Cycles accepting;  ///< from when on: accesses enter their banks' queues in order of arrival
    DataBus bus;
  };
  struct FirstCommand {
    Cycles at;
    RowOutcome row;
    bool refresh_stalled;
  };

  Cycles accept(Channel& channel, Bank& bank, Cycles& slot, Cycles arrival);
  FirstCommand begin(Bank& bank, std::uint32_t rank, std::uint64_t row, Cycles from) const;
  RowOutcome outcome(const Bank& bank, std::uint64_t row) const;
  Cycles earliest_command(const Bank& bank, RowOutcome outcome, Cycles from) const;
  void close_row(Bank& bank) const;
  Cycles service_cycles(RowOutcome outcome, bool write) const;

  Cycles refresh_offset(std::uint32_t rank) const;
  std::uint64_t refreshes_started(std::uint32_t rank, Cycles cycle) const;
  Cycles after_refresh(std::uint32_t rank, Cycles cycle) const;

  AddressMap map_;
  DramTimings timings_;
  PagePolicy policy_;
  std::uint32_t ranks_;
  std::uint32_t banks_;
  std::uint32_t bank_queue_;
  std::vector<Channel> channels_;
  std::vector<Bank> bank_state_;     ///< [channel][rank][bank]
  std::vector<Cycles> queue_slots_;  ///< [bank][slot]: when the access that holds it is served
};

}  // namespace tablewalk
