#pragma once

#include <array>
#include <vector>

#include "dram/address_map.h"
#include "dram/dram_queues.h"
#include "dram/dram_timing.h"
#include "dram/refresh_plan.h"

namespace tablewalk {

/// A channel's note about an access: one for a read, two for a write (accepted, then written).
struct DramNote {
  enum class Kind : std::uint8_t {
    Read,       ///< its column command is issued
    Forwarded,  ///< a read of a line in the write buffer, served from there
    Accepted,   ///< a write is in the controller and complete for its sender
    Written     ///< its column command is issued
  };
  Kind kind = Kind::Read;
  RowOutcome row = RowOutcome::Hit;  ///< Read and Written
  bool refresh_stalled = false;      ///< Read and Written: waited for a refresh
  std::uint32_t token = 0;           ///< of the access; not for Written, whose sender already has the response
  Clocks arrival;
  Clocks
      complete;  ///< end of the data transfer (for reads also of the controller latency), or of acceptance of a write
  /// Read: `complete - arrival` minus the latency on an idle channel: controller + burst + CL, + tRCD on a miss, + tRP
  /// + tRCD on a conflict.
  Clocks queue;
};

/// One channel's controller: queues, and when to issue which command. Works in memory clocks and does not run by
/// itself: it reports when it can next act and is then called.
///
/// One command per clock. A due refresh comes first (see RefreshPlan). Otherwise the oldest access whose next command
/// is ready wins. The candidates are:
///
/// frfcfs: in each bank, of the `bank_queue` oldest accesses, the row hits, and the oldest of all. The latter may open
/// its row, and may close another row if that has no hits left, or after `row_hit_limit` hits. Writes wait in a buffer,
/// which also serves reads of the same line. The buffer is drained to the banks when it is full, or when all bank
/// queues are empty and it holds more than `write_low`; reads arriving during a drain wait for its end.
///
/// fcfs: the oldest of each bank, reads and writes alike.
class DramChannel {
 public:
  enum class Command : std::uint8_t {
    Activate,
    Precharge,  ///< for an access to another row
    Column,
    Close,  ///< a precharge before a refresh
    Refresh
  };

  /// The next command.
  struct Plan {
    Clocks at = Clocks::never();
    std::uint64_t age = 0;  ///< of its access; 0: a refresh
    Command command = Command::Column;
    std::uint32_t subject = 0;  ///< the access; for Close the bank, for Refresh the rank
    std::uint32_t bank = 0;     ///< the access's bank; for Refresh the first one

    bool is_beaten_by(Clocks other_at, std::uint64_t other_age) const {
      return other_at < at || (other_at == at && other_age <= age);
    }
    void improve(const Plan& other) {
      if (is_beaten_by(other.at, other.age)) *this = other;
    }
  };

  DramChannel(const DramConfig& config, const DramTimings& timings);

  /// An access arrives at clock `at`, not before an earlier one, and after run(at - 1).
  void arrive(const DramLocation& place, std::uint64_t line, bool write, Clocks at, std::uint32_t token);

  /// The first clock in which it may issue a command; never if it has nothing to do.
  Clocks next() const { return plan_.at; }
  /// A lower bound of the next note's clock unless an access arrives; never if there is nothing to do. Only arrivals
  /// and column commands cause notes, so the preceding commands need not be issued before this clock: run() issues them
  /// later in their own clocks.
  Clocks next_note() const { return plan_.command == Command::Column ? plan_.at : std::max(plan_.at, first_column_); }
  /// The next command to issue, unless an access arrives before it.
  const Plan& planned() const { return plan_; }
  /// The access of a planned command.
  const DramAccess& access(std::uint32_t index) const { return pool_[index]; }
  /// Plans without the bounds cached from earlier plans, at `from` or later. The result must be the same; for tests.
  void plan_anew(Clocks from);
  /// Issues the commands of all clocks up to `until`.
  void run(Clocks until) {
    if (plan_.at <= until) issue_up_to(until);
  }

  /// The notes since clear_notes().
  const std::vector<DramNote>& notes() const { return notes_; }
  void clear_notes() { notes_.clear(); }

 private:
  /// Bounds for a bank with a nonempty queue: no command of it is earlier than `at` or older than `age`. All timings
  /// only rise (DramDevices), and so does each command's first clock, so a bound remains valid until a command goes to
  /// this bank or an access enters its queue. Both reset it.
  struct alignas(64) Bank {
    DramQueues::List queue;
    std::uint32_t place = 0;  ///< in busy_, if its queue is not empty
    Clocks refreshed;         ///< end of its last refresh
    Clocks at;                ///< of its commands, ignoring the command bus and refreshes
    std::uint64_t age = 0;    ///< of the accesses for those commands
    Clocks column;            ///< of its next column command

    void forget() {
      at = column = Clocks(0);
      age = 0;
    }
  };

  void issue_up_to(Clocks until);
  void issue();
  void issue_column(std::uint32_t index, Clocks at);
  void issue_for_refresh(const Plan& plan);
  void make_plan(Clocks from);
  void consider(std::uint32_t number, Clocks from);
  void consider_oldest(std::uint32_t number, Clocks from);
  void consider_queue(std::uint32_t number, Clocks from);
  bool may_be_issued(Command command, std::uint32_t bank, Clocks at) const;
  void consider_refreshes(Clocks from);
  void consider_refresh(std::uint32_t rank, Clocks from);
  void catch_up(Clocks until);
  static void note_found(DramAccess& access, RowOutcome found);

  bool admit(std::uint32_t index, Clocks at);
  bool admit_write(std::uint32_t index, Clocks at);
  bool admit_read(std::uint32_t index, Clocks at);
  void enter_bank(std::uint32_t index, Clocks at);
  void refill(std::uint32_t bank, Clocks at);
  void drain_writes(Clocks at);
  bool has_room(std::uint32_t bank) const { return banks_[bank].queue.count < bank_queue_; }
  bool waits_to_be_written(std::uint64_t line, std::uint32_t bank) const;
  void note(DramNote::Kind kind, const DramAccess& access, Clocks complete);

  std::uint8_t& writes_like(std::uint64_t line) { return writes_like_[line % writes_like_.size()]; }

  DramTimings timings_;
  DramDevices devices_;
  RefreshPlan refresh_;
  bool in_order_;
  std::uint32_t bank_queue_;
  std::uint32_t read_queue_;
  std::uint32_t write_queue_;
  std::uint32_t write_low_;
  std::uint32_t row_hit_limit_;
  std::array<Clocks, 3> service_;  ///< [RowOutcome]: latency of a read on an idle channel

  DramQueues pool_;
  std::vector<Bank> banks_;                      ///< [rank][bank in rank]
  std::vector<std::uint32_t> busy_;              ///< banks with a nonempty queue
  DramQueues::List incoming_;                    ///< not admitted for lack of room
  DramQueues::List reads_;                       ///< admitted, but not in their bank's queue
  DramQueues::List writes_;                      ///< the write buffer
  std::uint32_t reads_held_ = 0;                 ///< admitted and not served
  std::uint32_t draining_ = 0;                   ///< writes of this drain still in the buffer
  std::array<std::uint8_t, 256> writes_like_{};  ///< by the low bits of the line: writes admitted and not written
  std::uint64_t next_age_ = 1;
  Clocks bus_free_;  ///< first clock with a free command bus
  Plan plan_;
  Clocks first_column_ = Clocks::never();  ///< lower bound of all banks' next column commands
  std::vector<DramNote> notes_;
};

}  // namespace tablewalk
