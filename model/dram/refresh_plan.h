#pragma once

#include <vector>

#include "dram/dram_timing.h"

namespace tablewalk {

/// Schedules the refreshes of a channel's banks.
///
/// Refresh n of rank r of R is due at (n + r / R) * tREFI, n = 1, 2, ...: ranks are staggered. With same-bank refresh
/// there is one per bank of a group in that time, in turn. From the due time on no other command goes to the banks
/// concerned, except the first use of rows just opened. Each bank is precharged when its row has been used and timing
/// allows; they are refreshed tRP after the last precharge.
class RefreshPlan {
 public:
  RefreshPlan(const DramConfig& config, const DramTimings& timings)
      : banks_of_rank_(config.banks),
        count_(config.refresh == RefreshKind::SameBank ? config.bank_groups : config.banks) {
    const std::uint64_t turns = banks_of_rank_ / count_;
    // Leaves time for commands between refreshes, whatever the config says.
    interval_ = std::max(Clocks(timings.refi.count() / turns), timings.rfc + Clocks(8 * std::uint64_t{config.ranks}));
    ranks_.resize(config.ranks);
    for (std::uint64_t rank = 0; rank < config.ranks; ++rank) {
      ranks_[rank].first = static_cast<unsigned>(rank * banks_of_rank_);
      ranks_[rank].due =
          timings.refi == Clocks(0) ? Clocks::never() : interval_ + Clocks(interval_.count() * rank / config.ranks);
    }
  }

  unsigned ranks() const { return static_cast<unsigned>(ranks_.size()); }
  Clocks due(unsigned rank) const { return ranks_[rank].due; }
  /// Of any rank.
  Clocks first_due() const { return first_due_; }
  /// The banks refreshed together: the first, and how many.
  unsigned first(unsigned rank) const { return ranks_[rank].first; }
  unsigned count() const { return count_; }
  /// Whether that bank accepts only commands for its refresh.
  bool blocks(unsigned bank, Clocks at) const {
    if (at < first_due_) return false;
    const Rank& rank = ranks_[bank / banks_of_rank_];
    return at >= rank.due && bank >= rank.first && bank < rank.first + count_;
  }
  /// The rank's current refresh was issued.
  void advance(unsigned rank) {
    Rank& at = ranks_[rank];
    at.due += interval_;
    at.first += count_;
    if (at.first == (rank + 1) * banks_of_rank_) at.first = rank * banks_of_rank_;
    find_first_due();
  }
  /// Skips whole rounds of refreshes due long before `until`; for a rank whose banks are closed and stay closed.
  void skip(unsigned rank, Clocks until) {
    Rank& at = ranks_[rank];
    const std::uint64_t round = interval_.count() * (banks_of_rank_ / count_);
    if (at.due == Clocks::never() || until < at.due + Clocks(2 * round)) return;
    at.due += Clocks((until - at.due).count() / round * round - round);
    find_first_due();
  }

 private:
  struct Rank {
    unsigned first = 0;  ///< of the banks whose turn it is
    Clocks due;
  };

  void find_first_due() {
    first_due_ = Clocks::never();
    for (const Rank& rank : ranks_) first_due_ = std::min(first_due_, rank.due);
  }

  unsigned banks_of_rank_;
  unsigned count_;
  Clocks interval_;
  Clocks first_due_;
  std::vector<Rank> ranks_;
};

}  // namespace tablewalk
