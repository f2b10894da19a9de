// What each slot holds: the request that its walk is for, and how far the walk has come. What is read of a walk counts
// what this cycle's memory answer and lookup came to. A request that is taken, and an invalidation, are compared with
// all of them.
//
// What nobody wants in a cycle is zero in it: it neither switches nor is simulated.

module walk_store #(
    parameter int unsigned Slots = 2,
    parameter int unsigned IdWidth = 4,
    parameter int unsigned RadixLevels = 4,
    parameter logic [53:0] RadixShape = tablewalk_pkg::radix_shape({24'd0, {4{6'd9}}}, 6'd12),
    localparam int unsigned SlotWidth = Slots > 1 ? $clog2(Slots) : 1
) (
    input logic clk_i,
    input logic rst_ni,

    // A memory answer: read if there is one, written if the slot waits for it.
    input logic answered_i,
    input logic [SlotWidth-1:0] step_slot_i,
    output tablewalk_pkg::request_t step_request_o,
    output tablewalk_pkg::walk_t step_before_o,
    input logic step_i,
    input tablewalk_pkg::walk_t step_after_i,
    // A lookup of the walk caches.
    input logic lookup_i,
    input logic [SlotWidth-1:0] lookup_slot_i,
    output tablewalk_pkg::request_t lookup_request_o,
    input tablewalk_pkg::walk_t begun_i,
    // A memory request.
    input logic memory_i,
    input logic [SlotWidth-1:0] memory_slot_i,
    output tablewalk_pkg::request_t memory_request_o,
    output tablewalk_pkg::walk_t memory_walk_o,
    // An answer.
    input logic answer_i,
    input logic [SlotWidth-1:0] answer_slot_i,
    output logic [IdWidth-1:0] answer_id_o,
    output tablewalk_pkg::request_t answer_request_o,
    output tablewalk_pkg::walk_t answer_walk_o,
    output logic [Slots-1:0] faulted_o,

    // A request is taken: it joins the walk in join_slot_o or begins one in idle_slot_i.
    input logic takes_i,
    input logic [IdWidth-1:0] taken_id_i,
    input tablewalk_pkg::request_t taken_i,
    input logic [Slots-1:0] own_i,  // the slot's own request is still to be answered
    output logic joins_o,
    output logic [SlotWidth-1:0] join_slot_o,
    output logic begins_o,
    input logic [SlotWidth-1:0] idle_slot_i,

    input logic invalidate_i,
    input tablewalk_pkg::invalidation_t invalidation_i,
    output logic [Slots-1:0] concerned_o
);

  logic [$bits(taken_i)-1:0] request_q[Slots];
  logic [$bits(begun_i)-1:0] walk_q[Slots];
  logic [IdWidth-1:0] id_q[Slots];

  always_comb begin
    step_request_o = '0;
    step_before_o = '0;
    if (answered_i) begin
      step_request_o = request_q[step_slot_i];
      step_before_o = walk_q[step_slot_i];
    end
  end
  always_comb begin
    lookup_request_o = '0;
    if (lookup_i) lookup_request_o = request_q[lookup_slot_i];
  end
  always_comb begin
    memory_request_o = '0;
    memory_walk_o = '0;
    if (memory_i) begin
      memory_request_o = request_q[memory_slot_i];
      memory_walk_o = walk_q[memory_slot_i];
      if (step_i && memory_slot_i == step_slot_i) memory_walk_o = step_after_i;
      if (lookup_i && memory_slot_i == lookup_slot_i) memory_walk_o = begun_i;
    end
  end
  always_comb begin
    answer_id_o = id_q[answer_slot_i];
    answer_request_o = '0;
    answer_walk_o = '0;
    if (answer_i) begin
      answer_request_o = request_q[answer_slot_i];
      answer_walk_o = walk_q[answer_slot_i];
      if (step_i && answer_slot_i == step_slot_i) answer_walk_o = step_after_i;
      if (lookup_i && answer_slot_i == lookup_slot_i) answer_walk_o = begun_i;
    end
  end

  tablewalk_pkg::walk_t held;
  always_comb begin
    held = '0;
    for (int unsigned s = 0; s < Slots; s++) begin
      held = walk_q[s];
      faulted_o[s] = held.fault != tablewalk_pkg::FaultNone;
    end
    if (answer_i) faulted_o[answer_slot_i] = answer_walk_o.fault != tablewalk_pkg::FaultNone;
  end

  // A walk is about all of a request but its access. Offset bits above PageShift do not count. One that has answered
  // its own request takes in nobody more: requests that its answer does not serve would join it again and again.
  tablewalk_pkg::request_t under_way;
  logic [5:0] taken_page_shift;
  logic [Slots-1:0] same_page;
  always_comb begin
    same_page = '0;
    join_slot_o = '0;
    under_way = '0;
    taken_page_shift = '0;
    if (takes_i) begin
      taken_page_shift = tablewalk_pkg::index_shift(taken_i.mode, 3'd0, RadixShape);
      for (int unsigned s = 0; s < Slots; s++) begin
        under_way = request_q[s];
        same_page[s] = own_i[s] && !(answer_i && answer_slot_i == SlotWidth'(s)) &&
                       under_way.mode == taken_i.mode && under_way.root == taken_i.root &&
                       under_way.asid == taken_i.asid && under_way.controls == taken_i.controls &&
                       ((under_way.va ^ taken_i.va) >> taken_page_shift) == 64'd0;
        if (same_page[s]) join_slot_o = SlotWidth'(s);
      end
    end
    joins_o = takes_i && same_page != '0;
    begins_o = takes_i && same_page == '0;
  end

  for (genvar s = 0; s < Slots; s++) begin : gen_checks
    invalidation_check #(
        .RadixLevels(RadixLevels),
        .RadixShape(RadixShape)
    ) u_check (
        .invalidate_i(invalidate_i),
        .invalidation_i(invalidation_i),
        .request_i(request_q[s]),
        .concerned_o(concerned_o[s])
    );
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      for (int unsigned s = 0; s < Slots; s++) begin
        id_q[s] <= '0;
        request_q[s] <= '0;
        walk_q[s] <= '0;
      end
    end else begin
      if (step_i) walk_q[step_slot_i] <= step_after_i;
      if (lookup_i) walk_q[lookup_slot_i] <= begun_i;
      if (begins_o) begin
        request_q[idle_slot_i] <= taken_i;
        id_q[idle_slot_i] <= taken_id_i;
      end
    end
  end

endmodule
