// What each slot does: idle, looks up the walk caches, wants memory, waits for memory, wants to answer, or closes.
// Within a cycle: a memory answer, a lookup, a memory request, an answer, a walk that begins, an invalidation.

module walk_states #(
    parameter int unsigned Slots = 2,
    localparam int unsigned SlotWidth = Slots > 1 ? $clog2(Slots) : 1
) (
    input logic clk_i,
    input logic rst_ni,

    // As the cycle begins.
    output logic [Slots-1:0] looks_up_o,
    output logic [Slots-1:0] waits_for_memory_o,
    output logic [Slots-1:0] own_o,  // its own request is still to be answered
    output logic has_idle_o,
    output logic [SlotWidth-1:0] idle_slot_o,  // the first
    output logic rest_o,  // each is idle or waits for memory
    output logic idle_o,  // each is

    input logic step_i,  // memory has answered what the slot waits for
    input logic [SlotWidth-1:0] step_slot_i,
    input logic step_wants_memory_i,  // else it wants to answer
    input logic lookup_i,
    input logic [SlotWidth-1:0] lookup_slot_i,
    input logic lookup_wants_memory_i,
    // Counting what the answer and the lookup came to.
    output logic [Slots-1:0] wants_memory_o,
    output logic [Slots-1:0] wants_answer_o,

    input logic memory_i,  // the slot's memory request is given to the port
    input logic [SlotWidth-1:0] memory_slot_i,
    input logic answer_i,  // and this slot's answer
    input logic [SlotWidth-1:0] answer_slot_i,
    input logic answer_last_i,  // of those that it has to give
    input logic answer_free_i,  // the last answer has been taken
    input logic begins_i,  // a walk, in idle_slot_o

    input logic [Slots-1:0] concerned_i,  // by an invalidation
    output logic [Slots-1:0] restarts_o,
    output logic [Slots-1:0] hands_on_o,  // ends: those that joined it, and wait still, ask afresh
    output logic [Slots-1:0] closes_o,  // for one reason or the other
    output logic [Slots-1:0] busy_o  // in the next cycle, with a walk that began before this one
);

  tablewalk_pkg::slot_state_e state_q[Slots], state_d[Slots], state_next[Slots];
  logic [Slots-1:0] own_q, own_d, active;

  assign own_o = own_q;

  always_comb begin
    has_idle_o = 1'b0;
    idle_slot_o = '0;
    rest_o = 1'b1;
    idle_o = 1'b1;
    for (int unsigned s = 0; s < Slots; s++) begin
      looks_up_o[s] = state_q[s] == tablewalk_pkg::SlotLooksUp;
      waits_for_memory_o[s] = state_q[s] == tablewalk_pkg::SlotWaitsForMemory;
      if (state_q[s] != tablewalk_pkg::SlotIdle && state_q[s] != tablewalk_pkg::SlotWaitsForMemory) rest_o = 1'b0;
      if (state_q[s] != tablewalk_pkg::SlotIdle) idle_o = 1'b0;
      if (state_q[Slots-1-s] == tablewalk_pkg::SlotIdle) begin
        has_idle_o = 1'b1;
        idle_slot_o = SlotWidth'(Slots - 1 - s);
      end
    end
  end

  always_comb begin
    for (int unsigned s = 0; s < Slots; s++) begin
      wants_memory_o[s] = state_q[s] == tablewalk_pkg::SlotWantsMemory;
      wants_answer_o[s] = state_q[s] == tablewalk_pkg::SlotWantsAnswer;
    end
    if (step_i) begin
      wants_memory_o[step_slot_i] = step_wants_memory_i;
      wants_answer_o[step_slot_i] = !step_wants_memory_i;
    end
    if (lookup_i) begin
      wants_memory_o[lookup_slot_i] = lookup_wants_memory_i;
      wants_answer_o[lookup_slot_i] = !lookup_wants_memory_i;
    end
  end

  // Without the invalidation.
  always_comb begin
    own_d = own_q;
    for (int unsigned s = 0; s < Slots; s++) state_next[s] = state_q[s];
    if (step_i) begin
      state_next[step_slot_i] = step_wants_memory_i ? tablewalk_pkg::SlotWantsMemory : tablewalk_pkg::SlotWantsAnswer;
    end
    if (lookup_i) begin
      state_next[lookup_slot_i] =
          lookup_wants_memory_i ? tablewalk_pkg::SlotWantsMemory : tablewalk_pkg::SlotWantsAnswer;
    end
    if (memory_i) state_next[memory_slot_i] = tablewalk_pkg::SlotWaitsForMemory;
    for (int unsigned s = 0; s < Slots; s++) begin
      if (state_q[s] == tablewalk_pkg::SlotCloses && answer_free_i) state_next[s] = tablewalk_pkg::SlotIdle;
    end
    if (answer_i) begin
      state_next[answer_slot_i] = answer_last_i ? tablewalk_pkg::SlotCloses : tablewalk_pkg::SlotWantsAnswer;
      own_d[answer_slot_i] = 1'b0;
    end
    if (begins_i) begin
      state_next[idle_slot_o] = tablewalk_pkg::SlotLooksUp;
      own_d[idle_slot_o] = 1'b1;
    end
  end

  always_comb begin
    for (int unsigned s = 0; s < Slots; s++) begin
      active[s] = state_next[s] == tablewalk_pkg::SlotWantsMemory ||
                  state_next[s] == tablewalk_pkg::SlotWaitsForMemory ||
                  state_next[s] == tablewalk_pkg::SlotWantsAnswer;
    end
    restarts_o = concerned_i & active & own_d;
    hands_on_o = concerned_i & active & ~own_d;
    closes_o = hands_on_o;
    if (answer_i && answer_last_i) closes_o[answer_slot_i] = 1'b1;
    for (int unsigned s = 0; s < Slots; s++) begin
      state_d[s] = state_next[s];
      if (restarts_o[s]) state_d[s] = tablewalk_pkg::SlotLooksUp;
      if (hands_on_o[s]) state_d[s] = tablewalk_pkg::SlotIdle;
      busy_o[s] = state_d[s] != tablewalk_pkg::SlotIdle && !(begins_i && idle_slot_o == SlotWidth'(s));
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      own_q <= '0;
      for (int unsigned s = 0; s < Slots; s++) state_q[s] <= tablewalk_pkg::SlotIdle;
    end else begin
      own_q <= own_d;
      for (int unsigned s = 0; s < Slots; s++) state_q[s] <= state_d[s];
    end
  end

endmodule
