// The order of use in lru.sv: two sets of four ways, any ways touched and filled in any cycle.

module lru_formal (
    input logic clk_i,
    input logic touch_i,
    input logic touch_set_i,
    input logic [1:0] touch_way_i,
    input logic fill_i,
    input logic fill_set_i,
    input logic [1:0] fill_way_i
);

  logic rst_ni = 1'b0;
  always_ff @(posedge clk_i) rst_ni <= 1'b1;

  logic [1:0] oldest;
  lru #(
      .Sets(2),
      .Ways(4)
  ) u_lru (
      .clk_i(clk_i),
      .rst_ni(rst_ni),
      .touch_i(touch_i),
      .touch_set_i(touch_set_i),
      .touch_way_i(touch_way_i),
      .fill_i(fill_i),
      .fill_set_i(fill_set_i),
      .fill_way_i(fill_way_i),
      .oldest_o(oldest)
  );

  // `newer_q`: of a set, any, and two of its ways, any, the first was used after the second.
  (* anyconst *) logic set;
  (* anyconst *) logic [1:0] way, other;
  logic newer_q = 1'b0, known_q = 1'b0;
  logic newer_now, known_now;
  always_comb begin
    newer_now = newer_q;
    known_now = known_q;
    if (touch_i && touch_set_i == set && (touch_way_i == way || touch_way_i == other)) begin
      newer_now = touch_way_i == way;
      known_now = 1'b1;
    end
  end
  always_ff @(posedge clk_i) begin
    newer_q <= newer_now;
    known_q <= rst_ni && known_now;
    if (rst_ni && fill_i && fill_set_i == set && (fill_way_i == way || fill_way_i == other)) begin
      newer_q <= fill_way_i == way;
      known_q <= 1'b1;
    end
  end
  always_comb begin
    if (rst_ni && way != other) begin
      if (fill_i && fill_set_i == set && known_now && newer_now) begin
        // The oldest way is none that was used after another.
        OldestIsNotNewer : assert (oldest != way);
      end
    end
    // The reset is over in the second cycle, and both ways were used in an order that differs from that of reset.
    OrderChanges : cover (rst_ni && known_q && newer_q && way > other);
  end

endmodule
