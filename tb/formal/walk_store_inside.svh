  // prove.py puts this before the end of rtl/walk_store.sv, and connects it with walker_inside.svh: what each slot
  // holds.
  logic [Slots*IdWidth-1:0] all_ids;
  logic [Slots*$bits(begun_i)-1:0] all_walks;
  for (genvar s = 0; s < Slots; s++) begin : gen_held
    assign all_ids[s*IdWidth+:IdWidth] = id_q[s];
    assign all_walks[s*$bits(begun_i)+:$bits(begun_i)] = walk_q[s];
  end
