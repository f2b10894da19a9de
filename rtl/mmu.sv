// What a core would instantiate: a TLB for fetches, one for loads and stores, and the walker that both ask. A miss of
// loads and stores goes first. An answer of the walker that an invalidation overtook is not used but asked for again.

module mmu #(
    parameter int unsigned Slots = 2,
    parameter int unsigned FetchEntries = 32,
    parameter int unsigned FetchWays = 4,
    parameter int unsigned DataEntries = 64,
    parameter int unsigned DataWays = 4,
    parameter logic [23:0] PageShifts = {6'd0, 6'd30, 6'd21, 6'd12},
    parameter int unsigned RadixLevels = 4,
    parameter logic [47:0] RadixIndexBits = {24'd0, {4{6'd9}}},
    parameter int unsigned RadixOffsetBits = 12,
    parameter int unsigned RadixEntryBytes = 8,
    parameter logic [63:0] WalkCacheEntries = 64'h0000_0000_0010_1000,
    parameter logic [63:0] WalkCacheWays = 64'h0000_0000_0004_0400,
    localparam int unsigned GenerationWidth = 2,
    localparam int unsigned SlotWidth = Slots > 1 ? $clog2(Slots) : 1,
    localparam int unsigned TagWidth = GenerationWidth + SlotWidth
) (
    input logic clk_i,
    input logic rst_ni,

    // The core's registers: latched with each request.
    input tablewalk_pkg::mode_e mode_i,
    input logic [55:0] root_i,
    input logic [15:0] asid_i,
    input tablewalk_pkg::controls_t controls_i,

    input logic fetch_req_valid_i,
    output logic fetch_req_ready_o,
    input logic [63:0] fetch_req_va_i,
    input logic fetch_req_priv_i,  // 1: at user privilege
    output logic fetch_rsp_valid_o,
    input logic fetch_rsp_ready_i,
    output tablewalk_pkg::fault_e fetch_rsp_fault_o,
    output logic [55:0] fetch_rsp_address_o,
    output logic fetch_rsp_hit_o,

    input logic data_req_valid_i,
    output logic data_req_ready_o,
    input logic [63:0] data_req_va_i,
    input logic data_req_store_i,
    input logic data_req_priv_i,
    output logic data_rsp_valid_o,
    input logic data_rsp_ready_i,
    output tablewalk_pkg::fault_e data_rsp_fault_o,
    output logic [55:0] data_rsp_address_o,
    output logic data_rsp_hit_o,

`include "memory_ports.svh"

`include "invalidation_ports.svh"

    output logic idle_o
);

  localparam logic [53:0] RadixShape = tablewalk_pkg::radix_shape(RadixIndexBits, RadixOffsetBits[5:0]);

  tablewalk_pkg::invalidation_t invalidation;
  assign invalidation.everything = inv_all_i;
  assign invalidation.asid_valid = inv_asid_valid_i;
  assign invalidation.asid = inv_asid_i;
  assign invalidation.vaddr_valid = inv_vaddr_valid_i;
  assign invalidation.vaddr = inv_vaddr_i;
  assign invalidation.is_global = inv_global_i;
  assign invalidation.pointers = inv_pointers_i;

  tablewalk_pkg::request_t fetch_request, data_request, fetch_walk, data_walk, walk;
  always_comb begin
    fetch_request.va = {fetch_req_va_i[63:12], 12'd0};
    fetch_request.mode = mode_i;
    fetch_request.root = root_i;
    fetch_request.asid = asid_i;
    fetch_request.access = tablewalk_pkg::AccessFetch;
    fetch_request.user = fetch_req_priv_i;
    fetch_request.controls = controls_i;
    data_request = fetch_request;
    data_request.va = {data_req_va_i[63:12], 12'd0};
    data_request.access = data_req_store_i ? tablewalk_pkg::AccessStore : tablewalk_pkg::AccessLoad;
    data_request.user = data_req_priv_i;
  end

  logic fetch_walk_valid, data_walk_valid, walk_ready, walked, walked_data, walker_idle;
  logic [43:0] walked_frame;
  tablewalk_pkg::fault_e walked_fault;
  tablewalk_pkg::translation_t walked_translation;

  // An answer that stands while an invalidation comes, or comes to stand at its end, may be of before.
  logic overtaken_q, overtaken;
  assign overtaken = overtaken_q || inv_valid_i;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) overtaken_q <= 1'b0;
    else overtaken_q <= inv_valid_i;  // answers are taken at once
  end

  mmu_port #(
      .Entries(FetchEntries),
      .Ways(FetchWays),
      .PageShifts(PageShifts),
      .RadixShape(RadixShape)
  ) u_fetch (
      .clk_i(clk_i),
      .rst_ni(rst_ni),
      .req_valid_i(fetch_req_valid_i),
      .req_ready_o(fetch_req_ready_o),
      .req_i(fetch_request),
      .req_offset_i(fetch_req_va_i[11:0]),
      .rsp_valid_o(fetch_rsp_valid_o),
      .rsp_ready_i(fetch_rsp_ready_i),
      .rsp_fault_o(fetch_rsp_fault_o),
      .rsp_address_o(fetch_rsp_address_o),
      .rsp_translation_o(),
      .rsp_hit_o(fetch_rsp_hit_o),
      .walk_valid_o(fetch_walk_valid),
      .walk_ready_i(walk_ready && !data_walk_valid),
      .walk_request_o(fetch_walk),
      .walked_i(walked && !walked_data),
      .walked_overtaken_i(overtaken),
      .walked_fault_i(walked_fault),
      .walked_translation_i(walked_translation),
      .invalidate_i(inv_valid_i),
      .invalidation_i(invalidation)
  );

  mmu_port #(
      .Entries(DataEntries),
      .Ways(DataWays),
      .PageShifts(PageShifts),
      .RadixShape(RadixShape)
  ) u_data (
      .clk_i(clk_i),
      .rst_ni(rst_ni),
      .req_valid_i(data_req_valid_i),
      .req_ready_o(data_req_ready_o),
      .req_i(data_request),
      .req_offset_i(data_req_va_i[11:0]),
      .rsp_valid_o(data_rsp_valid_o),
      .rsp_ready_i(data_rsp_ready_i),
      .rsp_fault_o(data_rsp_fault_o),
      .rsp_address_o(data_rsp_address_o),
      .rsp_translation_o(),
      .rsp_hit_o(data_rsp_hit_o),
      .walk_valid_o(data_walk_valid),
      .walk_ready_i(walk_ready),
      .walk_request_o(data_walk),
      .walked_i(walked && walked_data),
      .walked_overtaken_i(overtaken),
      .walked_fault_i(walked_fault),
      .walked_translation_i(walked_translation),
      .invalidate_i(inv_valid_i),
      .invalidation_i(invalidation)
  );

  assign walk = data_walk_valid ? data_walk : fetch_walk;

  walker #(
      .Slots(Slots),
      .IdWidth(1),
      .GenerationWidth(GenerationWidth),
      .PageShift(12),
      .RadixLevels(RadixLevels),
      .RadixIndexBits(RadixIndexBits),
      .RadixOffsetBits(RadixOffsetBits),
      .RadixEntryBytes(RadixEntryBytes),
      .WalkCacheEntries(WalkCacheEntries),
      .WalkCacheWays(WalkCacheWays)
  ) u_walker (
      .clk_i(clk_i),
      .rst_ni(rst_ni),
      .req_valid_i(fetch_walk_valid || data_walk_valid),
      .req_ready_o(walk_ready),
      .req_id_i(data_walk_valid),
      .req_vpn_i(walk.va[63:12]),
      .req_mode_i(walk.mode),
      .req_root_i(walk.root),
      .req_asid_i(walk.asid),
      .req_access_i(walk.access),
      .req_priv_i(walk.user),
      .req_controls_i(walk.controls),
      .rsp_valid_o(walked),
      .rsp_ready_i(1'b1),
      .rsp_id_o(walked_data),
      .rsp_fault_o(walked_fault),
      .rsp_entry_o(),
      .rsp_frame_o(walked_frame),
      .rsp_page_shift_o(walked_translation.page_shift),
      .rsp_level_o(walked_translation.level),
      .rsp_rights_o(walked_translation.rights),
      .rsp_global_o(walked_translation.is_global),
      .rsp_dirty_o(walked_translation.dirty),
      .rsp_fault_addr_o(),
      .mem_req_valid_o(mem_req_valid_o),
      .mem_req_ready_i(mem_req_ready_i),
      .mem_req_tag_o(mem_req_tag_o),
      .mem_req_addr_o(mem_req_addr_o),
      .mem_req_size_o(mem_req_size_o),
      .mem_req_op_o(mem_req_op_o),
      .mem_req_wdata_o(mem_req_wdata_o),
      .mem_req_expected_o(mem_req_expected_o),
      .mem_rsp_valid_i(mem_rsp_valid_i),
      .mem_rsp_tag_i(mem_rsp_tag_i),
      .mem_rsp_data_i(mem_rsp_data_i),
      .mem_rsp_error_i(mem_rsp_error_i),
      .mem_rsp_retry_i(mem_rsp_retry_i),
      .inv_valid_i(inv_valid_i),
      .inv_ready_o(inv_ready_o),
      .inv_all_i(inv_all_i),
      .inv_asid_valid_i(inv_asid_valid_i),
      .inv_asid_i(inv_asid_i),
      .inv_vaddr_valid_i(inv_vaddr_valid_i),
      .inv_vaddr_i(inv_vaddr_i),
      .inv_global_i(inv_global_i),
      .inv_pointers_i(inv_pointers_i),
      .idle_o(walker_idle),
      .quiet_o(),
      .rests_o(),
      .ev_walk_o(),
      .ev_merge_o(),
      .ev_cache_lookup_o(),
      .ev_cache_hit_o(),
      .ev_read_o(),
      .ev_update_o(),
      .ev_done_o(),
      .ev_fault_o(),
      .ev_replay_o(),
      .ev_restart_o()
  );
  assign walked_translation.page = {walked_frame, 12'd0};
  assign idle_o = walker_idle && fetch_req_ready_o && data_req_ready_o;

endmodule
