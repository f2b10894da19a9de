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

/// The input pins of the RTL walker in one cycle (rtl/walker.sv says what each means). Whoever takes its answers and
/// its memory requests is always ready.
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

/// Its output pins. The bits of one mask for each level, or for each slot, as the pins have them.
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

  bool quiet = false;
  bool ev_walk = false;
  bool ev_merge = false;
  bool ev_cache_lookup = false;
  std::uint8_t ev_cache_hit = 0;
  std::uint32_t ev_done = 0;
  bool ev_replay = false;
  std::uint32_t ev_restart = 0;
  std::uint8_t violation = 0;  ///< of an adapter: what its walker did that it must not
};

/// One RTL walker, Verilated.
class RtlModel {
 public:
  virtual ~RtlModel() = default;
  /// One cycle: the inputs are there before the edge of the clock that ends it, the outputs are those after it.
  virtual void clock(Cycles cycle, const RtlInputs& inputs, RtlOutputs& outputs) = 0;
  /// Writes what all wires do from here on to an FST file, until stop_wave(). The edge that ends cycle n stands at n +
  /// 1 nanoseconds; inputs change in the middle of a cycle. Throws InputError.
  virtual void start_wave(const std::string& path) = 0;
  virtual void stop_wave() = 0;
};

/// The parameters with which a walker was Verilated: one of rtl/walker.sv, or an adapter with one of somebody else.
struct RtlVariant {
  struct Cache {
    unsigned entries = 0;
    unsigned ways = 0;  ///< 0: fully associative
  };

  std::string name = "the RTL walker";  ///< for messages
  std::string text;                     ///< as the build's setting has it: `slots=2 caches=1x16x4 radix=9,9,9,9/12@8`
  unsigned slots = 1;
  unsigned id_bits = 6;
  std::array<Cache, 8> caches;  ///< by level
  std::string radix;            ///< the split that its generic radix mode has: `9,9,9,9/12@8`
  /// What Yosys makes of it, by the names in rtl/synth/area.json; those that it has there.
  std::vector<std::pair<std::string_view, std::uint64_t>> area;
  std::unique_ptr<RtlModel> (*make)() = nullptr;
};

/// Those that are built into the program: the CMake setting TABLEWALK_RTL_WALKERS.
const std::vector<RtlVariant>& rtl_variants();

/// The offset bits of the smallest page that a request's page number counts in.
constexpr unsigned rtl_page_shift = 12;

/// The variant for that walker in that mode; walker.kind: foreign has its own. Throws InputError that says what the RTL
/// lacks, or which variants there are and how to build another.
const RtlVariant& find_rtl_variant(const WalkerConfig& config, const PagingControls& controls, const PagingMode& mode);

/// What `req_mode_i` is for that mode. Throws InputError if the RTL does not know it.
std::uint8_t rtl_mode(const PagingMode& mode);
/// What `req_controls_i` is.
std::uint64_t rtl_controls(const PagingControls& controls);
/// What `rsp_fault_o` means. Throws LawViolation for a code that no walk of ours ends with.
FaultReason fault_of_rtl(std::uint8_t code);
/// What an adapter's `violation_o` means.
const char* violation_of_rtl(std::uint8_t code);
/// What `rsp_rights_o` means.
Rights rights_of_rtl(std::uint16_t bits);

}  // namespace tablewalk
