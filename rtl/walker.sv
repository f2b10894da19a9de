// The page-table walker: `Slots` walks under way at once, a cache of pointers for each level, one memory port.
// docs/rtl.md says in which cycle what happens.
//
// Every output comes from registers alone: nothing is combinational from an input to an output. So a bench may set all
// inputs, raise the clock, evaluate, lower it, evaluate, and read all outputs.
//
// Request: taken in a cycle with req_valid_i and req_ready_o high; every field is latched then.
//   req_id_i        whose answer it will be; no other request with this id may be under way
//   req_vpn_i       virtual address >> PageShift, all upper bits included
//   req_mode_i      mode_e: how to walk
//   req_root_i      address of the root's table, in bytes
//   req_asid_i      address space
//   req_access_i    access_e: fetch, load or store
//   req_priv_i      1: made at user privilege
//   req_controls_i  controls_t: the control registers of the mode
// Response: given in a cycle with rsp_valid_o and rsp_ready_i high; stable until then; one for each request.
//   rsp_id_o          of the request
//   rsp_fault_o       fault_e; FaultNone: translated
//   rsp_entry_o       the last entry read, as memory holds it after the walk (translated: the leaf)
//   rsp_frame_o       address of the page >> PageShift                                                (translated)
//   rsp_page_shift_o  log2 of the size of the page in bytes                                           (translated)
//   rsp_level_o       of the leaf; of the entry that faulted (the root's if none was read). 0: the last level
//   rsp_rights_o      rights_t over the whole path                                                    (translated)
//   rsp_global_o      in every address space                                                          (translated)
//   rsp_dirty_o       the leaf's dirty bit is set: a store needs no further walk                      (translated)
//   rsp_fault_addr_o  physical address of the entry that faulted, or that could not be read           (fault)
// Memory: accesses of one naturally aligned entry. The request is stable until accepted. Answers may come in any order,
// at any time after acceptance; they are always taken. One answer for each request that was accepted.
//   mem_req_tag_o      comes back with the answer: {generation, slot}
//   mem_req_addr_o     in bytes
//   mem_req_size_o     log2 of the bytes: 2 or 3
//   mem_req_op_o       mem_op_e: read, or compare-and-swap
//   mem_req_wdata_o    compare-and-swap: what to write if memory holds mem_req_expected_o
//   mem_rsp_data_i     the entry; of a compare-and-swap what memory held before. 4-byte entries in bits 31:0
//   mem_rsp_error_i    the access failed: the walk ends with FaultReadFailed
//   mem_rsp_retry_i    nothing was done: the walker asks again
// Invalidation: taken in a cycle with inv_valid_i and inv_ready_o high; takes effect after everything else in it.
//   inv_all_i                            everything
//   inv_asid_valid_i alone               everything of inv_asid_i that is not global
//   inv_asid_valid_i inv_vaddr_valid_i   the page that holds inv_vaddr_i, of inv_asid_i or global
//   inv_vaddr_i                          virtual address in bytes
// Status.
//   idle_o   nothing is under way, and no answer of memory is missing
//   quiet_o  while req_valid_i, mem_rsp_valid_i and inv_valid_i stay low, clocking changes nothing
// Events: what happened in the cycle before, one bit each. [l] is a level.
//   ev_walk_o          a walk began                 ev_merge_o     a request joined a walk
//   ev_cache_lookup_o  the walk caches were asked   ev_cache_hit_o[l] the cache of level l had the pointer
//   ev_read_o[l]       an entry was read            ev_update_o    a compare-and-swap was answered
//   ev_done_o          a walk closed                ev_fault_o     and its answer was a fault
//   ev_replay_o        a joined request was sent back: the answer did not serve it
//   ev_restart_o[s]    the walk in slot s begins anew because of an invalidation

module walker #(
    parameter int unsigned Slots = 2,
    parameter int unsigned IdWidth = 4,
    // Memory accesses that a slot can have under way: 2^GenerationWidth. All but one belong to walks that invalidations
    // have restarted.
    parameter int unsigned GenerationWidth = 2,
    // Virtual page numbers come without that many bits; no mode has smaller pages.
    parameter int unsigned PageShift = 12,
    // The radix format: its levels, the index bits of each (bits 6l+5:6l are level l's), the offset bits and the bytes
    // of an entry.
    parameter int unsigned RadixLevels = 4,
    parameter logic [47:0] RadixIndexBits = {24'd0, {4{6'd9}}},
    parameter int unsigned RadixOffsetBits = 12,
    parameter int unsigned RadixEntryBytes = 8,
    // Bits 8l+7:8l: pointers that the walk cache of level l remembers (0: there is none), and ways of a set (0: fully
    // associative). Sets are a power of two. Level 0 has no pointers.
    parameter logic [63:0] WalkCacheEntries = 64'h0000_0000_0010_1000,
    parameter logic [63:0] WalkCacheWays = 64'h0000_0000_0004_0400,
    localparam int unsigned SlotWidth = Slots > 1 ? $clog2(Slots) : 1,
    localparam int unsigned TagWidth = GenerationWidth + SlotWidth,
    localparam int unsigned VpnWidth = 64 - PageShift
) (
    input logic clk_i,
    input logic rst_ni,

    input logic req_valid_i,
    output logic req_ready_o,
    input logic [IdWidth-1:0] req_id_i,
    input logic [VpnWidth-1:0] req_vpn_i,
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
    output logic [55-PageShift:0] rsp_frame_o,
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

    output logic idle_o,
    output logic quiet_o,
    output logic ev_walk_o,
    output logic ev_merge_o,
    output logic ev_cache_lookup_o,
    output logic [7:0] ev_cache_hit_o,
    output logic [7:0] ev_read_o,
    output logic ev_update_o,
    output logic ev_done_o,
    output logic ev_fault_o,
    output logic ev_replay_o,
    output logic [Slots-1:0] ev_restart_o
);

  assign req_ready_o = 1'b0;
  assign rsp_valid_o = 1'b0;
  assign mem_req_valid_o = 1'b0;
  assign inv_ready_o = rst_ni;
  assign idle_o = 1'b1;
  assign quiet_o = 1'b1;
  assign {rsp_id_o, rsp_entry_o, rsp_frame_o, rsp_page_shift_o, rsp_level_o, rsp_global_o, rsp_dirty_o} = '0;
  assign rsp_rights_o = '0;
  assign rsp_fault_o = tablewalk_pkg::FaultNone;
  assign rsp_fault_addr_o = '0;
  assign mem_req_tag_o = '0;
  assign mem_req_addr_o = '0;
  assign mem_req_size_o = 2'd3;
  assign mem_req_op_o = tablewalk_pkg::OpRead;
  assign mem_req_wdata_o = '0;
  assign mem_req_expected_o = '0;
  assign {ev_walk_o, ev_merge_o, ev_cache_lookup_o, ev_update_o, ev_done_o, ev_fault_o, ev_replay_o} = '0;
  assign ev_cache_hit_o = '0;
  assign ev_read_o = '0;
  assign ev_restart_o = '0;

endmodule
