#pragma once

#include <array>
#include <vector>

#include "dram/address_map.h"
#include "dram/dram_queues.h"
#include "dram/dram_timing.h"
#include "dram/refresh_plan.h"

namespace tablewalk {

/// What a channel says about an access. Of a read there is one note, of a write two: when it is accepted, and when it
/// is written.
struct DramNote {
  enum class Kind : std::uint8_t {
    Read,       ///< its column command is issued
    Forwarded,  ///< a read of a line that waits to be written: answered from the write buffer
    Accepted,   ///< a write is in the controller: its sender need not wait any longer
    Written     ///< its column command is issued
  };
  Kind kind = Kind::Read;
  RowOutcome row = RowOutcome::Hit;  ///< Read and Written
  bool refresh_stalled = false;      ///< Read and Written: waited for a refresh
  std::uint32_t token = 0;           ///< the access's; not of Written, whose sender has its answer
  Clocks arrival;
  Clocks complete;  ///< when the data has passed the bus (of reads: the controller too), or the write is accepted
  /// Read: `complete - arrival` less what the read takes of an idle channel: controller + burst + CL, + tRCD on a
  /// miss, + tRP + tRCD on a conflict.
  Clocks queue;
};

/// One channel's controller: what waits, and which command is issued next, and when. Counts the memory's clocks and has
/// no clock of its own: it says when it can next act, and is then asked to.
///
/// One command in each clock. A refresh that is due comes first (see RefreshPlan). Else it is the oldest access's of
/// those whose next command can be issued. Which these are:
///
/// frfcfs: in each bank, of the `bank_queue` oldest accesses those that find their row open, and the oldest of all: it
/// may open its row, and it may close another one if no access finds that open, or `row_hit_limit` accesses have used
/// it. Writes wait in a buffer, which answers reads of the same line. The buffer is drained to the banks when it is
/// full, or when no access is in a bank's queue and it holds more than `write_low`; reads that come during a drain wait
/// for its end.
///
/// fcfs: the oldest of each bank, reads and writes alike.
class DramChannel {
 public:
  enum class Command : std::uint8_t {
    Activate,
    Precharge,  ///< for an access to another row
    Column,
    Close,  ///< a precharge for a refresh
    Refresh
  };

  /// The next command.
  struct Plan {
    Clocks at = Clocks::never();
    std::uint64_t age = 0;  ///< of the access that it is for; 0: a refresh
    Command command = Command::Column;
    std::uint32_t subject = 0;  ///< the access; of Close the bank, of Refresh the rank
    std::uint32_t bank = 0;     ///< the access's; of Refresh the first one

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

  /// The first clock in which it may issue a command; never while it has nothing to do.
  Clocks next() const { return plan_.at; }
  /// A clock before which nothing is noted unless an access arrives; never while there is nothing to do. Notes come of
  /// arrivals and of column commands only: the commands that lead up to one need not be issued before this clock, since
  /// run() issues them then as it would have before, each in its own clock.
  Clocks next_note() const { return plan_.command == Command::Column ? plan_.at : std::max(plan_.at, first_column_); }
  /// The command that is issued next, unless an access arrives before it.
  const Plan& planned() const { return plan_; }
  /// The access that a planned command is for.
  const DramAccess& access(std::uint32_t index) const { return pool_[index]; }
  /// Plans without what is remembered of earlier plans, at `from` or later: the same, unless something is wrong with
  /// that. For tests.
  void plan_anew(Clocks from);
  /// Issues the commands of all clocks up to that one.
  void run(Clocks until) {
    if (plan_.at <= until) issue_up_to(until);
  }

  /// What was noted since clear_notes().
  const std::vector<DramNote>& notes() const { return notes_; }
  void clear_notes() { notes_.clear(); }

 private:
  /// Of a bank whose queue holds something, bounds of what it can do: no command of it is better than `at` and `age`.
  /// All timings only rise (DramDevices), and so does each command's first clock: what was computed once remains a
  /// bound until a command goes to this bank or an access enters its queue. Both forget it.
  struct alignas(64) Bank {
    DramQueues::List queue;
    std::uint32_t place = 0;  ///< in busy_, if its queue holds something
    Clocks refreshed;         ///< the end of its last refresh
    Clocks at;                ///< of its commands, without the command bus and refreshes
    std::uint64_t age = 0;    ///< of the accesses that they are for
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
  std::array<Clocks, 3> service_;  ///< [RowOutcome]: what a read takes of an idle channel

  DramQueues pool_;
  std::vector<Bank> banks_;                      ///< [rank][bank in rank]
  std::vector<std::uint32_t> busy_;              ///< the banks whose queues hold something
  DramQueues::List incoming_;                    ///< not admitted for want of room
  DramQueues::List reads_;                       ///< admitted, and not in their bank's queue
  DramQueues::List writes_;                      ///< the write buffer
  std::uint32_t reads_held_ = 0;                 ///< admitted and not served
  std::uint32_t draining_ = 0;                   ///< writes of this drain that are still in the buffer
  std::array<std::uint8_t, 256> writes_like_{};  ///< by the low bits of their line: writes admitted and not written
  std::uint64_t next_age_ = 1;
  Clocks bus_free_;  ///< the first clock without a command
  Plan plan_;
  Clocks first_column_ = Clocks::never();  ///< a bound of all banks' next column commands
  std::vector<DramNote> notes_;
};

}  // namespace tablewalk
