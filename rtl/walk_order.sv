// Which walk's turn it is: of those that want the same the oldest, the one that began first.

module walk_order #(
    parameter int unsigned Slots = 2,
    localparam int unsigned SlotWidth = Slots > 1 ? $clog2(Slots) : 1
) (
    input logic clk_i,
    input logic rst_ni,

    input logic begins_i,  // a walk, in begin_slot_i
    input logic [SlotWidth-1:0] begin_slot_i,
    input logic [Slots-1:0] busy_i,  // the slots of the other walks that will be under way in the next cycle

    input logic [Slots-1:0] looks_up_i,
    output logic lookup_o,  // a walk does, in lookup_slot_o
    output logic [SlotWidth-1:0] lookup_slot_o,
    input logic [Slots-1:0] wants_memory_i,
    output logic memory_o,
    output logic [SlotWidth-1:0] memory_slot_o,
    input logic [Slots-1:0] wants_answer_i,
    output logic answer_o,
    output logic [SlotWidth-1:0] answer_slot_o
);

  // The slots whose walks began before this one's. A walk that has ended is older than nobody: its bits are cleared
  // when its slot begins another, and until then it wants nothing.
  logic [Slots-1:0] older_q[Slots];
  logic [Slots*Slots-1:0] older;

  for (genvar s = 0; s < Slots; s++) begin : gen_older
    assign older[s*Slots+:Slots] = older_q[s];
  end

  age_arbiter #(
      .Slots(Slots)
  ) u_lookup (
      .wants_i(looks_up_i),
      .older_i(older),
      .any_o(lookup_o),
      .slot_o(lookup_slot_o)
  );

  age_arbiter #(
      .Slots(Slots)
  ) u_memory (
      .wants_i(wants_memory_i),
      .older_i(older),
      .any_o(memory_o),
      .slot_o(memory_slot_o)
  );

  age_arbiter #(
      .Slots(Slots)
  ) u_answer (
      .wants_i(wants_answer_i),
      .older_i(older),
      .any_o(answer_o),
      .slot_o(answer_slot_o)
  );

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      for (int unsigned s = 0; s < Slots; s++) older_q[s] <= '0;
    end else begin
      if (begins_i) begin
        for (int unsigned s = 0; s < Slots; s++) older_q[s][begin_slot_i] <= 1'b0;
        older_q[begin_slot_i] <= busy_i;
      end
`ifndef SYNTHESIS
      // Of two walks that want something one is the older.
      for (int unsigned s = 0; s < Slots; s++) begin
        for (int unsigned t = 0; t < Slots; t++) begin
          OneIsOlder :
          assert (s == t || !(looks_up_i[s] || wants_memory_i[s] || wants_answer_i[s]) ||
                  !(looks_up_i[t] || wants_memory_i[t] || wants_answer_i[t]) || older_q[s][t] != older_q[t][s]);
        end
      end
`endif
    end
  end

endmodule
