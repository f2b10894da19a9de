// Puts a walker with the interface of CVA6's behind the ports of rtl/walker_ports.svh:
//
//   queue         holds one request until it is answered, and its id; asks the walker again after a flush
//   held inputs   store, MXR, root and address space stand still from the request to its answer: such a walker does not
//                 latch them
//   answers       the update for the TLB, or an error, becomes the response. An error does not say why: FaultPage
//   MMU's checks  what stands beside such a walker in its core: canonical addresses, the U bit, the range of the page
//   memory        index with grant, tag one cycle later, becomes one request; no more than one at a time
//   invalidation  of anything is a flush of everything
//
// A request that is taken in cycle n is handed over in n + 1. The walker's answer in cycle a stands in a + 1.
// Every output comes from registers alone if the walker's outputs that are named by `found` to `port_out` do.
//
// The walker is the module TABLEWALK_WALKER, its parameters are TABLEWALK_WALKER_PARAMETERS.

`ifndef TABLEWALK_WALKER
`define TABLEWALK_WALKER example_ptw
`define TABLEWALK_WALKER_PARAMETERS
`endif

module cva6_adapter #(
    parameter int unsigned IdWidth = 4,
    localparam int unsigned PageShift = 12,
    localparam int unsigned Slots = 1,
    localparam int unsigned TagWidth = 2
) (
    output logic [1:0] violation_o,

`include "walker_ports.svh"
);

  localparam int unsigned Levels = cva6_shape_pkg::Levels;
  localparam int unsigned IndexBits = cva6_shape_pkg::IndexBits;
  localparam int unsigned XLen = cva6_shape_pkg::XLen;
  localparam int unsigned PpnBits = cva6_shape_pkg::PpnBits;
  localparam logic [2:0] RootLevel = 3'(Levels - 1);

  typedef enum logic [1:0] {
    Idle = 2'd0,
    Hands = 2'd1,  // the request over, until the walker takes it
    Walks = 2'd2,
    Answers = 2'd3
  } state_e;

  function automatic logic [5:0] shift_of(input logic [2:0] level);
    shift_of = 6'd12 + 6'(IndexBits) * {3'd0, level};
  endfunction

  // The request.
  state_e state_q, state_d;
  logic [IdWidth-1:0] id_q;
  logic [51:0] vpn_q;
  logic [15:0] asid_q;
  logic [55:0] root_q;
  tablewalk_pkg::access_e access_q;
  logic user_q;
  tablewalk_pkg::controls_t controls_q;

  // The walker.
  logic active, failed, denied, taken;
  cva6_shape_pkg::tlb_update_t found;
  cva6_shape_pkg::cache_request_t port_out;
  cva6_shape_pkg::cache_response_t port_in;
  logic canonical;

  assign canonical = tablewalk_pkg::translates(cva6_shape_pkg::Mode, {vpn_q, 12'd0}, 7'd0);

  `TABLEWALK_WALKER #(
      `TABLEWALK_WALKER_PARAMETERS
  ) u_walker (
      .clk_i(clk_i),
      .rst_ni(rst_ni),
      .flush_i(inv_valid_i),
      .ptw_active_o(active),
      .walking_instr_o(),
      .ptw_error_o(failed),
      .ptw_access_exception_o(denied),
      .enable_translation_i(1'b1),
      .en_ld_st_translation_i(1'b1),
      .lsu_is_store_i(access_q == tablewalk_pkg::AccessStore),
      .req_port_i(port_in),
      .req_port_o(port_out),
      .shared_tlb_update_o(found),
      .update_vaddr_o(),
      .asid_i(asid_q[cva6_shape_pkg::AsidBits-1:0]),
      // What is handed over in the cycle of a flush would be lost.
      .shared_tlb_access_i(state_q == Hands && canonical && !inv_valid_i),
      .shared_tlb_hit_i(1'b0),
      .shared_tlb_vaddr_i({vpn_q[XLen-13:0], 12'd0}),
      .itlb_req_i(access_q == tablewalk_pkg::AccessFetch),
      .satp_ppn_i(root_q[12+:PpnBits]),
      .mxr_i(controls_q.mxr),
      .shared_tlb_miss_o(taken),
      .bad_paddr_o()
  );

  // Memory. An access that the walker's cache would have waits in held_q until it is accepted.
  logic granted, tag_phase_q, killed, fresh, held_q, outstanding_q;
  logic [cva6_shape_pkg::CacheIndexBits-1:0] index_q;
  logic [1:0] size_q;
  logic [55:0] address, address_q;
  logic retried;

  assign granted = port_out.data_req && !tag_phase_q && !held_q && !outstanding_q;
  assign killed = tag_phase_q && port_out.kill_req;
  assign fresh = tag_phase_q && port_out.tag_valid && !port_out.kill_req;
  assign address = held_q ? address_q : 56'({port_out.address_tag, index_q});
  assign retried = mem_rsp_valid_i && mem_rsp_retry_i;

  assign port_in.data_gnt = granted;
  assign port_in.data_rvalid = (mem_rsp_valid_i && !mem_rsp_retry_i) || killed;
  // An error has no wires to such a walker: it sees an entry that is not valid.
  assign port_in.data_rdata = mem_rsp_error_i ? '0 : mem_rsp_data_i[XLen-1:0];

  assign mem_req_valid_o = fresh || held_q;
  assign mem_req_tag_o = '0;
  assign mem_req_addr_o = address;
  assign mem_req_size_o = size_q;
  assign mem_req_op_o = tablewalk_pkg::OpRead;
  assign mem_req_wdata_o = '0;
  assign mem_req_expected_o = '0;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      tag_phase_q <= 1'b0;
      index_q <= '0;
      size_q <= '0;
      held_q <= 1'b0;
      outstanding_q <= 1'b0;
      address_q <= '0;
    end else begin
      tag_phase_q <= granted;
      if (granted) begin
        index_q <= port_out.address_index;
        size_q <= port_out.data_size;
      end
      held_q <= (mem_req_valid_o && !mem_req_ready_i) || retried;
      if (mem_req_valid_o) address_q <= address;
      outstanding_q <= (mem_req_valid_o && mem_req_ready_i) || (outstanding_q && !mem_rsp_valid_i);
    end
  end

  // The answer.
  logic answered, lost, reachable, beyond, read_failed_q;
  logic [2:0] level_q, leaf_level;  // of the last entry read; of the leaf
  logic [5:0] page_shift;
  logic [55:0] page, accessed;
  tablewalk_pkg::fault_e fault;

  assign answered = state_q == Walks && (found.valid || failed || denied);
  // The walk is flushed, and will be asked for again.
  assign lost = state_q == Walks && !answered && inv_valid_i;

  always_comb begin
    leaf_level = 3'd0;
    for (int unsigned i = 0; i < Levels - 1; i++) if (found.is_page[i]) leaf_level = RootLevel - 3'(i);
    page = 56'({found.content[10+:PpnBits], 12'd0});
    reachable = user_q ? found.content[4]
                       : !found.content[4] || (controls_q.sum && access_q != tablewalk_pkg::AccessFetch);
    page_shift = shift_of(leaf_level);
    accessed = page | ({vpn_q[43:0], 12'd0} & ~(56'hFF_FFFF_FFFF_FFFF << page_shift));
    beyond = (accessed >> controls_q.physical_bits) != '0;
    if (!canonical) fault = tablewalk_pkg::FaultNonCanonical;
    else if (read_failed_q) fault = tablewalk_pkg::FaultReadFailed;
    else if (denied) fault = tablewalk_pkg::FaultOutOfRange;
    else if (failed) fault = tablewalk_pkg::FaultPage;
    else if (!reachable) fault = tablewalk_pkg::FaultPermission;
    else if (beyond) fault = tablewalk_pkg::FaultOutOfRange;
    else fault = tablewalk_pkg::FaultNone;
  end

  always_comb begin
    state_d = state_q;
    case (state_q)
      Idle: if (req_valid_i) state_d = Hands;
      Hands: begin
        if (!canonical) state_d = Answers;
        else if (taken) state_d = Walks;
      end
      Walks: begin
        if (answered) state_d = Answers;
        else if (lost) state_d = Hands;
      end
      default: if (rsp_ready_i) state_d = Idle;
    endcase
  end

  tablewalk_pkg::fault_e rsp_fault_q;
  logic [XLen-1:0] rsp_entry_q;
  logic [2:0] rsp_level_q;
  logic ev_walk_q, ev_lookup_q, ev_done_q, ev_restart_q;
  logic [7:0] ev_read_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q <= Idle;
      id_q <= '0;
      vpn_q <= '0;
      asid_q <= '0;
      root_q <= '0;
      access_q <= tablewalk_pkg::AccessFetch;
      user_q <= 1'b0;
      controls_q <= '0;
      level_q <= '0;
      read_failed_q <= 1'b0;
      rsp_fault_q <= tablewalk_pkg::FaultNone;
      rsp_entry_q <= '0;
      rsp_level_q <= '0;
      ev_walk_q <= 1'b0;
      ev_lookup_q <= 1'b0;
      ev_done_q <= 1'b0;
      ev_restart_q <= 1'b0;
      ev_read_q <= '0;
    end else begin
      state_q <= state_d;
      if (state_q == Idle && req_valid_i) begin
        id_q <= req_id_i;
        vpn_q <= req_vpn_i;
        asid_q <= req_asid_i;
        root_q <= req_root_i;
        access_q <= req_access_i;
        user_q <= req_priv_i;
        controls_q <= req_controls_i;
      end
      if (state_q == Hands) begin
        level_q <= 3'(Levels);
        read_failed_q <= 1'b0;
      end else if (fresh) begin
        level_q <= level_q - 3'd1;
      end
      if (state_q == Walks && mem_rsp_valid_i && mem_rsp_error_i && !mem_rsp_retry_i) read_failed_q <= 1'b1;
      if (state_d == Answers && state_q != Answers) begin
        rsp_fault_q <= fault;
        rsp_entry_q <= found.content;
        if (found.valid && canonical) rsp_level_q <= leaf_level;
        else rsp_level_q <= canonical && level_q < RootLevel ? level_q : RootLevel;
      end
      ev_walk_q <= state_q == Idle && req_valid_i;
      ev_lookup_q <= state_q == Hands && state_d != Hands;
      ev_done_q <= state_q != Answers && state_d == Answers;
      ev_restart_q <= lost;
      ev_read_q <= port_in.data_rvalid && state_q == Walks ? 8'd1 << level_q : 8'd0;
    end
  end

  assign req_ready_o = state_q == Idle;
  assign rsp_valid_o = state_q == Answers;
  assign rsp_id_o = id_q;
  assign rsp_fault_o = rsp_fault_q;
  assign rsp_entry_o = 64'(rsp_entry_q);
  assign rsp_frame_o = 44'(rsp_entry_q[10+:PpnBits]);
  // A page that is larger than physical memory begins at 0: what lies in it is translated.
  assign rsp_page_shift_o =
      shift_of(rsp_level_q) > controls_q.physical_bits ? controls_q.physical_bits : shift_of(rsp_level_q);
  assign rsp_level_o = rsp_level_q;
  assign rsp_rights_o.key = 4'd0;
  assign rsp_rights_o.privileged_execute = rsp_entry_q[3] && !rsp_entry_q[4];
  assign rsp_rights_o.user = rsp_entry_q[4];
  assign rsp_rights_o.execute = rsp_entry_q[3];
  assign rsp_rights_o.write = rsp_entry_q[2];
  assign rsp_rights_o.read = rsp_entry_q[1];
  assign rsp_global_o = rsp_entry_q[5];
  assign rsp_dirty_o = rsp_entry_q[7];
  assign rsp_fault_addr_o = address_q;

  // An invalidation takes effect at once.
  assign inv_ready_o = 1'b1;

  // While it waits for memory such a walker does nothing, from the cycle after the tag's on.
  assign idle_o = state_q == Idle && !active && !held_q && !outstanding_q;
  logic event_stands;
  assign event_stands = ev_walk_q || ev_lookup_q || ev_done_q || ev_restart_q || ev_read_q != 8'd0;
  assign quiet_o = !event_stands &&
                   (idle_o || (outstanding_q && state_q != Answers && (state_q != Hands || canonical)));
  assign rests_o = quiet_o;

  assign ev_walk_o = ev_walk_q;
  assign ev_merge_o = 1'b0;
  assign ev_cache_lookup_o = ev_lookup_q;
  assign ev_cache_hit_o = '0;
  assign ev_read_o = ev_read_q;
  assign ev_update_o = 1'b0;
  assign ev_done_o = ev_done_q;
  assign ev_fault_o = ev_done_q && rsp_fault_q != tablewalk_pkg::FaultNone;
  assign ev_replay_o = 1'b0;
  assign ev_restart_o = ev_restart_q;

  // What such a walker must not do. 1: answer when nothing is asked, or what was flushed. 2: answer for another page.
  // 3: ask for memory without a tag, or to write.
  logic [1:0] violation_q;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      violation_q <= 2'd0;
    end else if ((found.valid || failed || denied) && state_q != Walks) begin
      violation_q <= 2'd1;
    end else if (found.valid && (found.vpn != vpn_q[cva6_shape_pkg::VpnBits-1:0] ||
                                 found.asid != asid_q[cva6_shape_pkg::AsidBits-1:0])) begin
      violation_q <= 2'd2;
    end else if ((tag_phase_q && !port_out.tag_valid && !port_out.kill_req) || (granted && port_out.data_we)) begin
      violation_q <= 2'd3;
    end
  end
  assign violation_o = violation_q;

endmodule
