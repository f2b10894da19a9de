#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <utility>

#include "base/types.h"
#include "config/largest.h"
#include "config/schema.h"

namespace tablewalk {

/// What a bank does with a row after an access.
enum class PagePolicy : std::uint8_t {
  Open,   ///< keeps it in the row buffer until another row or a refresh needs the bank
  Closed  ///< precharges at once (auto-precharge)
};
template <>
struct EnumNames<PagePolicy> {
  static constexpr std::array names = {std::pair{"open", PagePolicy::Open}, std::pair{"closed", PagePolicy::Closed}};
};

/// The fields of a physical address above the offset in a line.
enum class AddressField : std::uint8_t { Row, Rank, Bank, Channel, Column };
constexpr unsigned address_field_count = 5;
/// The fields from the top bit down.
using AddressOrder = std::array<AddressField, address_field_count>;

/// Parses `row:rank:bank:channel:column`, each field exactly once. Throws InputError that says what is wrong.
AddressOrder parse_address_mapping(const std::string& text);
/// The problem with an address mapping; empty if there is none.
std::string address_mapping_problem(const std::string& text);
/// The problem with a duration in nanoseconds, which must be from `least` to ten seconds; empty if there is none.
std::string duration_problem(double value, double least);

/// The order in which a channel serves its accesses.
enum class DramSchedulerKind : std::uint8_t {
  FrFcfs,  ///< first ready, first come, first served: row hits may overtake, writes are buffered
  Fcfs     ///< each bank serves reads and writes in order of arrival
};
template <>
struct EnumNames<DramSchedulerKind> {
  static constexpr std::array names = {std::pair{"frfcfs", DramSchedulerKind::FrFcfs},
                                       std::pair{"fcfs", DramSchedulerKind::Fcfs}};
};

/// The scope of a refresh command.
enum class RefreshKind : std::uint8_t {
  AllBank,  ///< REFab: the whole rank
  SameBank  ///< REFsb of DDR5: one bank of each bank group; the banks take turns
};
template <>
struct EnumNames<RefreshKind> {
  static constexpr std::array names = {std::pair{"all_bank", RefreshKind::AllBank},
                                       std::pair{"same_bank", RefreshKind::SameBank}};
};

/// A main memory of DRAM devices. The defaults are one channel with one rank of DDR4-3200AA, eight 8 Gb x8 devices
/// (JEDEC JESD79-4: speed bin 22-22-22 at a clock of 0.625 ns; 4 groups of 4 banks of 65536 rows; 1 KiB of a row in
/// each device). docs/dram.md has the source of each number.
struct DramConfig {
  std::uint32_t channels = 1;
  std::uint32_t ranks = 1;
  std::uint32_t banks = 16;
  std::uint32_t bank_groups = 4;
  std::uint32_t rows = 65536;
  std::uint32_t row_bytes = 8192;
  std::string address_mapping = "row:rank:bank:channel:column";
  PagePolicy page_policy = PagePolicy::Open;
  DramSchedulerKind scheduler = DramSchedulerKind::FrFcfs;
  std::uint32_t bank_queue = 8;
  std::uint32_t read_queue = 32;
  std::uint32_t write_queue = 32;
  std::uint32_t write_low = 8;
  std::uint32_t row_hit_limit = 4;
  std::uint32_t data_rate_mts = 3200;
  double t_rcd_ns = 13.75;     // 22 clocks
  double t_cl_ns = 13.75;      // 22 clocks
  double t_cwl_ns = 10.0;      // 16 clocks
  double t_rp_ns = 13.75;      // 22 clocks
  double t_ras_ns = 32.5;      // 52 clocks
  double t_rrd_s_ns = 2.5;     // the larger of 4 clocks and 2.5 ns: pages of 1 KiB
  double t_rrd_l_ns = 5.0;     // the larger of 4 clocks and 4.9 ns: 8 clocks
  double t_faw_ns = 21.25;     // the larger of 20 clocks and 21 ns: 34 clocks
  double t_ccd_s_ns = 2.5;     // 4 clocks
  double t_ccd_l_ns = 5.0;     // the larger of 5 clocks and 5 ns
  double t_ccd_l_wr_ns = 5.0;  // DDR4 has one tCCD_L
  double t_wtr_s_ns = 2.5;     // the larger of 2 clocks and 2.5 ns
  double t_wtr_l_ns = 7.5;     // the larger of 4 clocks and 7.5 ns
  double t_rtp_ns = 7.5;       // the larger of 4 clocks and 7.5 ns
  double t_wr_ns = 15.0;       // the same in all DDR4 speed bins
  double t_rtrs_ns = 0.625;    // 1 clock: not from a standard; the usual allowance for bus turnaround
  double burst_ns = 2.5;       // 8 beats of 8 bytes at 3200 MT/s
  RefreshKind refresh = RefreshKind::AllBank;
  double t_refi_ns = 7800.0;    // tREFI up to 85 degrees Celsius
  double t_rfc_ns = 350.0;      // tRFC1 of 8 Gb devices
  double controller_ns = 20.0;  // 10 ns each way, as gem5's MemCtrl assumes

  template <class Keys>
  void describe(Keys& keys) {
    keys.value("channels", channels, "channels", "independent channels; a power of two", 64);
    keys.value("ranks", ranks, "ranks", "ranks per channel; a power of two", 64);
    keys.value("banks", banks, "banks", "banks per rank, over all its bank groups; a power of two", 1024);
    keys.value("bank_groups", bank_groups, "groups",
               "bank groups per rank, a power of two: the low bits of the bank number; 1: no groups", 1024);
    keys.value("rows", rows, "rows", "rows per bank; a power of two", std::uint64_t{1} << 30);
    keys.value("row_bytes", row_bytes, "bytes", "size of a row over all devices of a rank; a power of two",
               std::uint64_t{1} << 24);
    keys.value("address_mapping", address_mapping, "",
               "order of the address fields from the top bit down: row, rank, bank, channel and column");
    keys.value("page_policy", page_policy, "", "whether a row stays open after an access");
    describe_controller(keys);
    keys.value("data_rate_mts", data_rate_mts, "MT/s", "data rate; a clock (tCK) is two transfers", 100000);
    describe_timings(keys);
    keys.value("refresh", refresh, "",
               "all_bank: a refresh blocks the whole rank; same_bank: one bank of each bank group (DDR5)");
    keys.value("t_refi_ns", t_refi_ns, "ns", "tREFI: refresh interval of a rank, and of a bank; 0 turns refresh off",
               largest::nanoseconds);
    keys.value("t_rfc_ns", t_rfc_ns, "ns", "tRFC, or tRFCsb: duration of a refresh; 0 turns refresh off",
               largest::nanoseconds);
    keys.value("controller_ns", controller_ns, "ns", "latency of controller and wires, both ways together",
               largest::nanoseconds);
  }

  template <class Problem>
  void check(Problem&& problem) const {
    const auto power_of_two = [&](const char* key, std::uint32_t value, std::uint32_t most) {
      if (is_power_of_two(value) && value <= most) return;
      problem(key, std::to_string(value) + " cannot be selected by address bits; expected a power of two, at most  " +
                       std::to_string(most));
    };
    power_of_two("channels", channels, 64);
    power_of_two("ranks", ranks, 64);
    power_of_two("banks", banks, 1024);
    power_of_two("bank_groups", bank_groups, 1024);
    if (bank_groups > banks) {
      problem("bank_groups", std::to_string(bank_groups) + " groups with less than a bank each; expected at most  " +
                                 std::to_string(banks) + ", the banks of a rank");
    }
    power_of_two("rows", rows, std::uint32_t{1} << 30);
    power_of_two("row_bytes", row_bytes, std::uint32_t{1} << 24);
    const std::string mapping = address_mapping_problem(address_mapping);
    if (!mapping.empty()) problem("address_mapping", mapping);
    check_controller(problem);
    check_timings(problem);
  }

  /// Capacity of the devices; the machine's memory should not be larger.
  std::uint64_t capacity_bytes() const { return std::uint64_t{channels} * ranks * banks * rows * row_bytes; }
  bool refreshes() const { return t_refi_ns > 0 && t_rfc_ns > 0; }

 private:
  template <class Keys>
  void describe_controller(Keys& keys) {
    keys.value("scheduler", scheduler, "",
               "frfcfs: first ready, then first come, with a write buffer; fcfs: a bank serves "
               "reads and writes in order of arrival");
    keys.value("bank_queue", bank_queue, "accesses",
               "queue of a bank, from which the scheduler chooses; with fcfs, a full bank queue stalls the "
               "channel",
               1024);
    keys.value("read_queue", read_queue, "accesses", "frfcfs: read queue of a channel; further reads wait outside",
               1024);
    keys.value("write_queue", write_queue, "accesses",
               "frfcfs: write buffer of a channel; when it is full, it is drained before any "
               "further read",
               1024);
    keys.value("write_low", write_low, "accesses",
               "frfcfs: without pending reads, a write buffer with more writes than this is drained", 1023);
    keys.value("row_hit_limit", row_hit_limit, "accesses",
               "frfcfs: number of hits in an open row after which an older access to another row may close it",
               std::uint64_t{1} << 20);
  }
  template <class Keys>
  void describe_timings(Keys& keys) {
    keys.value("t_rcd_ns", t_rcd_ns, "ns", "tRCD: activate to column command", largest::nanoseconds);
    keys.value("t_cl_ns", t_cl_ns, "ns", "CL: column read to its data", largest::nanoseconds);
    keys.value("t_cwl_ns", t_cwl_ns, "ns", "CWL: column write to its data", largest::nanoseconds);
    keys.value("t_rp_ns", t_rp_ns, "ns", "tRP: precharge to activate", largest::nanoseconds);
    keys.value("t_ras_ns", t_ras_ns, "ns", "tRAS: activate to precharge, minimum", largest::nanoseconds);
    keys.value("t_rrd_s_ns", t_rrd_s_ns, "ns", "tRRD_S: activate to activate of a rank", largest::nanoseconds);
    keys.value("t_rrd_l_ns", t_rrd_l_ns, "ns", "tRRD_L: the same in one bank group; at least tRRD_S",
               largest::nanoseconds);
    keys.value("t_faw_ns", t_faw_ns, "ns", "tFAW: window for at most four activates of a rank; 0: unlimited",
               largest::nanoseconds);
    keys.value("t_ccd_s_ns", t_ccd_s_ns, "ns", "tCCD_S: column command to column command of a rank",
               largest::nanoseconds);
    keys.value("t_ccd_l_ns", t_ccd_l_ns, "ns", "tCCD_L: the same in one bank group; at least tCCD_S",
               largest::nanoseconds);
    keys.value("t_ccd_l_wr_ns", t_ccd_l_wr_ns, "ns", "tCCD_L_WR: write to write in one bank group; at least tCCD_L",
               largest::nanoseconds);
    keys.value("t_wtr_s_ns", t_wtr_s_ns, "ns", "tWTR_S: end of written data to a column read of the rank",
               largest::nanoseconds);
    keys.value("t_wtr_l_ns", t_wtr_l_ns, "ns", "tWTR_L: the same in one bank group; at least tWTR_S",
               largest::nanoseconds);
    keys.value("t_rtp_ns", t_rtp_ns, "ns", "tRTP: column read to precharge, minimum", largest::nanoseconds);
    keys.value("t_wr_ns", t_wr_ns, "ns", "tWR: end of written data to precharge, minimum", largest::nanoseconds);
    keys.value("t_rtrs_ns", t_rtrs_ns, "ns",
               "tRTRS: idle time of the data bus between reads and writes, and between ranks", largest::nanoseconds);
    keys.value("burst_ns", burst_ns, "ns", "BL/2: data bus time of 64 bytes; longer lines take several bursts",
               largest::nanoseconds);
  }

  template <class Problem>
  void check_controller(Problem&& problem) const {
    const auto whole = [&](const char* key, std::uint32_t value, std::uint32_t least, std::uint32_t most) {
      if (value >= least && value <= most) return;
      problem(key,
              std::to_string(value) + " accesses; expected " + std::to_string(least) + " to " + std::to_string(most));
    };
    whole("bank_queue", bank_queue, 1, 1024);
    whole("read_queue", read_queue, 1, 1024);
    whole("write_queue", write_queue, 1, 1024);
    if (write_queue != 0) whole("write_low", write_low, 0, std::min(write_queue, 1024u) - 1);
    whole("row_hit_limit", row_hit_limit, 1, 1u << 20);
    if (data_rate_mts == 0 || data_rate_mts > 100000) {
      problem("data_rate_mts", std::to_string(data_rate_mts) + " MT/s; expected 1 to 100000");
    }
  }
  template <class Problem>
  void check_timings(Problem&& problem) const {
    const auto duration = [&](const char* key, double value, double least) {
      const std::string text = duration_problem(value, least);
      if (!text.empty()) problem(key, text);
    };
    const std::pair<const char*, double> all[] = {{"t_rcd_ns", t_rcd_ns},
                                                  {"t_cl_ns", t_cl_ns},
                                                  {"t_cwl_ns", t_cwl_ns},
                                                  {"t_rp_ns", t_rp_ns},
                                                  {"t_ras_ns", t_ras_ns},
                                                  {"t_rrd_s_ns", t_rrd_s_ns},
                                                  {"t_rrd_l_ns", t_rrd_l_ns},
                                                  {"t_faw_ns", t_faw_ns},
                                                  {"t_ccd_s_ns", t_ccd_s_ns},
                                                  {"t_ccd_l_ns", t_ccd_l_ns},
                                                  {"t_ccd_l_wr_ns", t_ccd_l_wr_ns},
                                                  {"t_wtr_s_ns", t_wtr_s_ns},
                                                  {"t_wtr_l_ns", t_wtr_l_ns},
                                                  {"t_rtp_ns", t_rtp_ns},
                                                  {"t_wr_ns", t_wr_ns},
                                                  {"t_rtrs_ns", t_rtrs_ns},
                                                  {"t_rfc_ns", t_rfc_ns},
                                                  {"t_refi_ns", t_refi_ns},
                                                  {"controller_ns", controller_ns}};
    for (const auto& [key, value] : all) duration(key, value, 0);
    duration("burst_ns", burst_ns, 0.001);
    if (refreshes() && !(t_rfc_ns < refresh_interval_ns())) {
      problem("t_rfc_ns", "leaves no time between refreshes; expected less than t_refi_ns" +
                              std::string(refresh == RefreshKind::SameBank ? " / (banks / bank_groups)" : ""));
    }
  }
  /// Interval between two refreshes of a rank.
  double refresh_interval_ns() const {
    if (refresh == RefreshKind::AllBank || bank_groups == 0) return t_refi_ns;
    return t_refi_ns * bank_groups / std::max(banks, 1u);
  }
};

/// Whether rows of that size can hold lines of that size; reports to a config check.
template <class Problem>
void check_dram_shape(const DramConfig& config, std::uint64_t line_bytes, Problem&& problem) {
  if (config.row_bytes >= line_bytes) return;
  problem("row_bytes", std::to_string(config.row_bytes) + " bytes cannot hold a line of " + std::to_string(line_bytes) +
                           " bytes; expected at least one");
}

}  // namespace tablewalk
