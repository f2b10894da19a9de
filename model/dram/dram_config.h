#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <utility>

#include "base/types.h"
#include "config/schema.h"

namespace tablewalk {

/// What a bank does with a row after an access to it.
enum class PagePolicy : std::uint8_t {
  Open,   ///< leaves it in the row buffer until another row or a refresh needs the bank
  Closed  ///< precharges at once (auto-precharge)
};
template <>
struct EnumNames<PagePolicy> {
  static constexpr std::array names = {std::pair{"open", PagePolicy::Open}, std::pair{"closed", PagePolicy::Closed}};
};

/// The parts of a physical address above the offset in a line.
enum class AddressField : std::uint8_t { Row, Rank, Bank, Channel, Column };
constexpr unsigned address_field_count = 5;
/// The fields from the top bit down.
using AddressOrder = std::array<AddressField, address_field_count>;

/// Reads `row:rank:bank:channel:column`, each field exactly once. Throws InputError that says what is wrong with it.
AddressOrder parse_address_mapping(const std::string& text);
/// What is wrong with it; empty if nothing is.
std::string address_mapping_problem(const std::string& text);
/// What is wrong with a duration in nanoseconds that should be `least` to ten seconds; empty if nothing is.
std::string duration_problem(double value, double least);

/// A main memory of DRAM devices. The defaults are one channel with one rank of DDR4-3200AA, eight 8 Gb x8 devices
/// (JEDEC JESD79-4: speed bin 22-22-22 at a clock of 0.625 ns; 16 banks of 65536 rows; 1 KiB of a row in each device).
struct DramConfig {
  std::uint32_t channels = 1;
  std::uint32_t ranks = 1;
  std::uint32_t banks = 16;
  std::uint32_t rows = 65536;
  std::uint32_t row_bytes = 8192;
  std::string address_mapping = "row:rank:bank:channel:column";
  PagePolicy page_policy = PagePolicy::Open;
  std::uint32_t bank_queue = 8;
  double t_rcd_ns = 13.75;      // 22 clocks
  double t_cl_ns = 13.75;       // 22 clocks
  double t_cwl_ns = 10.0;       // 16 clocks
  double t_rp_ns = 13.75;       // 22 clocks
  double t_ras_ns = 32.5;       // 52 clocks
  double t_ccd_ns = 5.0;        // tCCD_L, 8 clocks
  double t_rtp_ns = 7.5;        // the larger of 4 clocks and 7.5 ns
  double t_wr_ns = 15.0;        // the same in all DDR4 speed bins
  double burst_ns = 2.5;        // 8 beats of 8 bytes at 3200 MT/s
  double t_refi_ns = 7800.0;    // tREFI up to 85 degrees Celsius
  double t_rfc_ns = 350.0;      // tRFC1 of 8 Gb devices
  double controller_ns = 20.0;  // 10 ns each way, as gem5's MemCtrl assumes

  template <class Keys>
  void describe(Keys& keys) {
    keys.value("channels", channels, "channels", "independent data buses; a power of two");
    keys.value("ranks", ranks, "ranks", "ranks of a channel; a power of two");
    keys.value("banks", banks, "banks", "banks of a rank, over all its bank groups; a power of two");
    keys.value("rows", rows, "rows", "rows of a bank; a power of two");
    keys.value("row_bytes", row_bytes, "bytes", "a row over all devices of a rank; a power of two");
    keys.value("address_mapping", address_mapping, "",
               "which address bits are what, from the top bit down: row, rank, bank, channel and column");
    keys.value("page_policy", page_policy, "", "whether a row stays open after an access");
    keys.value("bank_queue", bank_queue, "accesses",
               "accesses a bank holds, waiting or in service; while the next one's bank is full, its channel waits");
    keys.value("t_rcd_ns", t_rcd_ns, "ns", "activate to column command");
    keys.value("t_cl_ns", t_cl_ns, "ns", "column read to its data");
    keys.value("t_cwl_ns", t_cwl_ns, "ns", "column write to its data");
    keys.value("t_rp_ns", t_rp_ns, "ns", "precharge to activate");
    keys.value("t_ras_ns", t_ras_ns, "ns", "activate to precharge, at least");
    keys.value("t_ccd_ns", t_ccd_ns, "ns", "column command to column command of one bank");
    keys.value("t_rtp_ns", t_rtp_ns, "ns", "column read to precharge, at least");
    keys.value("t_wr_ns", t_wr_ns, "ns", "end of written data to precharge, at least");
    keys.value("burst_ns", burst_ns, "ns", "data bus time of 64 bytes; longer lines take several");
    keys.value("t_refi_ns", t_refi_ns, "ns", "refresh to refresh of a rank; 0 turns refresh off");
    keys.value("t_rfc_ns", t_rfc_ns, "ns", "how long a refresh takes its rank; 0 turns refresh off");
    keys.value("controller_ns", controller_ns, "ns", "in the controller and on the wires, both ways together");
  }

  template <class Problem>
  void check(Problem&& problem) const {
    const auto power_of_two = [&](const char* key, std::uint32_t value, std::uint32_t most) {
      if (is_power_of_two(value) && value <= most) return;
      problem(key, std::to_string(value) + " cannot be told by address bits; expected a power of two, at most " +
                       std::to_string(most));
    };
    power_of_two("channels", channels, 64);
    power_of_two("ranks", ranks, 64);
    power_of_two("banks", banks, 1024);
    power_of_two("rows", rows, std::uint32_t{1} << 30);
    power_of_two("row_bytes", row_bytes, std::uint32_t{1} << 24);
    const std::string mapping = address_mapping_problem(address_mapping);
    if (!mapping.empty()) problem("address_mapping", mapping);
    if (bank_queue == 0 || bank_queue > 1024) {
      problem("bank_queue", std::to_string(bank_queue) + " accesses; expected 1 to 1024");
    }
    check_timings(problem);
  }

  /// What the devices hold; the machine's memory should not be larger.
  std::uint64_t capacity_bytes() const { return std::uint64_t{channels} * ranks * banks * rows * row_bytes; }
  bool refreshes() const { return t_refi_ns > 0 && t_rfc_ns > 0; }

 private:
  template <class Problem>
  void check_timings(Problem&& problem) const {
    const auto duration = [&](const char* key, double value, double least) {
      const std::string text = duration_problem(value, least);
      if (!text.empty()) problem(key, text);
    };
    const std::pair<const char*, double> all[] = {
        {"t_rcd_ns", t_rcd_ns}, {"t_cl_ns", t_cl_ns},     {"t_cwl_ns", t_cwl_ns},          {"t_rp_ns", t_rp_ns},
        {"t_ras_ns", t_ras_ns}, {"t_ccd_ns", t_ccd_ns},   {"t_rtp_ns", t_rtp_ns},          {"t_wr_ns", t_wr_ns},
        {"t_rfc_ns", t_rfc_ns}, {"t_refi_ns", t_refi_ns}, {"controller_ns", controller_ns}};
    for (const auto& [key, value] : all) duration(key, value, 0);
    duration("burst_ns", burst_ns, 0.001);
    if (refreshes() && !(t_rfc_ns < t_refi_ns)) {
      problem("t_rfc_ns", "leaves no time between refreshes; expected less than t_refi_ns");
    }
  }
};

/// Whether rows of that size hold lines of that size: reports to a config check that knows both.
template <class Problem>
void check_dram_shape(const DramConfig& config, std::uint64_t line_bytes, Problem&& problem) {
  if (config.row_bytes >= line_bytes) return;
  problem("row_bytes", std::to_string(config.row_bytes) + " bytes hold no line of " + std::to_string(line_bytes) +
                           " bytes; expected at least one");
}

}  // namespace tablewalk
