// The tags of memory accesses: the slot whose walk asks, and a generation that no other access of the slot under way
// has. It distinguishes the answer to a walk that has been restarted since from the one that the slot waits for.

module access_tags #(
    parameter int unsigned Slots = 2,
    parameter int unsigned GenerationWidth = 2,
    localparam int unsigned SlotWidth = Slots > 1 ? $clog2(Slots) : 1,
    localparam int unsigned TagWidth = GenerationWidth + SlotWidth
) (
    input logic clk_i,
    input logic rst_ni,

    input logic answered_i,
    input logic [TagWidth-1:0] answered_tag_i,
    input logic [Slots-1:0] waits_i,  // for memory
    output logic wanted_o,  // what is answered is what the slot waits for

    input logic give_i,  // an access is presented
    input logic [SlotWidth-1:0] give_slot_i,
    output logic [TagWidth-1:0] give_tag_o,

    output logic [Slots-1:0] has_free_o,  // not all tags of the slot are under way, counting this cycle's answer
    output logic none_o  // is under way
);

  localparam int unsigned Generations = 1 << GenerationWidth;

  logic [GenerationWidth-1:0] generation_q[Slots];  // of the access that the slot waits for
  logic [Generations-1:0] under_way_q[Slots], under_way_d[Slots], under_way_now[Slots];  // orphans included

  logic [SlotWidth-1:0] answered_slot;
  logic [GenerationWidth-1:0] answered_generation, give_generation;
  assign {answered_generation, answered_slot} = answered_tag_i;
  assign wanted_o = answered_i && waits_i[answered_slot] && generation_q[answered_slot] == answered_generation &&
                    under_way_q[answered_slot][answered_generation];

  always_comb begin
    for (int unsigned s = 0; s < Slots; s++) under_way_now[s] = under_way_q[s];
    if (answered_i) under_way_now[answered_slot][answered_generation] = 1'b0;
    none_o = 1'b1;
    for (int unsigned s = 0; s < Slots; s++) begin
      has_free_o[s] = under_way_now[s] != '1;
      if (under_way_q[s] != '0) none_o = 1'b0;
    end
  end

  always_comb begin
    give_generation = '0;
    for (int unsigned s = 0; s < Slots; s++) under_way_d[s] = under_way_now[s];
    if (give_i) begin
      for (int unsigned g = 0; g < Generations; g++) begin
        if (!under_way_now[give_slot_i][Generations-1-g]) give_generation = GenerationWidth'(Generations - 1 - g);
      end
      under_way_d[give_slot_i][give_generation] = 1'b1;
    end
    give_tag_o = {give_generation, give_slot_i};
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      for (int unsigned s = 0; s < Slots; s++) begin
        generation_q[s] <= '0;
        under_way_q[s] <= '0;
      end
    end else begin
      for (int unsigned s = 0; s < Slots; s++) under_way_q[s] <= under_way_d[s];
      if (give_i) generation_q[give_slot_i] <= give_generation;
`ifndef SYNTHESIS
      // Memory answers only what it was asked, once.
      MemoryAnswerWasAskedFor : assert (!answered_i || under_way_q[answered_slot][answered_generation]);
      // A walk that waits for memory has an access under way.
      for (int unsigned s = 0; s < Slots; s++) begin
        WaitingWalkHasAnAccess : assert (!waits_i[s] || under_way_q[s][generation_q[s]]);
      end
`endif
    end
  end

endmodule
