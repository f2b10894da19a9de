// For a walker that has the ports of rtl/walker.sv already, such as a changed copy of it: nothing stands between.
//
// The walker is the module TABLEWALK_WALKER with TABLEWALK_WALKER_SLOTS slots and the parameters
// TABLEWALK_WALKER_FURTHER_PARAMETERS, each after a comma.

`ifndef TABLEWALK_WALKER
`define TABLEWALK_WALKER walker
`define TABLEWALK_WALKER_FURTHER_PARAMETERS
`define TABLEWALK_WALKER_SLOTS 2
`endif

module tablewalk_adapter #(
    parameter int unsigned IdWidth = 4,
    localparam int unsigned Slots = `TABLEWALK_WALKER_SLOTS,
    localparam int unsigned GenerationWidth = 4,
    localparam int unsigned TagWidth = GenerationWidth + (Slots > 1 ? $clog2(Slots) : 1)
) (
    input logic clk_i,
    input logic rst_ni,

    input logic req_valid_i,
    output logic req_ready_o,
    input logic [IdWidth-1:0] req_id_i,
    input logic [51:0] req_vpn_i,
    input tablewalk_pkg::mode_e req_mode_i,
    input logic [55:0] req_root_i,
    input logic [15:0] req_asid_i,
    input tablewalk_pkg::access_e req_access_i,
    input logic req_priv_i,
    input tablewalk_pkg::controls_t req_controls_i,

    output logic rsp_valid_o,
    input logic rsp_ready_i,
    output logic [IdWidth-1:0] rsp_id_o,
    output tablewalk_pkg::fault_e rsp_fault_o,
    output logic [63:0] rsp_entry_o,
    output logic [43:0] rsp_frame_o,
    output logic [5:0] rsp_page_shift_o,
    output logic [2:0] rsp_level_o,
    output tablewalk_pkg::rights_t rsp_rights_o,
    output logic rsp_global_o,
    output logic rsp_dirty_o,
    output logic [55:0] rsp_fault_addr_o,

    output logic mem_req_valid_o,
    input logic mem_req_ready_i,
    output logic [TagWidth-1:0] mem_req_tag_o,
    output logic [55:0] mem_req_addr_o,
    output logic [1:0] mem_req_size_o,
    output tablewalk_pkg::mem_op_e mem_req_op_o,
    output logic [63:0] mem_req_wdata_o,
    output logic [63:0] mem_req_expected_o,
    input logic mem_rsp_valid_i,
    input logic [TagWidth-1:0] mem_rsp_tag_i,
    input logic [63:0] mem_rsp_data_i,
    input logic mem_rsp_error_i,
    input logic mem_rsp_retry_i,

    input logic inv_valid_i,
    output logic inv_ready_o,
    input logic inv_all_i,
    input logic inv_asid_valid_i,
    input logic [15:0] inv_asid_i,
    input logic inv_vaddr_valid_i,
    input logic [63:0] inv_vaddr_i,
    input logic inv_global_i,
    input tablewalk_pkg::pointers_e inv_pointers_i,

    output logic idle_o,
    output logic quiet_o,
    output logic rests_o,
    output logic ev_walk_o,
    output logic ev_merge_o,
    output logic ev_cache_lookup_o,
    output logic [7:0] ev_cache_hit_o,
    output logic [7:0] ev_read_o,
    output logic ev_update_o,
    output logic [Slots-1:0] ev_done_o,
    output logic [Slots-1:0] ev_fault_o,
    output logic ev_replay_o,
    output logic [Slots-1:0] ev_restart_o,
    output logic [1:0] violation_o
);

  `TABLEWALK_WALKER #(
      .Slots(Slots),
      .IdWidth(IdWidth),
      .GenerationWidth(GenerationWidth)
      `TABLEWALK_WALKER_FURTHER_PARAMETERS
  ) u_walker (
      .*
  );

  assign violation_o = 2'd0;

endmodule
