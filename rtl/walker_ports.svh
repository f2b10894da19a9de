// The ports of a walker: of walker.sv, and of the adapters that put another walker in its place. Of the module that
// includes them: Slots, IdWidth, TagWidth, and PageShift, the bits that virtual page numbers come without.
// docs/rtl.md says in which cycle what happens.

input logic clk_i,
input logic rst_ni,

// Request: taken in a cycle with req_valid_i and req_ready_o high; every field is latched then.
//   req_id_i        whose answer it will be; no other request with this id may be under way
//   req_vpn_i       virtual address >> PageShift, all upper bits included
//   req_mode_i      mode_e: how to walk
//   req_root_i      address of the root's table, in bytes
//   req_asid_i      address space
//   req_access_i    access_e: fetch, load or store
//   req_priv_i      1: made at user privilege
//   req_controls_i  controls_t: the control registers of the mode
input logic req_valid_i,
output logic req_ready_o,
input logic [IdWidth-1:0] req_id_i,
input logic [63-PageShift:0] req_vpn_i,
input tablewalk_pkg::mode_e req_mode_i,
input logic [55:0] req_root_i,
input logic [15:0] req_asid_i,
input tablewalk_pkg::access_e req_access_i,
input logic req_priv_i,
input tablewalk_pkg::controls_t req_controls_i,

// Response: given in a cycle with rsp_valid_o and rsp_ready_i high; stable until then; one for each request.
//   rsp_id_o          of the request
//   rsp_fault_o       fault_e; FaultNone: translated
//   rsp_entry_o       the last entry read, as memory holds it after the walk (translated: the leaf)
//   rsp_frame_o       address of the page >> PageShift                                                (translated)
//   rsp_page_shift_o  log2 of the bytes covered: of the page, or what of it is within physical memory (translated)
//   rsp_level_o       of the leaf; of the entry that faulted (the root's if none was read). 0: the last level
//   rsp_rights_o      rights_t over the whole path                                                    (translated)
//   rsp_global_o      in every address space                                                          (translated)
//   rsp_dirty_o       the leaf's dirty bit is set: a store needs no further walk                      (translated)
//   rsp_fault_addr_o  physical address of the entry that faulted, or that could not be read           (fault)
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

`include "memory_ports.svh"

`include "invalidation_ports.svh"

// Status.
//   idle_o   nothing is under way, and no answer of memory is missing
//   quiet_o  while req_valid_i, mem_rsp_valid_i and inv_valid_i stay low, clocking changes nothing
//   rests_o  the same, but for what is shown: the memory request and the answer, which are taken in this cycle, and the
//            events. So a bench that is always ready for them need not clock the walker until it has an input for it
// Events: what happened in the cycle before. [l] is a level, [s] a slot.
//   ev_walk_o          a walk began
//   ev_merge_o         a request joined a walk
//   ev_replay_o        a request that had joined was sent back: the answer did not serve it
//   ev_cache_lookup_o  the walk caches were asked
//   ev_cache_hit_o[l]  and that of level l had the pointer
//   ev_read_o[l]       a walk got the entry that it wanted to read
//   ev_update_o        a walk got the answer to its compare-and-swap
//   ev_done_o[s]       the walk in slot s closed
//   ev_fault_o[s]      and its answer was a fault
//   ev_restart_o[s]    the walk in slot s begins anew because of an invalidation
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
output logic [Slots-1:0] ev_restart_o
