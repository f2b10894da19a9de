// Who is the least recently used way of each set. Two ways can be used in one cycle: the one that a lookup found, and
// after it the one that was filled, in the set `fill_set_i`. `oldest_o` is of that set, the lookup counted; it means
// something while `fill_i` is high.

module lru #(
    parameter int unsigned Sets = 4,
    parameter int unsigned Ways = 4,
    localparam int unsigned SetWidth = Sets > 1 ? $clog2(Sets) : 1,
    localparam int unsigned WayWidth = Ways > 1 ? $clog2(Ways) : 1
) (
    input logic clk_i,
    input logic rst_ni,
    input logic touch_i,
    input logic [SetWidth-1:0] touch_set_i,
    input logic [WayWidth-1:0] touch_way_i,
    input logic fill_i,
    input logic [SetWidth-1:0] fill_set_i,
    input logic [WayWidth-1:0] fill_way_i,
    output logic [WayWidth-1:0] oldest_o
);

  // How many ways of the set were used since this one was: a permutation of 0 to Ways-1 in each set, way 0 lowest.
  logic [Ways*WayWidth-1:0] ages_q[Sets];
  logic [Ways*WayWidth-1:0] touched, before_fill, filled;

  // The ages after one way was used.
  function automatic logic [Ways*WayWidth-1:0] used(input logic [Ways*WayWidth-1:0] ages,
                                                    input logic [WayWidth-1:0] way);
    logic [WayWidth-1:0] age;
    age = ages[32'(way)*WayWidth+:WayWidth];
    used = ages;
    for (int unsigned i = 0; i < Ways; i++) begin
      if (ages[i*WayWidth+:WayWidth] < age) used[i*WayWidth+:WayWidth] = ages[i*WayWidth+:WayWidth] + WayWidth'(1);
    end
    used[32'(way)*WayWidth+:WayWidth] = '0;
  endfunction

  always_comb begin
    touched = '0;
    if (touch_i) touched = used(ages_q[touch_set_i], touch_way_i);
  end
  always_comb begin
    before_fill = '0;
    oldest_o = '0;
    if (fill_i) begin
      before_fill = touch_i && touch_set_i == fill_set_i ? touched : ages_q[fill_set_i];
      for (int unsigned i = 0; i < Ways; i++) begin
        if (before_fill[i*WayWidth+:WayWidth] == WayWidth'(Ways - 1)) oldest_o = WayWidth'(i);
      end
    end
  end
  always_comb begin
    filled = '0;
    if (fill_i) filled = used(before_fill, fill_way_i);
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      for (int unsigned set = 0; set < Sets; set++) begin
        for (int unsigned way = 0; way < Ways; way++) ages_q[set][way*WayWidth+:WayWidth] <= WayWidth'(way);
      end
    end else begin
      if (touch_i) ages_q[touch_set_i] <= touched;
      if (fill_i) ages_q[fill_set_i] <= filled;
    end
  end

endmodule
