// The walker in an environment that may do whatever docs/rtl.md allows, and what must hold at its ports.
//
// The environment is the free inputs of this module, a few constants that a solver chooses, and the assumptions below.
// Memory may answer anything at any time: entries may change between two reads. Inputs that the small configuration has
// no use for are zero.

module walker_formal #(
    parameter int unsigned Slots = 2,
    parameter int unsigned IdWidth = 1,
    parameter int unsigned GenerationWidth = 1,
    parameter logic [63:0] WalkCacheEntries = 64'h0,
    parameter logic [63:0] WalkCacheWays = 64'h0,
    // Bits of the numbers of frames and tables that entries give, and of address spaces.
    parameter int unsigned NumberWidth = 2,
    parameter int unsigned AsidWidth = 1,
    localparam int unsigned SlotWidth = Slots > 1 ? $clog2(Slots) : 1,
    localparam int unsigned TagWidth = GenerationWidth + SlotWidth,
    localparam int unsigned Ids = 1 << IdWidth,
    localparam int unsigned Tags = 1 << TagWidth
) (
    input logic clk_i,
    input logic req_valid_i,
    input logic [IdWidth-1:0] req_id_i,
    input logic [2:0] req_vpn_i,
    input logic [AsidWidth-1:0] req_asid_i,
    input logic [1:0] req_access_i,
    input logic req_priv_i,
    input logic rsp_ready_i,
    input logic mem_req_ready_i,
    input logic mem_rsp_valid_i,
    input logic [TagWidth-1:0] mem_rsp_tag_i,
    input logic [NumberWidth+7:0] mem_rsp_data_i,
    input logic mem_rsp_error_i,
    input logic mem_rsp_retry_i,
    input logic inv_valid_i,
    input logic inv_all_i,
    input logic inv_asid_valid_i,
    input logic [AsidWidth-1:0] inv_asid_i,
    input logic inv_vaddr_valid_i,
    input logic [2:0] inv_vpn_i,
    input logic inv_global_i,
    input logic [1:0] inv_pointers_i
);

  localparam int unsigned PageShift = 4;
  localparam logic [47:0] RadixIndexBits = {36'd0, {2{6'd1}}};

  // Reset in the first cycle, and never again.
  logic rst_ni = 1'b0;
  always_ff @(posedge clk_i) rst_ni <= 1'b1;

  // An address space has one root for ever, at any address.
  (* anyconst *) logic [NumberWidth-1:0] root_of_0;
  (* anyconst *) logic [NumberWidth-1:0] root_of_1;
  logic [55:0] req_root, root_0, root_1;
  assign root_0 = {50'd0, root_of_0, 3'd0};
  assign root_1 = {50'd0, root_of_1, 3'd0};
  assign req_root = req_asid_i[0] ? root_1 : root_0;

  logic req_ready_o, rsp_valid_o, rsp_global_o, rsp_dirty_o;
  logic [IdWidth-1:0] rsp_id_o;
  logic [3:0] rsp_fault_o;
  logic [63:0] rsp_entry_o, mem_req_wdata_o, mem_req_expected_o;
  logic [55-PageShift:0] rsp_frame_o;
  logic [5:0] rsp_page_shift_o;
  logic [2:0] rsp_level_o;
  logic [8:0] rsp_rights_o;
  logic [55:0] rsp_fault_addr_o, mem_req_addr_o;
  logic mem_req_valid_o, mem_req_op_o;
  logic [TagWidth-1:0] mem_req_tag_o;
  logic [1:0] mem_req_size_o;
  logic inv_ready_o, idle_o, quiet_o, rests_o;
  logic ev_walk_o, ev_merge_o, ev_cache_lookup_o, ev_update_o, ev_replay_o;
  logic [7:0] ev_cache_hit_o, ev_read_o;
  logic [Slots-1:0] ev_done_o, ev_fault_o, ev_restart_o;

  walker #(
      .Slots(Slots),
      .IdWidth(IdWidth),
      .GenerationWidth(GenerationWidth),
      .PageShift(PageShift),
      .RadixLevels(2),
      .RadixIndexBits(RadixIndexBits),
      .RadixOffsetBits(PageShift),
      .RadixEntryBytes(4),
      .WalkCacheEntries(WalkCacheEntries),
      .WalkCacheWays(WalkCacheWays)
  ) u_walker (
      .clk_i(clk_i),
      .rst_ni(rst_ni),
      .req_valid_i(req_valid_i),
      .req_ready_o(req_ready_o),
      .req_id_i(req_id_i),
      .req_vpn_i({57'd0, req_vpn_i}),
      .req_mode_i(4'd0),
      .req_root_i(req_root),
      .req_asid_i({{16 - AsidWidth{1'b0}}, req_asid_i}),
      .req_access_i(req_access_i),
      .req_priv_i(req_priv_i),
      .req_controls_i(58'd0),
      .rsp_valid_o(rsp_valid_o),
      .rsp_ready_i(rsp_ready_i),
      .rsp_id_o(rsp_id_o),
      .rsp_fault_o(rsp_fault_o),
      .rsp_entry_o(rsp_entry_o),
      .rsp_frame_o(rsp_frame_o),
      .rsp_page_shift_o(rsp_page_shift_o),
      .rsp_level_o(rsp_level_o),
      .rsp_rights_o(rsp_rights_o),
      .rsp_global_o(rsp_global_o),
      .rsp_dirty_o(rsp_dirty_o),
      .rsp_fault_addr_o(rsp_fault_addr_o),
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
      .mem_rsp_data_i({{56 - NumberWidth{1'b0}}, mem_rsp_data_i}),
      .mem_rsp_error_i(mem_rsp_error_i),
      .mem_rsp_retry_i(mem_rsp_retry_i),
      .inv_valid_i(inv_valid_i),
      .inv_ready_o(inv_ready_o),
      .inv_all_i(inv_all_i),
      .inv_asid_valid_i(inv_asid_valid_i),
      .inv_asid_i({{16 - AsidWidth{1'b0}}, inv_asid_i}),
      .inv_vaddr_valid_i(inv_vaddr_valid_i),
      .inv_vaddr_i({57'd0, inv_vpn_i, 4'd0}),
      .inv_global_i(inv_global_i),
      .inv_pointers_i(inv_pointers_i),
      .idle_o(idle_o),
      .quiet_o(quiet_o),
      .rests_o(rests_o),
      .ev_walk_o(ev_walk_o),
      .ev_merge_o(ev_merge_o),
      .ev_cache_lookup_o(ev_cache_lookup_o),
      .ev_cache_hit_o(ev_cache_hit_o),
      .ev_read_o(ev_read_o),
      .ev_update_o(ev_update_o),
      .ev_done_o(ev_done_o),
      .ev_fault_o(ev_fault_o),
      .ev_replay_o(ev_replay_o),
      .ev_restart_o(ev_restart_o)
  );

  // What is under way at the ports: requests by their ids, memory accesses by their tags.
  logic [Ids-1:0] asked_q = '0;
  logic [Tags-1:0] accepted_q = '0;
  // What stood in the cycle before and was not taken.
  logic rsp_stood_q = 1'b0, mem_req_stood_q = 1'b0;
  logic [255:0] rsp_q, mem_req_q, rsp, mem_req;
  assign rsp = {rsp_id_o, rsp_fault_o, rsp_entry_o, rsp_frame_o, rsp_page_shift_o, rsp_level_o, rsp_rights_o,
                rsp_global_o, rsp_dirty_o, rsp_fault_addr_o};
  assign mem_req = {mem_req_tag_o, mem_req_addr_o, mem_req_size_o, mem_req_op_o, mem_req_wdata_o, mem_req_expected_o};

  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      if (rsp_valid_o && rsp_ready_i) asked_q[rsp_id_o] <= 1'b0;
      if (req_valid_i && req_ready_o) asked_q[req_id_i] <= 1'b1;
      if (mem_rsp_valid_i) accepted_q[mem_rsp_tag_i] <= 1'b0;
      if (mem_req_valid_o && mem_req_ready_i) accepted_q[mem_req_tag_o] <= 1'b1;
      rsp_stood_q <= rsp_valid_o && !rsp_ready_i;
      mem_req_stood_q <= mem_req_valid_o && !mem_req_ready_i;
      rsp_q <= rsp;
      mem_req_q <= mem_req;
    end
  end

  // The environment.
  always_comb begin
    if (rst_ni) begin
      // Who asks uses no id of a request that is under way.
      IdIsFree : assume (!(req_valid_i && req_ready_o) || !asked_q[req_id_i]);
      // Accesses are fetches, loads and stores.
      AccessExists : assume (req_access_i != 2'd3);
      // Memory answers what it has accepted in an earlier cycle, once.
      MemoryWasAsked : assume (!mem_rsp_valid_i || accepted_q[mem_rsp_tag_i]);
    end
  end

  // Handshakes and answers.
  always_comb begin
    if (rst_ni) begin
      // An answer is for a request that is under way: there is none without a request, and no second one.
      AnswerHasRequest : assert (!rsp_valid_o || asked_q[rsp_id_o]);
      // An answer stands, unchanged, until it is taken.
      AnswerIsStable : assert (!rsp_stood_q || (rsp_valid_o && rsp == rsp_q));
      // A memory request stands, unchanged, until it is accepted.
      MemoryRequestIsStable : assert (!mem_req_stood_q || (mem_req_valid_o && mem_req == mem_req_q));
      // No two accesses under way have one tag.
      MemoryTagIsFree : assert (!mem_req_valid_o || !accepted_q[mem_req_tag_o]);
    end
  end

  // Reads stay in tables that are reachable from a root: `watched_table` is any table, `pointed_q` says that memory has
  // given a pointer to it.
  (* anyconst *) logic [NumberWidth-1:0] watched_table;
  logic pointed_q = 1'b0;
  always_ff @(posedge clk_i) begin
    if (mem_rsp_valid_i && !mem_rsp_error_i && !mem_rsp_retry_i && mem_rsp_data_i[0] && !mem_rsp_data_i[7] &&
        mem_rsp_data_i[8+:NumberWidth] == watched_table) begin
      pointed_q <= 1'b1;
    end
  end
  always_comb begin
    if (rst_ni && mem_req_valid_o) begin
      // An access is one aligned entry in a root's table, or in one that an entry pointed to.
      AccessIsAligned : assert (mem_req_addr_o[1:0] == 2'd0 && mem_req_size_o == 2'd2);
      if (mem_req_addr_o[55:3] == {{53 - NumberWidth{1'b0}}, watched_table}) begin
        TableIsReachable : assert (pointed_q || watched_table == root_of_0 || watched_table == root_of_1);
      end
      TableExists : assert (mem_req_addr_o[55:3+NumberWidth] == '0);
    end
  end

  // The request of one id, any, and its answer.
  (* anyconst *) logic [IdWidth-1:0] watched_id;
  logic [1:0] access_q;
  logic user_q;
  always_ff @(posedge clk_i) begin
    if (req_valid_i && req_ready_o && req_id_i == watched_id) begin
      access_q <= req_access_i;
      user_q <= req_priv_i;
    end
  end
  always_comb begin
    if (rst_ni && rsp_valid_o && rsp_fault_o == 4'd0) begin
      // A translation is that of a leaf which is present, aligned, marked as accessed, and gives the frame.
      TranslationIsOfALeaf :
      assert (rsp_entry_o[0] && rsp_entry_o[7] && rsp_entry_o[4] && rsp_level_o <= 3'd1 &&
              rsp_page_shift_o == 6'd4 + {3'd0, rsp_level_o} && (rsp_level_o == 3'd0 || !rsp_entry_o[8]) &&
              rsp_frame_o == {28'd0, rsp_entry_o[31:8]});
      if (rsp_id_o == watched_id) begin
        // A translation allows the access that it was asked for, and a store finds the leaf marked as dirty.
        TranslationAllowsTheAccess :
        assert ((access_q != 2'd0 || rsp_entry_o[2]) && (access_q != 2'd2 || (rsp_entry_o[1] && rsp_entry_o[5])) &&
                (!user_q || rsp_entry_o[3]));
      end
    end
  end

  // What the environment leaves room for.
  logic updated_q = 1'b0, restarted_q = 1'b0;
  always_ff @(posedge clk_i) begin
    updated_q <= updated_q || ev_update_o;
    restarted_q <= restarted_q || (ev_restart_o != '0);
  end
  always_comb begin
    // A walk of full depth, whose leaf was marked on the way.
    FullWalk : cover (rst_ni && rsp_valid_o && rsp_fault_o == 4'd0 && rsp_level_o == 3'd0 && updated_q);
    // A translation after a walk began anew.
    RestartedWalk : cover (rst_ni && rsp_valid_o && rsp_fault_o == 4'd0 && restarted_q);
    // Faults of an entry, of memory, and of an address that the mode does not translate.
    NotPresent : cover (rst_ni && rsp_valid_o && rsp_fault_o == 4'd11);
    ReadFailed : cover (rst_ni && rsp_valid_o && rsp_fault_o == 4'd7);
    NonCanonical : cover (rst_ni && rsp_valid_o && rsp_fault_o == 4'd12);
    // Every handshake waits.
    RequestWaits : cover (rst_ni && req_valid_i && !req_ready_o);
    AnswerWaits : cover (rsp_stood_q && rsp_valid_o && rsp_ready_i);
    MemoryRequestWaits : cover (mem_req_stood_q && mem_req_valid_o && mem_req_ready_i);
    // An access of a walk that was restarted is under way beside the one that it waits for.
    Orphan : cover (rst_ni && $countones(accepted_q) == 2 && mem_rsp_valid_i);
  end
  if (Slots > 1) begin : gen_sharing
    // A request joins another's walk; one is sent back.
    always_comb begin
      Merge : cover (rst_ni && ev_merge_o);
      Replay : cover (rst_ni && ev_replay_o);
    end
  end
  if (WalkCacheEntries != 64'd0) begin : gen_caching
    always_comb CacheHit : cover (rst_ni && ev_cache_hit_o != '0);
  end

endmodule
