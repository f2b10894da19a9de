  // prove.py puts this before the end of rtl/walk_states.sv, and connects it with walker_inside.svh: what each slot
  // does, and whether its own request is still to be answered, now and (the upper half) in the next cycle.
  logic [2*3*Slots-1:0] all_states;
  logic [2*Slots-1:0] all_own;
  for (genvar s = 0; s < Slots; s++) begin : gen_states
    assign all_states[3*s+:3] = state_q[s];
    assign all_states[3*(Slots+s)+:3] = state_d[s];
  end
  assign all_own = {own_d, own_q};
