  // What must hold inside the walker: prove.py puts this text before the end of rtl/walker.sv, because Yosys has no
  // bind. The fields of requests and walks are those of rtl/tablewalk_pkg.sv. The configuration has the radix format
  // with entries of four bytes.

  localparam int unsigned Ids = 1 << IdWidth;
  localparam int unsigned Tags = 1 << TagWidth;
  localparam int unsigned Generations = 1 << GenerationWidth;

  // What the modules below hold, now and (the upper half of what has two) as it will be in the next cycle: prove.py
  // connects these with the wires of the same names there, see campaign.py.
  localparam int unsigned Places = Ids * (Slots + 1);
  logic [2*Places-1:0] all_listed;  // of request_list_inside.svh
  logic [2*3*Slots-1:0] all_states;  // of walk_states_inside.svh
  logic [2*Slots-1:0] all_own;
  logic [2*Slots*Generations-1:0] all_under_way;  // of access_tags_inside.svh
  logic [Slots*IdWidth-1:0] all_ids;  // of walk_store_inside.svh
  logic [Slots*$bits(begun)-1:0] all_walks;

  localparam logic [2:0] RootLevel = 3'(RadixLevels - 1);

  // What an entry says, written from docs/paging/radix.md: 0 present, 7 leaf, 8 and up the number.
  function automatic logic is_pointer(input logic [63:0] entry);
    is_pointer = entry[0] && !entry[7];
  endfunction
  function automatic logic is_leaf(input logic [63:0] entry);
    is_leaf = entry[0] && entry[7];
  endfunction

  // Reads: those that stand or are under way, and those that were answered with an entry, of the walk in each slot
  // since it began or was restarted.
  logic [Slots-1:0] reads_fit;
  for (genvar s = 0; s < Slots; s++) begin : gen_reads
    logic [2:0] count_q = '0;
    always_ff @(posedge clk_i) begin
      if ((begins && idle_slot == SlotWidth'(s)) || restarts[s]) count_q <= '0;
      else
        count_q <= count_q + 3'(memory_given && memory_slot == SlotWidth'(s) && !memory_walk.update) -
                   3'(step_taken && step_slot == SlotWidth'(s) && !step_before.update && mem_rsp_retry_i);
    end
    assign reads_fit[s] = count_q <= 3'(RadixLevels);
  end
  // A walk reads no more entries than there are levels.
  always_comb if (rst_ni) ReadsFitLevels : assert (reads_fit == '1);

  // A walk that memory has let down, or whose entry cannot be used, ends with a fault.
  logic [Slots-1:0] fails;
  for (genvar s = 0; s < Slots; s++) begin : gen_faults
    logic failed_q = 1'b0;
    always_comb begin
      fails[s] = failed_q;
      if (step_taken && step_slot == SlotWidth'(s) && !mem_rsp_retry_i) begin
        fails[s] = mem_rsp_error_i || !mem_rsp_data_i[0] || (!mem_rsp_data_i[7] && step_before.level == 3'd0) ||
                (mem_rsp_data_i[7] && step_before.level == 3'd1 && mem_rsp_data_i[8]);
      end
    end
    always_ff @(posedge clk_i) failed_q <= (begins && idle_slot == SlotWidth'(s)) || restarts[s] ? 1'b0 : fails[s];
  end
  // A faulting walk never yields a frame.
  always_comb begin
    if (rst_ni && answer_given && fails[answer_slot]) begin
      FaultYieldsNoFrame : assert (answer_walk.fault != tablewalk_pkg::FaultNone);
    end
  end

  // One entry is watched, of any level, for any address space and address, and one place to which it may lead.
  // `fresh_..._q`: the accesses to it that were presented since it was invalidated last.
  (* anyconst *) logic [15:0] watched_asid;
  (* anyconst *) logic [63:0] watched_va;
  (* anyconst *) logic [2:0] watched_level;
  (* anyconst *) logic [55:0] watched_target;
  // An invalidation may cover it as a leaf and not as a pointer, or the other way round.
  logic [Tags-1:0] fresh_pointer_q = '0, fresh_leaf_q = '0;
  logic pointed_q = 1'b0, mapped_q = 1'b0;
  logic presents_watched, of_watched_space, at_watched, forgets_pointer, forgets_leaf, delivers, points, maps;

  // Whether an entry of that level, for that address, is the watched one.
  function automatic logic is_watched(input logic [15:0] asid, input logic [63:0] va, input logic [2:0] level);
    is_watched = asid == watched_asid && level == watched_level &&
                 ((va ^ watched_va) >> tablewalk_pkg::index_shift(4'd0, level, RadixShape)) == 64'd0;
  endfunction

  always_comb begin
    presents_watched = memory_given && is_watched(memory_request.asid, memory_request.va, memory_walk.level);
    of_watched_space = !inv_asid_valid_i || inv_asid_i == watched_asid;
    at_watched = !inv_vaddr_valid_i || is_watched(watched_asid, inv_vaddr_i, watched_level);
    forgets_pointer = inv_valid_i && (inv_all_i || (inv_pointers_i != tablewalk_pkg::PointersNone && of_watched_space &&
                      (inv_pointers_i == tablewalk_pkg::PointersEvery || at_watched)));
    forgets_leaf = inv_valid_i && (inv_all_i || (at_watched && (of_watched_space || inv_global_i)));
    delivers = mem_rsp_valid_i && !mem_rsp_error_i && !mem_rsp_retry_i;
    points = pointed_q || (delivers && fresh_pointer_q[mem_rsp_tag_i] && is_pointer(mem_rsp_data_i) &&
                         {32'd0, mem_rsp_data_i[28:8], 3'd0} == watched_target);
    maps = mapped_q || (delivers && fresh_leaf_q[mem_rsp_tag_i] && is_leaf(mem_rsp_data_i) &&
                       {32'd0, mem_rsp_data_i[27:8], 4'd0} == watched_target);
  end

  always_ff @(posedge clk_i) begin
    pointed_q <= points && !forgets_pointer;
    mapped_q <= maps && !forgets_leaf;
    if (mem_rsp_valid_i) begin
      fresh_pointer_q[mem_rsp_tag_i] <= 1'b0;
      fresh_leaf_q[mem_rsp_tag_i] <= 1'b0;
    end
    if (memory_given) begin
      fresh_pointer_q[memory_tag] <= presents_watched;
      fresh_leaf_q[memory_tag] <= presents_watched;
    end
    if (forgets_pointer) fresh_pointer_q <= '0;
    if (forgets_leaf) fresh_leaf_q <= '0;
  end

  always_comb begin
    if (rst_ni && memory_given) begin
      // A walk begins to read in the root's table.
      if (memory_walk.level == RootLevel) RootIsReadFirst : assert (memory_walk.base == memory_request.root);
      // A table is read because the entry that selects it pointed to it, when it was read after it was last
      // invalidated.
      if (is_watched(memory_request.asid, memory_request.va, memory_walk.level + 3'd1) &&
          memory_walk.level != RootLevel && memory_walk.base == watched_target) begin
        PointerIsNotStale : assert (points);
      end
      // There are no other levels.
      LevelExists : assert (memory_walk.level <= RootLevel);
    end
    if (rst_ni && answer_given && answer_walk.fault == tablewalk_pkg::FaultNone &&
        is_watched(answer_request.asid, answer_request.va, answer_walk.level) &&
        answer_walk.base == watched_target) begin
      // A translation comes from a leaf that was read after it was last invalidated.
      LeafIsNotStale : assert (maps);
    end
  end

  // Slots that are not idle: the lists of others do not count.
  logic [2*Slots-1:0] working;
  logic [2*Places-1:0] listed;
  for (genvar next = 0; next < 2; next++) begin : gen_working
    for (genvar s = 0; s < Slots; s++) begin : gen_slots
      assign working[next*Slots+s] = all_states[(next*Slots+s)*3+:3] != tablewalk_pkg::SlotIdle;
      assign listed[next*Places+s*Ids+:Ids] = working[next*Slots+s] ? all_listed[next*Places+s*Ids+:Ids] : '0;
    end
    assign listed[next*Places+Slots*Ids+:Ids] = all_listed[next*Places+Slots*Ids+:Ids];
  end

  // A request is at home in a slot, in a list, or in the answer.
  (* anyconst *) logic [IdWidth-1:0] placed_id;
  logic placed_asked_q = 1'b0;
  logic [2*Slots+1:0] places;
  always_ff @(posedge clk_i) begin
    if (rst_ni && rsp_valid_o && rsp_ready_i && rsp_id_o == placed_id) placed_asked_q <= 1'b0;
    if (rst_ni && req_valid_i && req_ready_o && req_id_i == placed_id) placed_asked_q <= 1'b1;
  end
  always_comb begin
    places[2*Slots+1] = rsp_valid_o && rsp_id_o == placed_id;
    for (int unsigned s = 0; s < Slots; s++) begin
      places[s] = working[s] && own[s] && all_ids[s*IdWidth+:IdWidth] == placed_id;
    end
    for (int unsigned l = 0; l <= Slots; l++) places[Slots+l] = listed[l*Ids+32'(placed_id)];
    // No request is lost, and none is there twice: one that was taken and is not answered is in exactly one place.
    if (rst_ni) RequestIsInOnePlace : assert ($countones(places) == (placed_asked_q ? 1 : 0));
  end

  // How much is left to do, now and in the next cycle. It falls with whatever happens, as long as nobody asks for more:
  // no request is taken, nothing is invalidated, memory does what it is asked and changes no entry between a read and
  // the compare-and-swap that sets its bits. So whoever waits for the walker waits for a bounded number of steps of its
  // neighbours.
  localparam int unsigned RequestRank = 256;  // more than a list of a slot counts
  localparam int unsigned ListedRank = 4 * (4 * RadixLevels + 1) + 5;  // one more than a walk that begins
  function automatic logic [15:0] slot_rank(input logic [2:0] state, input logic own, input logic [2:0] level,
                                            input logic update);
    slot_rank = 16'd0;
    if (state == tablewalk_pkg::SlotCloses) slot_rank = 16'd1;
    else if (state == tablewalk_pkg::SlotWantsAnswer) slot_rank = own ? 16'd4 : 16'd2;
    else if (state == tablewalk_pkg::SlotLooksUp) slot_rank = 16'(4 * (4 * RadixLevels + 1) + 4);
    else if (state == tablewalk_pkg::SlotWantsMemory) begin
      slot_rank = 16'd16 * {13'd0, level} + (update ? 16'd12 : 16'd20);
    end
    else if (state == tablewalk_pkg::SlotWaitsForMemory) begin
      slot_rank = 16'd16 * {13'd0, level} + (update ? 16'd8 : 16'd16);
    end
  endfunction

  logic [31:0] ranks;
  logic [15:0] sum;
  tablewalk_pkg::walk_t ranked;
  always_comb begin
    ranks = '0;
    sum = '0;
    ranked = '0;
    for (int unsigned next = 0; next < 2; next++) begin
      sum = 16'(RequestRank) * 16'($countones(listed[next*Places+:Places])) +
            16'(ListedRank) * 16'($countones(listed[next*Places+Slots*Ids+:Ids]));
      if (next == 0) sum = sum + 16'(mem_req_valid_o) + 16'(rsp_valid_o);
      else
        sum = sum + 16'(memory_given || (mem_req_valid_o && !mem_req_ready_i)) +
              16'((answer_given && !sends_back) || (rsp_valid_o && !rsp_ready_i));
      for (int unsigned s = 0; s < Slots; s++) begin
        ranked = all_walks[s*$bits(begun)+:$bits(begun)];
        if (next == 1 && step_taken && step_slot == SlotWidth'(s)) ranked = step_after;
        if (next == 1 && lookup_valid && lookup_slot == SlotWidth'(s)) ranked = begun;
        sum = sum + slot_rank(all_states[(next*Slots+s)*3+:3], all_own[next*Slots+s], ranked.level, ranked.update) +
              16'($countones(all_under_way[(next*Slots+s)*Generations+:Generations]));
        if (all_own[next*Slots+s]) sum = sum + 16'(RequestRank);
        else sum = sum + 16'(ListedRank + 1) * 16'($countones(listed[next*Places+s*Ids+:Ids]));
      end
      ranks[next*16+:16] = sum;
    end
  end

  logic [15:0] rank, next_rank;
  assign {next_rank, rank} = ranks;
  logic calm, accesses, something_happens, neighbours_stall;
  always_comb begin
    accesses = 1'b0;
    for (int unsigned s = 0; s < Slots; s++) begin
      for (int unsigned g = 0; g < Generations; g++) begin
        if (all_under_way[s*Generations+g] &&
            !(mem_req_valid_o && mem_req_tag_o == {GenerationWidth'(g), SlotWidth'(s)})) begin
          accesses = 1'b1;
        end
      end
    end
    calm = !(req_valid_i && req_ready_o) && !inv_valid_i && !(mem_rsp_valid_i && mem_rsp_retry_i) &&
           !(step_taken && step_before.update && !mem_rsp_error_i && mem_rsp_data_i != step_before.entry);
    something_happens = (mem_req_valid_o && mem_req_ready_i) || (rsp_valid_o && rsp_ready_i) || mem_rsp_valid_i;
    neighbours_stall = mem_req_valid_o || rsp_valid_o || accesses;
    if (rst_ni) begin
      // While nobody asks for more, what is left to do never grows.
      RankNeverGrows : assert (!calm || next_rank <= rank);
      // It falls when a neighbour takes or gives something, and when the walker waits for none of them.
      RankFalls : assert (!(calm && (something_happens || (!neighbours_stall && !idle_o))) || next_rank < rank);
      // When nothing is left, the walker is idle, and only then.
      RankIsZeroWhenIdle : assert ((rank == 16'd0) == idle_o);
    end
  end
