// The oldest of the walks that want the same. Combinational; slot 0 if there is none.

module age_arbiter #(
    parameter int unsigned Slots = 2,
    localparam int unsigned SlotWidth = Slots > 1 ? $clog2(Slots) : 1
) (
    input logic [Slots-1:0] wants_i,
    input logic [Slots*Slots-1:0] older_i,  // of walk_ages
    output logic any_o,
    output logic [SlotWidth-1:0] slot_o
);

  always_comb begin
    any_o = wants_i != '0;
    slot_o = '0;
    for (int unsigned s = 0; s < Slots; s++) begin
      if (wants_i[s] && (older_i[s*Slots+:Slots] & wants_i) == '0) slot_o = SlotWidth'(s);
    end
  end

endmodule
