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
//   rsp_page_shift_o  log2 of the bytes covered: of the page, or what of it is within physical memory (translated)
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
//   inv_vaddr_valid_i                    of translations, those of the page that holds inv_vaddr_i (a byte's address)
//   inv_asid_valid_i                     of those that are not global, and of pointers, those of inv_asid_i
//   inv_global_i                         of global translations, the same pages, whatever their address space
//   inv_pointers_i                       no pointers, those on the way to inv_vaddr_i, or every one; of them those that
//                                        make all below them global only with inv_global_i
// Status.
//   idle_o   nothing is under way, and no answer of memory is missing
//   quiet_o  while req_valid_i, mem_rsp_valid_i and inv_valid_i stay low, clocking changes nothing
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
    input logic inv_global_i,
    input tablewalk_pkg::pointers_e inv_pointers_i,

    output logic idle_o,
    output logic quiet_o,
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
);

  localparam int unsigned Ids = 1 << IdWidth;
  localparam int unsigned Generations = 1 << GenerationWidth;

  localparam logic [53:0] RadixShape = tablewalk_pkg::radix_shape(RadixIndexBits, RadixOffsetBits[5:0]);

  // What a slot does. A closing one waits until its last answer has been taken.
  localparam logic [2:0] Idle = 3'd0;
  localparam logic [2:0] LooksUp = 3'd1;
  localparam logic [2:0] WantsMemory = 3'd2;
  localparam logic [2:0] WaitsForMemory = 3'd3;
  localparam logic [2:0] WantsAnswer = 3'd4;
  localparam logic [2:0] Closing = 3'd5;

  // The slots.
  logic [2:0] state_q[Slots], state_d[Slots];
  logic [Slots-1:0] older_q[Slots];  // the slots whose walks began before this one's
  logic [tablewalk_pkg::RequestBits-1:0] request_q[Slots];
  logic [tablewalk_pkg::WalkBits-1:0] walk_q[Slots];
  logic [IdWidth-1:0] id_q[Slots];
  logic [Slots-1:0] own_q, own_d;  // its own request is still to be answered
  logic [GenerationWidth-1:0] generation_q[Slots];  // of the memory access that it waits for
  logic [Generations-1:0] under_way_q[Slots], under_way_d[Slots];  // its memory accesses, orphans included

  // Requests that joined a walk, and those that were sent back, stand in lists through next_q, by their ids.
  logic [tablewalk_pkg::RequestBits-1:0] asked_q[Ids];
  logic [IdWidth-1:0] next_q[Ids];
  logic [Slots-1:0] waiting_q, waiting_d;  // somebody joined the slot's walk
  logic [IdWidth-1:0] first_q[Slots], first_d[Slots], last_q[Slots], last_d[Slots];
  logic replay_q, replay_d;  // somebody is to be served again
  logic [IdWidth-1:0] replay_first_q, replay_first_d, replay_last_q, replay_last_d;

  // The two output registers.
  logic mem_req_valid_q, rsp_valid_q;
  logic mem_req_free, rsp_free;
  assign mem_req_free = !mem_req_valid_q || mem_req_ready_i;
  assign rsp_free = !rsp_valid_q || rsp_ready_i;

  // 1. One memory answer is taken. That of a walk that has been restarted since is nobody's.
  logic [SlotWidth-1:0] step_slot;
  logic [GenerationWidth-1:0] step_generation;
  logic step_taken, step_wants_memory, step_followed;
  tablewalk_pkg::request_t step_request;
  tablewalk_pkg::walk_t step_before, step_after;

  assign {step_generation, step_slot} = mem_rsp_tag_i;
  assign step_taken = mem_rsp_valid_i && state_q[step_slot] == WaitsForMemory &&
                      generation_q[step_slot] == step_generation && under_way_q[step_slot][step_generation];
  // What nobody wants in a cycle is zero in it, here and below: it neither switches nor is simulated.
  always_comb begin
    step_request = '0;
    step_before = '0;
    if (mem_rsp_valid_i) begin
      step_request = request_q[step_slot];
      step_before = walk_q[step_slot];
    end
  end

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
  logic lookup_valid;
  logic [SlotWidth-1:0] lookup_slot;
  logic [Slots-1:0] looks_up;
  logic begin_wants_memory;
  tablewalk_pkg::request_t lookup_request;
  tablewalk_pkg::walk_t begun;

  always_comb begin
    for (int unsigned s = 0; s < Slots; s++) looks_up[s] = state_q[s] == LooksUp;
    lookup_valid = looks_up != '0;
    lookup_slot = '0;
    for (int unsigned s = 0; s < Slots; s++) begin
      if (looks_up[s] && (older_q[s] & looks_up) == '0) lookup_slot = SlotWidth'(s);
    end
  end
  always_comb begin
    lookup_request = '0;
    if (lookup_valid) lookup_request = request_q[lookup_slot];
  end

  tablewalk_pkg::invalidation_t invalidation;
  assign invalidation.everything = inv_all_i;
  assign invalidation.asid_valid = inv_asid_valid_i;
  assign invalidation.asid = inv_asid_i;
  assign invalidation.vaddr_valid = inv_vaddr_valid_i;
  assign invalidation.vaddr = inv_vaddr_i;
  assign invalidation.is_global = inv_global_i;
  assign invalidation.pointers = inv_pointers_i;

  tablewalk_pkg::walk_start_t remembered;
  assign remembered.table_address = step_after.base;
  assign remembered.rights = step_after.rights;
  assign remembered.is_global = step_after.is_global;

  logic [7:0] cache_hits;
  logic [tablewalk_pkg::WalkStartBits-1:0] cache_starts[8];
  for (genvar level = 0; level < 8; level++) begin : gen_walk_caches
    localparam int unsigned Entries = 32'(WalkCacheEntries[8*level+:8]);
    localparam int unsigned Ways = WalkCacheWays[8*level+:8] == 8'd0 ? Entries : 32'(WalkCacheWays[8*level+:8]);
    if (level > 0 && Entries > 0) begin : gen_cache
      walk_cache #(
          .Level(level),
          .Entries(Entries),
          .Ways(Ways),
          .RadixShape(RadixShape)
      ) u_cache (
          .clk_i(clk_i),
          .rst_ni(rst_ni),
          .lookup_i(lookup_valid),
          .lookup_va_i(lookup_request.va),
          .lookup_mode_i(lookup_request.mode),
          .lookup_asid_i(lookup_request.asid),
          .hit_o(cache_hits[level]),
          .start_o(cache_starts[level]),
          .remember_i(step_taken && step_followed && step_before.level == 3'(level)),
          .remember_va_i(step_request.va),
          .remember_mode_i(step_request.mode),
          .remember_asid_i(step_request.asid),
          .remember_start_i(remembered),
          .invalidate_i(inv_valid_i),
          .invalidation_i(invalidation)
      );
    end else begin : gen_none
      assign cache_hits[level] = 1'b0;
      assign cache_starts[level] = '0;
    end
  end

  logic [2:0] hit_level;
  logic [tablewalk_pkg::WalkStartBits-1:0] hit_start;
  always_comb begin
    hit_level = '0;
    hit_start = '0;
    for (int unsigned i = 0; i < 8; i++) begin
      if (cache_hits[7-i]) begin
        hit_level = 3'(7 - i);
        hit_start = cache_starts[7-i];
      end
    end
  end

  walk_begin #(
      .RadixIndexBits(RadixIndexBits),
      .RadixLevels(RadixLevels),
      .RadixOffsetBits(RadixOffsetBits),
      .RadixEntryBytes(RadixEntryBytes)
  ) u_begin (
      .valid_i(lookup_valid),
      .request_i(lookup_request),
      .hit_i(cache_hits != '0),
      .hit_level_i(hit_level),
      .hit_start_i(hit_start),
      .walk_o(begun),
      .wants_memory_o(begin_wants_memory)
  );

  // 3. and 4. What the slots want, counting what this cycle's answer and lookup came to; the oldest of each kind.
  logic [Slots-1:0] wants_memory, wants_answer;
  logic [SlotWidth-1:0] memory_slot, answer_slot;
  logic memory_given, answer_given;
  logic [Generations-1:0] under_way_now[Slots];

  always_comb begin
    for (int unsigned s = 0; s < Slots; s++) begin
      wants_memory[s] = state_q[s] == WantsMemory;
      wants_answer[s] = state_q[s] == WantsAnswer;
      under_way_now[s] = under_way_q[s];
    end
    if (step_taken) begin
      wants_memory[step_slot] = step_wants_memory;
      wants_answer[step_slot] = !step_wants_memory;
    end
    if (lookup_valid) begin
      wants_memory[lookup_slot] = begin_wants_memory;
      wants_answer[lookup_slot] = !begin_wants_memory;
    end
    if (mem_rsp_valid_i) under_way_now[step_slot][step_generation] = 1'b0;
  end

  logic [Slots-1:0] may_present;
  logic [GenerationWidth-1:0] memory_generation;
  tablewalk_pkg::request_t memory_request;
  tablewalk_pkg::walk_t memory_walk;
  logic [55:0] memory_address;
  logic [1:0] memory_size;

  always_comb begin
    // A slot whose accesses are all under way, as orphans, waits until one is answered.
    for (int unsigned s = 0; s < Slots; s++) may_present[s] = wants_memory[s] && under_way_now[s] != '1;
    memory_given = mem_req_free && may_present != '0;
    memory_slot = '0;
    for (int unsigned s = 0; s < Slots; s++) begin
      if (may_present[s] && (older_q[s] & may_present) == '0) memory_slot = SlotWidth'(s);
    end
    memory_generation = '0;
    memory_request = '0;
    memory_walk = '0;
    if (memory_given) begin
      for (int unsigned g = 0; g < Generations; g++) begin
        if (!under_way_now[memory_slot][Generations-1-g]) memory_generation = GenerationWidth'(Generations - 1 - g);
      end
      memory_request = request_q[memory_slot];
      memory_walk = walk_q[memory_slot];
      if (step_taken && memory_slot == step_slot) memory_walk = step_after;
      if (lookup_valid && memory_slot == lookup_slot) memory_walk = begun;
    end
  end

  entry_address #(
      .RadixIndexBits(RadixIndexBits),
      .RadixOffsetBits(RadixOffsetBits),
      .RadixEntryBytes(RadixEntryBytes)
  ) u_memory_address (
      .mode_i(memory_request.mode),
      .level_i(memory_walk.level),
      .table_i(memory_walk.base),
      .va_i(memory_request.va),
      .address_o(memory_address),
      .size_o(memory_size)
  );

  // The answer: the walk's own request first, then those that joined, in the order in which they did.
  tablewalk_pkg::request_t answer_request, joined_request;
  tablewalk_pkg::walk_t answer_walk;
  tablewalk_pkg::fault_e joined_forbidden;
  logic [55:0] answer_address;
  logic [1:0] answer_size;
  logic [IdWidth-1:0] joined_id;
  logic answers_own, answers_joined, joined_served, sends_back, is_last;

  always_comb begin
    answer_given = rsp_free && wants_answer != '0;
    answer_slot = '0;
    for (int unsigned s = 0; s < Slots; s++) begin
      if (wants_answer[s] && (older_q[s] & wants_answer) == '0) answer_slot = SlotWidth'(s);
    end
    answer_request = '0;
    answer_walk = '0;
    joined_id = first_q[answer_slot];
    joined_request = '0;
    if (answer_given) begin
      answer_request = request_q[answer_slot];
      answer_walk = walk_q[answer_slot];
      if (step_taken && answer_slot == step_slot) answer_walk = step_after;
      if (lookup_valid && answer_slot == lookup_slot) answer_walk = begun;
      if (!own_q[answer_slot]) joined_request = asked_q[joined_id];
    end
  end

  access_check u_joined_check (
      .mode_i(answer_request.mode),
      .controls_i(answer_request.controls),
      .rights_i(answer_walk.rights),
      .access_i(joined_request.access),
      .user_i(joined_request.user),
      .fault_o(joined_forbidden)
  );

  entry_address #(
      .RadixIndexBits(RadixIndexBits),
      .RadixOffsetBits(RadixOffsetBits),
      .RadixEntryBytes(RadixEntryBytes)
  ) u_fault_address (
      .mode_i(answer_request.mode),
      .level_i(answer_walk.level),
      .table_i(answer_walk.base),
      .va_i(answer_request.va),
      .address_o(answer_address),
      .size_o(answer_size)
  );

  always_comb begin
    if (answer_walk.fault != tablewalk_pkg::FaultNone) begin
      joined_served = !tablewalk_pkg::depends_on_access(answer_walk.fault);
    end else begin
      joined_served = joined_forbidden == tablewalk_pkg::FaultNone &&
                      (joined_request.access != tablewalk_pkg::AccessStore || answer_walk.dirty);
    end
    answers_own = answer_given && own_q[answer_slot];
    answers_joined = answer_given && !own_q[answer_slot] && joined_served;
    sends_back = answer_given && !own_q[answer_slot] && !joined_served;
    is_last = !waiting_q[answer_slot] ||
              (!own_q[answer_slot] && first_q[answer_slot] == last_q[answer_slot]);
  end

  // 5. One request is taken: one that was sent back before a new one. It joins the walk of its page or begins one.
  logic has_idle, takes, joins, begins;
  logic [SlotWidth-1:0] idle_slot, join_slot;
  logic [IdWidth-1:0] taken_id;
  tablewalk_pkg::request_t asked, taken;
  logic [Slots-1:0] same_page;

  always_comb begin
    has_idle = 1'b0;
    idle_slot = '0;
    for (int unsigned i = 0; i < Slots; i++) begin
      if (state_q[Slots-1-i] == Idle) begin
        has_idle = 1'b1;
        idle_slot = SlotWidth'(Slots - 1 - i);
      end
    end
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
    takes = has_idle && (replay_q || req_valid_i);
    taken_id = replay_q ? replay_first_q : req_id_i;
    taken = asked;
    if (replay_q) taken = asked_q[replay_first_q];
  end

  // A walk is about all of a request but its access. Offset bits above PageShift do not count. One that has answered
  // its own request takes in nobody more: requests that its answer does not serve would join it again and again.
  tablewalk_pkg::request_t under_way;
  logic [5:0] taken_page_shift;
  always_comb begin
    same_page = '0;
    join_slot = '0;
    under_way = '0;
    taken_page_shift = '0;
    if (takes) begin
      taken_page_shift = tablewalk_pkg::index_shift(taken.mode, 3'd0, RadixShape);
      for (int unsigned s = 0; s < Slots; s++) begin
        under_way = request_q[s];
        same_page[s] = own_q[s] && !(answer_given && answer_slot == SlotWidth'(s)) &&
                       under_way.mode == taken.mode && under_way.root == taken.root &&
                       under_way.asid == taken.asid && under_way.controls == taken.controls &&
                       ((under_way.va ^ taken.va) >> taken_page_shift) == 64'd0;
        if (same_page[s]) join_slot = SlotWidth'(s);
      end
    end
    joins = takes && same_page != '0;
    begins = takes && same_page == '0;
  end

  // 6. An invalidation comes after everything else. Of a walk under way nothing is known but its question: a page of
  // any size that it finds, and every pointer on its way, lies within what one entry of the root maps.
  logic [Slots-1:0] concerned;
  logic same_space, same_region;
  tablewalk_pkg::request_t questioned;
  always_comb begin
    concerned = '0;
    questioned = '0;
    same_space = 1'b0;
    same_region = 1'b0;
    if (inv_valid_i) begin
      for (int unsigned s = 0; s < Slots; s++) begin
        questioned = request_q[s];
        same_space = !inv_asid_valid_i || questioned.asid == inv_asid_i;
        same_region = !inv_vaddr_valid_i ||
            ((questioned.va ^ inv_vaddr_i) >> tablewalk_pkg::index_shift(
                questioned.mode, tablewalk_pkg::root_level(questioned.mode, 3'(RadixLevels - 1)), RadixShape)) == 64'd0;
        concerned[s] = inv_all_i || (same_region && (same_space || inv_global_i)) ||
                       (same_space && inv_pointers_i == tablewalk_pkg::PointersEvery);
      end
    end
  end

  // All of it together. A link says which id follows which in its list.
  logic [Slots-1:0] restarts, closes;
  logic [Slots+1:0] links;
  logic [IdWidth-1:0] link_from[Slots+2], link_to[Slots+2];

  always_comb begin
    for (int unsigned s = 0; s < Slots; s++) begin
      state_d[s] = state_q[s];
      under_way_d[s] = under_way_now[s];
      first_d[s] = first_q[s];
      last_d[s] = last_q[s];
    end
    own_d = own_q;
    waiting_d = waiting_q;
    replay_d = replay_q;
    replay_first_d = replay_first_q;
    replay_last_d = replay_last_q;
    restarts = '0;
    closes = '0;
    links = '0;
    for (int unsigned i = 0; i < Slots + 2; i++) begin
      link_from[i] = '0;
      link_to[i] = '0;
    end

    if (step_taken) state_d[step_slot] = step_wants_memory ? WantsMemory : WantsAnswer;
    if (lookup_valid) state_d[lookup_slot] = begin_wants_memory ? WantsMemory : WantsAnswer;
    if (memory_given) begin
      state_d[memory_slot] = WaitsForMemory;
      under_way_d[memory_slot][memory_generation] = 1'b1;
    end

    for (int unsigned s = 0; s < Slots; s++) begin
      if (state_q[s] == Closing && rsp_free) state_d[s] = Idle;
    end
    if (answer_given) begin
      state_d[answer_slot] = is_last ? Closing : WantsAnswer;
      closes[answer_slot] = is_last;
      own_d[answer_slot] = 1'b0;
      if (is_last) waiting_d[answer_slot] = 1'b0;
      else if (!own_q[answer_slot]) first_d[answer_slot] = next_q[joined_id];
    end

    if (takes && replay_q) begin
      if (replay_first_q == replay_last_q) replay_d = 1'b0;
      else replay_first_d = next_q[replay_first_q];
    end
    if (sends_back) begin
      links[0] = replay_d;
      link_from[0] = replay_last_d;
      link_to[0] = joined_id;
      if (!replay_d) replay_first_d = joined_id;
      replay_last_d = joined_id;
      replay_d = 1'b1;
    end

    if (joins) begin
      links[1] = waiting_d[join_slot];
      link_from[1] = last_d[join_slot];
      link_to[1] = taken_id;
      if (!waiting_d[join_slot]) first_d[join_slot] = taken_id;
      last_d[join_slot] = taken_id;
      waiting_d[join_slot] = 1'b1;
    end
    if (begins) begin
      state_d[idle_slot] = LooksUp;
      own_d[idle_slot] = 1'b1;
      waiting_d[idle_slot] = 1'b0;
    end

    for (int unsigned s = 0; s < Slots; s++) begin
      if (concerned[s] && (state_d[s] == WantsMemory || state_d[s] == WaitsForMemory || state_d[s] == WantsAnswer)) begin
        if (own_d[s]) begin
          restarts[s] = 1'b1;
          state_d[s] = LooksUp;
        end else begin
          // It has answered its own request: those that wait still ask afresh.
          links[s+2] = replay_d;
          link_from[s+2] = replay_last_d;
          link_to[s+2] = first_d[s];
          if (!replay_d) replay_first_d = first_d[s];
          replay_last_d = last_d[s];
          replay_d = 1'b1;
          waiting_d[s] = 1'b0;
          state_d[s] = Idle;
          closes[s] = 1'b1;
        end
      end
    end
  end

  logic [Slots-1:0] busy, faulted;
  tablewalk_pkg::walk_t closing;
  always_comb begin
    closing = '0;
    for (int unsigned s = 0; s < Slots; s++) begin
      busy[s] = state_d[s] != Idle && !(begins && idle_slot == SlotWidth'(s));
      closing = walk_q[s];
      faulted[s] = answer_given && answer_slot == SlotWidth'(s) ? answer_walk.fault != tablewalk_pkg::FaultNone
                                                                : closing.fault != tablewalk_pkg::FaultNone;
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      own_q <= '0;
      waiting_q <= '0;
      replay_q <= 1'b0;
      replay_first_q <= '0;
      replay_last_q <= '0;
      for (int unsigned s = 0; s < Slots; s++) begin
        state_q[s] <= Idle;
        older_q[s] <= '0;
        generation_q[s] <= '0;
        under_way_q[s] <= '0;
        first_q[s] <= '0;
        last_q[s] <= '0;
        id_q[s] <= '0;
        request_q[s] <= '0;
        walk_q[s] <= '0;
      end
    end else begin
      own_q <= own_d;
      waiting_q <= waiting_d;
      replay_q <= replay_d;
      replay_first_q <= replay_first_d;
      replay_last_q <= replay_last_d;
      for (int unsigned s = 0; s < Slots; s++) begin
        state_q[s] <= state_d[s];
        under_way_q[s] <= under_way_d[s];
        first_q[s] <= first_d[s];
        last_q[s] <= last_d[s];
      end
      if (step_taken) walk_q[step_slot] <= step_after;
      if (lookup_valid) walk_q[lookup_slot] <= begun;
      if (memory_given) generation_q[memory_slot] <= memory_generation;
      if (begins) begin
        for (int unsigned s = 0; s < Slots; s++) older_q[s][idle_slot] <= 1'b0;
        older_q[idle_slot] <= busy;
        request_q[idle_slot] <= taken;
        id_q[idle_slot] <= taken_id;
      end
    end
  end

  // Read only where they were written before: no reset.
  always_ff @(posedge clk_i) begin
    if (takes && !replay_q) asked_q[req_id_i] <= asked;
    for (int unsigned i = 0; i < Slots + 2; i++) begin
      if (links[i]) next_q[link_from[i]] <= link_to[i];
    end
  end

  // The memory request.
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      mem_req_valid_q <= 1'b0;
      mem_req_tag_o <= '0;
      mem_req_addr_o <= '0;
      mem_req_size_o <= 2'd3;
      mem_req_op_o <= tablewalk_pkg::OpRead;
      mem_req_wdata_o <= '0;
      mem_req_expected_o <= '0;
    end else if (memory_given) begin
      mem_req_valid_q <= 1'b1;
      mem_req_tag_o <= {memory_generation, memory_slot};
      mem_req_addr_o <= memory_address;
      mem_req_size_o <= memory_size;
      mem_req_op_o <= memory_walk.update ? tablewalk_pkg::OpCompareAndSwap : tablewalk_pkg::OpRead;
      mem_req_wdata_o <= tablewalk_pkg::mark_used(memory_request.mode, memory_walk.entry, memory_walk.set_dirty);
      mem_req_expected_o <= memory_walk.entry;
    end else if (mem_req_ready_i) begin
      mem_req_valid_q <= 1'b0;
    end
  end
  assign mem_req_valid_o = mem_req_valid_q;

  // The response.
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      rsp_valid_q <= 1'b0;
      rsp_id_o <= '0;
      rsp_fault_o <= tablewalk_pkg::FaultNone;
      rsp_entry_o <= '0;
      rsp_frame_o <= '0;
      rsp_page_shift_o <= '0;
      rsp_level_o <= '0;
      rsp_rights_o <= '0;
      rsp_global_o <= 1'b0;
      rsp_dirty_o <= 1'b0;
      rsp_fault_addr_o <= '0;
    end else if (answers_own || answers_joined) begin
      rsp_valid_q <= 1'b1;
      rsp_id_o <= answers_own ? id_q[answer_slot] : joined_id;
      rsp_fault_o <= answer_walk.fault;
      rsp_entry_o <= answer_walk.entry;
      rsp_frame_o <= answer_walk.base[55:PageShift];
      rsp_page_shift_o <= answer_walk.page_shift;
      rsp_level_o <= answer_walk.level;
      rsp_rights_o <= answer_walk.rights;
      rsp_global_o <= answer_walk.is_global;
      rsp_dirty_o <= answer_walk.dirty;
      rsp_fault_addr_o <= answer_address;
    end else if (rsp_ready_i) begin
      rsp_valid_q <= 1'b0;
    end
  end
  assign rsp_valid_o = rsp_valid_q;

  // The events of the cycle before.
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      ev_walk_o <= 1'b0;
      ev_merge_o <= 1'b0;
      ev_replay_o <= 1'b0;
      ev_cache_lookup_o <= 1'b0;
      ev_cache_hit_o <= '0;
      ev_read_o <= '0;
      ev_update_o <= 1'b0;
      ev_done_o <= '0;
      ev_fault_o <= '0;
      ev_restart_o <= '0;
    end else begin
      ev_walk_o <= begins;
      ev_merge_o <= joins;
      ev_replay_o <= sends_back;
      ev_cache_lookup_o <= lookup_valid;
      ev_cache_hit_o <= cache_hits;
      ev_read_o <= '0;
      ev_read_o[step_before.level] <= step_taken && !step_before.update && !mem_rsp_retry_i;
      ev_update_o <= step_taken && step_before.update && !mem_rsp_retry_i;
      ev_done_o <= closes;
      ev_fault_o <= closes & faulted;
      ev_restart_o <= restarts;
    end
  end

  assign inv_ready_o = rst_ni;
  assign req_ready_o = has_idle && !replay_q;

  logic event_stands, slots_rest, slots_idle, nothing_under_way;
  always_comb begin
    event_stands = ev_walk_o || ev_merge_o || ev_replay_o || ev_cache_lookup_o || ev_cache_hit_o != '0 ||
                   ev_read_o != '0 || ev_update_o || ev_done_o != '0 || ev_fault_o != '0 || ev_restart_o != '0;
    slots_rest = 1'b1;
    slots_idle = 1'b1;
    nothing_under_way = 1'b1;
    for (int unsigned s = 0; s < Slots; s++) begin
      if (state_q[s] != Idle && state_q[s] != WaitsForMemory) slots_rest = 1'b0;
      if (state_q[s] != Idle) slots_idle = 1'b0;
      if (under_way_q[s] != '0) nothing_under_way = 1'b0;
    end
    quiet_o = slots_rest && !mem_req_valid_q && !rsp_valid_q && !(replay_q && has_idle) && !event_stands;
    idle_o = slots_idle && nothing_under_way && !replay_q && !mem_req_valid_q && !rsp_valid_q;
  end

`ifndef SYNTHESIS
  logic [Ids-1:0] asked_for_q;  // requests under way
  logic rsp_stays_q, mem_req_stays_q;
  logic [IdWidth-1:0] rsp_id_q;
  logic [TagWidth-1:0] mem_req_tag_q;
  logic [55:0] mem_req_addr_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      asked_for_q <= '0;
      rsp_stays_q <= 1'b0;
      mem_req_stays_q <= 1'b0;
      rsp_id_q <= '0;
      mem_req_tag_q <= '0;
      mem_req_addr_q <= '0;
    end else begin
      if (rsp_valid_o && rsp_ready_i) asked_for_q[rsp_id_o] <= 1'b0;
      if (req_valid_i && req_ready_o) asked_for_q[req_id_i] <= 1'b1;
      rsp_stays_q <= rsp_valid_o && !rsp_ready_i;
      mem_req_stays_q <= mem_req_valid_o && !mem_req_ready_i;
      rsp_id_q <= rsp_id_o;
      mem_req_tag_q <= mem_req_tag_o;
      mem_req_addr_q <= mem_req_addr_o;

      // A request's id is free: no other request with it is under way.
      RequestIdIsFree : assert (!(req_valid_i && req_ready_o) || !asked_for_q[req_id_i]);
      // An answer is for a request that is under way.
      AnswerWasAskedFor : assert (!rsp_valid_o || asked_for_q[rsp_id_o]);
      // An answer stands until it is taken.
      AnswerStands : assert (!rsp_stays_q || (rsp_valid_o && rsp_id_o == rsp_id_q));
      // A memory request stands until it is accepted.
      MemoryRequestStands :
      assert (!mem_req_stays_q ||
              (mem_req_valid_o && mem_req_tag_o == mem_req_tag_q && mem_req_addr_o == mem_req_addr_q));
      // Memory answers only what it was asked, once.
      MemoryAnswerWasAskedFor :
      assert (!mem_rsp_valid_i || (under_way_q[step_slot][step_generation] &&
                                   !(mem_req_valid_o && mem_req_tag_o == mem_rsp_tag_i)));
      // A walk that waits for memory has an access under way.
      for (int unsigned s = 0; s < Slots; s++) begin
        WaitingWalkHasAnAccess : assert (state_q[s] != WaitsForMemory || under_way_q[s][generation_q[s]]);
      end
      // Of two walks one is the older.
      for (int unsigned s = 0; s < Slots; s++) begin
        for (int unsigned t = 0; t < Slots; t++) begin
          OneIsOlder :
          assert (s == t || state_q[s] == Idle || state_q[t] == Idle || older_q[s][t] != older_q[t][s]);
        end
      end
      // A walk that has answered its own request is there for those who wait still.
      for (int unsigned s = 0; s < Slots; s++) begin
        SomebodyWaits : assert (state_q[s] == Idle || state_q[s] == Closing || own_q[s] || waiting_q[s]);
      end
    end
  end
`endif

endmodule
