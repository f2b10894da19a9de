  // prove.py puts this before the end of rtl/lru.sv.
  logic [Sets*Ways*Ways-1:0] same_age;
  for (genvar set = 0; set < Sets; set++) begin : gen_sets
    for (genvar a = 0; a < Ways; a++) begin : gen_ways
      for (genvar b = 0; b < Ways; b++) begin : gen_others
        assign same_age[(set*Ways+a)*Ways+b] =
            a != b && ages_q[set][a*WayWidth+:WayWidth] == ages_q[set][b*WayWidth+:WayWidth];
      end
    end
  end
  // The ages of a set's ways are a permutation.
  always_comb if (rst_ni) AgesArePermutation : assert (same_age == '0);
