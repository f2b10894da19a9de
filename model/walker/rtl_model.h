#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "paging/paging_mode.h"
#include "walker/walker_config.h"
#include "walker/wave_window.h"

namespace tablewalk {

/// The input pins of the RTL walker in one cycle (see rtl/walker_ports.svh). The sinks of its responses and memory
/// requests are always ready.
struct RtlInputs {
  bool req_valid = false;
  std::uint32_t req_id = 0;
  std::uint64_t req_vpn = 0;
  std::uint8_t req_mode = 0;
  std::uint64_t req_root = 0;
  AddressSpaceId req_asid = 0;
  std::uint8_t req_access = 0;
  bool req_priv = false;
  std::uint64_t req_controls = 0;

  bool mem_rsp_valid = false;
  std::uint32_t mem_rsp_tag = 0;
  std::uint64_t mem_rsp_data = 0;

  bool inv_valid = false;
  bool inv_all = false;
  bool inv_asid_valid = false;
  AddressSpaceId inv_asid = 0;
  bool inv_vaddr_valid = false;
  std::uint64_t inv_vaddr = 0;
  bool inv_global = false;
  std::uint8_t inv_pointers = 0;  ///< Invalidation::Pointers
};

/// Its output pins. Masks have a bit per level or per slot, like the pins.
struct RtlOutputs {
  bool req_ready = false;

  bool rsp_valid = false;
  std::uint32_t rsp_id = 0;
  std::uint8_t rsp_fault = 0;
  std::uint64_t rsp_entry = 0;
  std::uint64_t rsp_frame = 0;
  std::uint8_t rsp_page_shift = 0;
  std::uint8_t rsp_level = 0;
  std::uint16_t rsp_rights = 0;
  bool rsp_global = false;
  bool rsp_dirty = false;

  bool mem_req_valid = false;
  std::uint32_t mem_req_tag = 0;
  std::uint64_t mem_req_addr = 0;
  std::uint8_t mem_req_size = 0;
  bool mem_req_swap = false;
  std::uint64_t mem_req_wdata = 0;
  std::uint64_t mem_req_expected = 0;

  bool quiet = false;  ///< clocking without inputs changes nothing
  bool rests = false;  ///< the same once what is shown has been taken
  bool ev_walk = false;
  bool ev_merge = false;
  bool ev_cache_lookup = false;
  std::uint8_t ev_cache_hit = 0;
  std::uint32_t ev_done = 0;
  bool ev_replay = false;
  std::uint32_t ev_restart = 0;
  std::uint8_t violation = 0;  ///< of an adapter: code of a protocol violation by its walker
};

/// A Verilated RTL walker.
class RtlModel {
 public:
  virtual ~RtlModel() = default;
  /// One cycle: the inputs are valid before the clock edge that ends it, the outputs are those after it.
  virtual void clock(Cycles cycle, const RtlInputs& inputs, RtlOutputs& outputs) = 0;
  /// Records all signals to an FST file from now on, until stop_wave(). The edge that ends cycle n is at n + 1
  /// nanoseconds; inputs change in the middle of a cycle. Throws InputError.
  virtual void start_wave(const std::string& path) = 0;
  virtual void stop_wave() = 0;
};

/// The parameters with which a walker was Verilated: rtl/walker.sv, or an adapter with a foreign walker.
struct RtlVariant {
  struct Cache {
    unsigned entries = 0;
    unsigned ways = 0;  ///< 0: fully associative
  };

  std::string name = "the RTL walker";  ///< for messages
  std::string text;                     ///< as in the build's setting: `slots=2 caches=1x16x4 radix=9,9,9,9/12@8`
  unsigned slots = 1;
  unsigned id_bits = 6;
  std::array<Cache, 8> caches;  ///< by level
  std::string radix;            ///< the split of its generic radix mode: `9,9,9,9/12@8`
  /// Yosys results, by the names in rtl/synth/area.json, if listed there.
  std::vector<std::pair<std::string_view, std::uint64_t>> area;
  std::unique_ptr<RtlModel> (*make)() = nullptr;
};

/// The variants built into the program (CMake setting TABLEWALK_RTL_WALKERS).
const std::vector<RtlVariant>& rtl_variants();

/// The page shift of a request's page number.
constexpr unsigned rtl_page_shift = 12;

/// The variant for that walker config in that mode; walker.kind: foreign has its own. Throws InputError that says what
/// the RTL does not support, or which variants exist and how to build another.
const RtlVariant& find_rtl_variant(const WalkerConfig& config, const PagingControls& controls, const PagingMode& mode);

/// The value of `req_mode_i` for that mode. Throws InputError if the RTL does not support it.
std::uint8_t rtl_mode(const PagingMode& mode);
/// The value of `req_controls_i`.
std::uint64_t rtl_controls(const PagingControls& controls);
/// The meaning of `rsp_fault_o`. Throws LawViolation for a code that our walks never end with.
FaultReason fault_of_rtl(std::uint8_t code);
/// The meaning of an adapter's `violation_o`.
const char* violation_of_rtl(std::uint8_t code);
/// The meaning of `rsp_rights_o`.
Rights rights_of_rtl(std::uint16_t bits);

}  // namespace tablewalk
