  // prove.py puts this before the end of rtl/access_tags.sv, and connects it with walker_inside.svh: the accesses of
  // each slot that are under way, now and (the upper half) in the next cycle.
  logic [2*Slots*Generations-1:0] all_under_way;
  for (genvar s = 0; s < Slots; s++) begin : gen_under_way
    assign all_under_way[s*Generations+:Generations] = under_way_q[s];
    assign all_under_way[(Slots+s)*Generations+:Generations] = under_way_d[s];
  end
