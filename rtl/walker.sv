// The page-table walker: `Slots` walks under way at once, a cache of pointers for each level, one memory port.
// docs/rtl.md says in which cycle what happens.
//
// Every output comes from registers alone: nothing is combinational from an input to an output. So a bench may set all
// inputs, raise the clock, evaluate, lower it, evaluate, and read all outputs.

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
    localparam int unsigned TagWidth = GenerationWidth + SlotWidth
) (
`include "walker_ports.svh"
);

  localparam logic [53:0] RadixShape = tablewalk_pkg::radix_shape(RadixIndexBits, RadixOffsetBits[5:0]);

  tablewalk_pkg::request_t step_request, lookup_request, memory_request, answer_request, joined_request, asked, taken;
  tablewalk_pkg::walk_t step_before, step_after, begun, memory_walk, answer_walk;

  // What happens in a cycle, and to the walk in which slot.
  logic step_taken, lookup_valid, memory_given, answer_given, takes, joins, begins, sends_back;
  logic [SlotWidth-1:0] step_slot, lookup_slot, memory_slot, answer_slot, join_slot, idle_slot;
  logic [Slots-1:0] concerned, restarts, hands_on, closes, faulted;

  // The slots: what they do.
  logic [Slots-1:0] looks_up, waits_for_memory, wants_memory, wants_answer, own, busy, has_free_tag, waiting;
  logic has_idle, slots_rest, slots_idle, no_access, replay, event_shown;
  logic step_wants_memory, step_followed, begin_wants_memory, memory_wanted, memory_free, answer_wanted, answer_free;
  logic answer_last;
  logic [TagWidth-1:0] memory_tag;
  logic [IdWidth-1:0] own_id, joined_id, taken_id;
  logic [7:0] cache_hits;

  tablewalk_pkg::invalidation_t invalidation;
  assign invalidation.everything = inv_all_i;
  assign invalidation.asid_valid = inv_asid_valid_i;
  assign invalidation.asid = inv_asid_i;
  assign invalidation.vaddr_valid = inv_vaddr_valid_i;
  assign invalidation.vaddr = inv_vaddr_i;
  assign invalidation.is_global = inv_global_i;
  assign invalidation.pointers = inv_pointers_i;

  walk_states #(
      .Slots(Slots)
  ) u_states (
      .clk_i(clk_i),
      .rst_ni(rst_ni),
      .looks_up_o(looks_up),
      .waits_for_memory_o(waits_for_memory),
      .own_o(own),
      .has_idle_o(has_idle),
      .idle_slot_o(idle_slot),
      .rest_o(slots_rest),
      .idle_o(slots_idle),
      .step_i(step_taken),
      .step_slot_i(step_slot),
      .step_wants_memory_i(step_wants_memory),
      .lookup_i(lookup_valid),
      .lookup_slot_i(lookup_slot),
      .lookup_wants_memory_i(begin_wants_memory),
      .wants_memory_o(wants_memory),
      .wants_answer_o(wants_answer),
      .memory_i(memory_given),
      .memory_slot_i(memory_slot),
      .answer_i(answer_given),
      .answer_slot_i(answer_slot),
      .answer_last_i(answer_last),
      .answer_free_i(answer_free),
      .begins_i(begins),
      .concerned_i(concerned),
      .restarts_o(restarts),
      .hands_on_o(hands_on),
      .closes_o(closes),
      .busy_o(busy)
  );

  // A slot whose accesses are all under way, as orphans, waits until one is answered.
  walk_order #(
      .Slots(Slots)
  ) u_order (
      .clk_i(clk_i),
      .rst_ni(rst_ni),
      .begins_i(begins),
      .begin_slot_i(idle_slot),
      .busy_i(busy),
      .looks_up_i(looks_up),
      .lookup_o(lookup_valid),
      .lookup_slot_o(lookup_slot),
      .wants_memory_i(wants_memory & has_free_tag),
      .memory_o(memory_wanted),
      .memory_slot_o(memory_slot),
      .wants_answer_i(wants_answer),
      .answer_o(answer_wanted),
      .answer_slot_o(answer_slot)
  );

  walk_store #(
      .Slots(Slots),
      .IdWidth(IdWidth),
      .RadixLevels(RadixLevels),
      .RadixShape(RadixShape)
  ) u_store (
      .clk_i(clk_i),
      .rst_ni(rst_ni),
      .answered_i(mem_rsp_valid_i),
      .step_slot_i(step_slot),
      .step_request_o(step_request),
      .step_before_o(step_before),
      .step_i(step_taken),
      .step_after_i(step_after),
      .lookup_i(lookup_valid),
      .lookup_slot_i(lookup_slot),
      .lookup_request_o(lookup_request),
      .begun_i(begun),
      .memory_i(memory_given),
      .memory_slot_i(memory_slot),
      .memory_request_o(memory_request),
      .memory_walk_o(memory_walk),
      .answer_i(answer_given),
      .answer_slot_i(answer_slot),
      .answer_id_o(own_id),
      .answer_request_o(answer_request),
      .answer_walk_o(answer_walk),
      .faulted_o(faulted),
      .takes_i(takes),
      .taken_id_i(taken_id),
      .taken_i(taken),
      .own_i(own),
      .joins_o(joins),
      .join_slot_o(join_slot),
      .begins_o(begins),
      .idle_slot_i(idle_slot),
      .invalidate_i(inv_valid_i),
      .invalidation_i(invalidation),
      .concerned_o(concerned)
  );

  // 1. One memory answer is taken. That of a walk that has been restarted since is nobody's.
  assign step_slot = mem_rsp_tag_i[SlotWidth-1:0];

  access_tags #(
      .Slots(Slots),
      .GenerationWidth(GenerationWidth)
  ) u_tags (
      .clk_i(clk_i),
      .rst_ni(rst_ni),
      .answered_i(mem_rsp_valid_i),
      .answered_tag_i(mem_rsp_tag_i),
      .waits_i(waits_for_memory),
      .wanted_o(step_taken),
      .give_i(memory_given),
      .give_slot_i(memory_slot),
      .give_tag_o(memory_tag),
      .has_free_o(has_free_tag),
      .none_o(no_access)
  );

  walk_step #(
      .RadixIndexBits(RadixIndexBits),
      .RadixLevels(RadixLevels),
      .RadixOffsetBits(RadixOffsetBits),
      .RadixEntryBytes(RadixEntryBytes)
  ) u_step (
      .valid_i(mem_rsp_valid_i),
      .request_i(step_request),
      .walk_i(step_before),
      .data_i(mem_rsp_data_i),
      .error_i(mem_rsp_error_i),
      .retry_i(mem_rsp_retry_i),
      .walk_o(step_after),
      .wants_memory_o(step_wants_memory),
      .followed_o(step_followed)
  );

  // 2. One walk asks the walk caches, the oldest of those that have not yet.
  walk_lookup #(
      .RadixIndexBits(RadixIndexBits),
      .RadixLevels(RadixLevels),
      .RadixOffsetBits(RadixOffsetBits),
      .RadixEntryBytes(RadixEntryBytes),
      .WalkCacheEntries(WalkCacheEntries),
      .WalkCacheWays(WalkCacheWays)
  ) u_lookup (
      .clk_i(clk_i),
      .rst_ni(rst_ni),
      .lookup_i(lookup_valid),
      .request_i(lookup_request),
      .hits_o(cache_hits),
      .walk_o(begun),
      .wants_memory_o(begin_wants_memory),
      .remember_i(step_taken && step_followed),
      .remember_level_i(step_before.level),
      .remember_request_i(step_request),
      .remember_walk_i(step_after),
      .invalidate_i(inv_valid_i),
      .invalidation_i(invalidation)
  );

  // 3. One memory request, of the oldest walk that wants memory.
  assign memory_given = memory_free && memory_wanted;

  memory_port #(
      .TagWidth(TagWidth),
      .RadixIndexBits(RadixIndexBits),
      .RadixOffsetBits(RadixOffsetBits),
      .RadixEntryBytes(RadixEntryBytes)
  ) u_memory (
      .clk_i(clk_i),
      .rst_ni(rst_ni),
      .free_o(memory_free),
      .give_i(memory_given),
      .give_tag_i(memory_tag),
      .give_request_i(memory_request),
      .give_walk_i(memory_walk),
      .valid_o(mem_req_valid_o),
      .ready_i(mem_req_ready_i),
      .tag_o(mem_req_tag_o),
      .addr_o(mem_req_addr_o),
      .size_o(mem_req_size_o),
      .op_o(mem_req_op_o),
      .wdata_o(mem_req_wdata_o),
      .expected_o(mem_req_expected_o)
  );

  // 4. One answer, of the oldest walk that wants to answer: its own request first, then those that joined, in the order
  // in which they did.
  assign answer_given = answer_free && answer_wanted;

  response_port #(
      .IdWidth(IdWidth),
      .PageShift(PageShift),
      .RadixIndexBits(RadixIndexBits),
      .RadixOffsetBits(RadixOffsetBits),
      .RadixEntryBytes(RadixEntryBytes)
  ) u_response (
      .clk_i(clk_i),
      .rst_ni(rst_ni),
      .free_o(answer_free),
      .answer_i(answer_given),
      .request_i(answer_request),
      .walk_i(answer_walk),
      .own_i(own[answer_slot]),
      .own_id_i(own_id),
      .joined_id_i(joined_id),
      .joined_i(joined_request),
      .sends_back_o(sends_back),
      .valid_o(rsp_valid_o),
      .ready_i(rsp_ready_i),
      .id_o(rsp_id_o),
      .fault_o(rsp_fault_o),
      .entry_o(rsp_entry_o),
      .frame_o(rsp_frame_o),
      .page_shift_o(rsp_page_shift_o),
      .level_o(rsp_level_o),
      .rights_o(rsp_rights_o),
      .global_o(rsp_global_o),
      .dirty_o(rsp_dirty_o),
      .fault_addr_o(rsp_fault_addr_o)
  );

  // 5. One request is taken: one that was sent back before a new one. It joins the walk of its page or begins one.
  always_comb begin
    asked = '0;
    if (req_valid_i) begin
      asked.va = {req_vpn_i, {PageShift{1'b0}}};
      asked.mode = req_mode_i;
      asked.root = req_root_i;
      asked.asid = req_asid_i;
      asked.access = req_access_i;
      asked.user = req_priv_i;
      asked.controls = req_controls_i;
    end
    takes = has_idle && (replay || req_valid_i);
  end

  request_list #(
      .Slots(Slots),
      .IdWidth(IdWidth)
  ) u_requests (
      .clk_i(clk_i),
      .rst_ni(rst_ni),
      .answer_i(answer_given),
      .answer_slot_i(answer_slot),
      .answer_own_i(own[answer_slot]),
      .answer_last_o(answer_last),
      .joined_id_o(joined_id),
      .joined_request_o(joined_request),
      .sends_back_i(sends_back),
      .req_id_i(req_id_i),
      .req_i(asked),
      .replay_o(replay),
      .next_id_o(taken_id),
      .next_request_o(taken),
      .takes_i(takes),
      .joins_i(joins),
      .join_slot_i(join_slot),
      .begins_i(begins),
      .begin_slot_i(idle_slot),
      .hands_on_i(hands_on),
      .waiting_o(waiting)
  );

  walker_events #(
      .Slots(Slots)
  ) u_events (
      .clk_i(clk_i),
      .rst_ni(rst_ni),
      .begins_i(begins),
      .joins_i(joins),
      .sends_back_i(sends_back),
      .lookup_i(lookup_valid),
      .hits_i(cache_hits),
      .step_i(step_taken && !mem_rsp_retry_i),
      .step_level_i(step_before.level),
      .step_update_i(step_before.update),
      .closes_i(closes),
      .faulted_i(faulted),
      .restarts_i(restarts),
      .any_o(event_shown),
      .walk_o(ev_walk_o),
      .merge_o(ev_merge_o),
      .replay_o(ev_replay_o),
      .cache_lookup_o(ev_cache_lookup_o),
      .cache_hit_o(ev_cache_hit_o),
      .read_o(ev_read_o),
      .update_o(ev_update_o),
      .done_o(ev_done_o),
      .fault_o(ev_fault_o),
      .restart_o(ev_restart_o)
  );

  assign inv_ready_o = rst_ni;
  assign req_ready_o = has_idle && !replay;
  assign rests_o = slots_rest && !(replay && has_idle);
  assign quiet_o = rests_o && !mem_req_valid_o && !rsp_valid_o && !event_shown;
  assign idle_o = slots_idle && no_access && !replay && !mem_req_valid_o && !rsp_valid_o;

`ifndef SYNTHESIS
  logic [(1 << IdWidth)-1:0] asked_for_q;  // requests under way

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      asked_for_q <= '0;
    end else begin
      if (rsp_valid_o && rsp_ready_i) asked_for_q[rsp_id_o] <= 1'b0;
      if (req_valid_i && req_ready_o) asked_for_q[req_id_i] <= 1'b1;

      // A request's id is free: no other request with it is under way.
      RequestIdIsFree : assert (!(req_valid_i && req_ready_o) || !asked_for_q[req_id_i]);
      // An answer is for a request that is under way.
      AnswerWasAskedFor : assert (!rsp_valid_o || asked_for_q[rsp_id_o]);
      // Memory answers what it has accepted.
      MemoryAnswerWasAccepted : assert (!mem_rsp_valid_i || !(mem_req_valid_o && mem_req_tag_o == mem_rsp_tag_i));
      // A walk that has answered its own request is there for those who wait still.
      SomebodyWaits : assert ((wants_answer & ~own & ~waiting) == '0);
    end
  end
`endif

endmodule
