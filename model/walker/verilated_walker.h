#pragma once

#include <verilated.h>
#include <verilated_fst_c.h>

#include <memory>
#include <type_traits>
#include <utility>

#include "base/error.h"
#include "walker/rtl_model.h"

namespace tablewalk {

/// An adapter for a foreign walker has one port more than rtl/walker_ports.svh has.
template <class Verilated, class = void>
struct IsAdapter : std::false_type {};
template <class Verilated>
struct IsAdapter<Verilated, std::void_t<decltype(std::declval<Verilated&>().violation_o)>> : std::true_type {};

/// The class that Verilator generated from rtl/walker.sv, or from an adapter, called directly: no signal per pin.
template <class Verilated>
class VerilatedWalker final : public RtlModel {
 public:
  VerilatedWalker() : top_(&context_, "walker") {
    context_.traceEverOn(true);
    top_.rst_ni = 0;
    top_.rsp_ready_i = 1;
    top_.mem_req_ready_i = 1;
    top_.eval();  // so that the next edge is seen
    RtlOutputs outputs;
    clock({}, {}, outputs);
    top_.rst_ni = 1;
  }
  ~VerilatedWalker() override {
    stop_wave();
    top_.final();
  }

  void clock(Cycles cycle, const RtlInputs& in, RtlOutputs& out) override {
    set(in);
    if (wave_) {
      top_.eval();
      wave_->dump(cycle.count() * clock_units + clock_units / 2);
    }
    top_.clk_i = 1;
    top_.eval();
    if (wave_) wave_->dump((cycle.count() + 1) * clock_units);
    top_.clk_i = 0;
    if constexpr (IsAdapter<Verilated>::value) {
      top_.eval();  // foreign hardware may be sensitive to the falling edge
    } else {
      clock_has_fallen(*top_.rootp, 0);
    }
    get(out);
  }

  void start_wave(const std::string& path) override {
    wave_ = std::make_unique<VerilatedFstC>();
    top_.trace(wave_.get(), all_levels);
    wave_->open(path.c_str());
    if (!wave_->isOpen()) throw InputError(path + ": cannot be written");
  }
  void stop_wave() override {
    if (wave_) wave_->close();
    wave_.reset();
  }

 private:
  static constexpr std::uint64_t clock_units = 1000;  ///< in picoseconds
  static constexpr int all_levels = 99;

  /// Our hardware does not use the falling edge, but Verilator must see it to detect the next rising edge. An eval()
  /// would do, at the cost of settling all logic again; so its stored clock level is written directly if accessible.
  template <class Root>
  static auto clock_has_fallen(Root& root, int) -> decltype(void(root.__Vtrigrprev__TOP__clk_i)) {
    root.__Vtrigrprev__TOP__clk_i = 0;
  }
  template <class Root>
  void clock_has_fallen(Root&, long) {
    top_.eval();
  }

  void set(const RtlInputs& in) {
    top_.req_valid_i = in.req_valid;
    if (in.req_valid) {
      top_.req_id_i = in.req_id;
      top_.req_vpn_i = in.req_vpn;
      top_.req_mode_i = in.req_mode;
      top_.req_root_i = in.req_root;
      top_.req_asid_i = in.req_asid;
      top_.req_access_i = in.req_access;
      top_.req_priv_i = in.req_priv;
      top_.req_controls_i = in.req_controls;
    }
    top_.mem_rsp_valid_i = in.mem_rsp_valid;
    if (in.mem_rsp_valid) {
      top_.mem_rsp_tag_i = in.mem_rsp_tag;
      top_.mem_rsp_data_i = in.mem_rsp_data;
    }
    top_.inv_valid_i = in.inv_valid;
    if (in.inv_valid) {
      top_.inv_all_i = in.inv_all;
      top_.inv_asid_valid_i = in.inv_asid_valid;
      top_.inv_asid_i = in.inv_asid;
      top_.inv_vaddr_valid_i = in.inv_vaddr_valid;
      top_.inv_vaddr_i = in.inv_vaddr;
      top_.inv_global_i = in.inv_global;
      top_.inv_pointers_i = in.inv_pointers;
    }
  }

  void get(RtlOutputs& out) const {
    out.req_ready = top_.req_ready_o;
    out.rsp_valid = top_.rsp_valid_o;
    if (out.rsp_valid) {
      out.rsp_id = top_.rsp_id_o;
      out.rsp_fault = top_.rsp_fault_o;
      out.rsp_entry = top_.rsp_entry_o;
      out.rsp_frame = top_.rsp_frame_o;
      out.rsp_page_shift = top_.rsp_page_shift_o;
      out.rsp_level = top_.rsp_level_o;
      out.rsp_rights = top_.rsp_rights_o;
      out.rsp_global = top_.rsp_global_o;
      out.rsp_dirty = top_.rsp_dirty_o;
    }
    out.mem_req_valid = top_.mem_req_valid_o;
    if (out.mem_req_valid) {
      out.mem_req_tag = top_.mem_req_tag_o;
      out.mem_req_addr = top_.mem_req_addr_o;
      out.mem_req_size = top_.mem_req_size_o;
      out.mem_req_swap = top_.mem_req_op_o;
      out.mem_req_wdata = top_.mem_req_wdata_o;
      out.mem_req_expected = top_.mem_req_expected_o;
    }
    out.quiet = top_.quiet_o;
    out.rests = top_.rests_o != 0;
    out.ev_walk = top_.ev_walk_o;
    out.ev_merge = top_.ev_merge_o;
    out.ev_cache_lookup = top_.ev_cache_lookup_o;
    out.ev_cache_hit = top_.ev_cache_hit_o;
    out.ev_done = top_.ev_done_o;
    out.ev_replay = top_.ev_replay_o;
    out.ev_restart = top_.ev_restart_o;
    if constexpr (IsAdapter<Verilated>::value) out.violation = top_.violation_o;
  }

  VerilatedContext context_;
  Verilated top_;
  std::unique_ptr<VerilatedFstC> wave_;
};

}  // namespace tablewalk
