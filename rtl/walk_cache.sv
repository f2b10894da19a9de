// The paging-structure cache of one level: the tables that pointers of that level led to, by address-space id and by
// the part of the virtual address that selects the pointer. Sets of `Ways`, the least recently used leaves.
//
// A lookup is combinational. What is remembered in a cycle is found by lookups from the next one on. Both mark what
// they touch as used, the lookup first. An invalidation comes last: it takes also what is remembered in its cycle.

module walk_cache #(
    parameter int unsigned Level = 1,
    parameter int unsigned Entries = 16,
    parameter int unsigned Ways = 4,
    parameter logic [53:0] RadixShape = tablewalk_pkg::radix_shape({24'd0, {4{6'd9}}}, 6'd12)
) (
    input logic clk_i,
    input logic rst_ni,

    input logic lookup_i,
    input logic [63:0] lookup_va_i,
    input tablewalk_pkg::mode_e lookup_mode_i,
    input logic [15:0] lookup_asid_i,
    output logic hit_o,
    output tablewalk_pkg::walk_start_t start_o,

    input logic remember_i,
    input logic [63:0] remember_va_i,
    input tablewalk_pkg::mode_e remember_mode_i,
    input logic [15:0] remember_asid_i,
    input tablewalk_pkg::walk_start_t remember_start_i,

    input logic invalidate_i,
    input tablewalk_pkg::invalidation_t invalidation_i
);

  localparam int unsigned Sets = Entries / Ways;
  localparam int unsigned SetWidth = Sets > 1 ? $clog2(Sets) : 1;
  localparam int unsigned WayWidth = Ways > 1 ? $clog2(Ways) : 1;
  localparam int unsigned EntryWidth = Entries > 1 ? $clog2(Entries) : 1;
  localparam logic [2:0] LevelBits = Level[2:0];

  // Where a way of a set stands in the arrays.
  function automatic logic [EntryWidth-1:0] place(input logic [SetWidth-1:0] set, input int unsigned way);
    place = EntryWidth'(32'(set) * Ways + way);
  endfunction

  logic [Entries-1:0] valid_q;
  logic [63:0] prefix_q[Entries];
  logic [3:0] mode_q[Entries];
  logic [15:0] asid_q[Entries];
  logic [$bits(start_o)-1:0] start_q[Entries];

  logic [63:0] lookup_prefix, remember_prefix;
  logic [SetWidth-1:0] lookup_set, remember_set;
  logic [WayWidth-1:0] lookup_way, remember_way;

  // What nobody asks for in a cycle is zero in it: it neither switches nor is simulated.
  always_comb begin
    lookup_prefix = '0;
    remember_prefix = '0;
    if (lookup_i) lookup_prefix = lookup_va_i >> tablewalk_pkg::index_shift(lookup_mode_i, LevelBits, RadixShape);
    if (remember_i) begin
      remember_prefix = remember_va_i >> tablewalk_pkg::index_shift(remember_mode_i, LevelBits, RadixShape);
    end
    lookup_set = Sets > 1 ? lookup_prefix[SetWidth-1:0] : '0;
    remember_set = Sets > 1 ? remember_prefix[SetWidth-1:0] : '0;
  end

  always_comb begin
    hit_o = 1'b0;
    lookup_way = '0;
    start_o = '0;
    if (lookup_i) begin
      for (int unsigned way = 0; way < Ways; way++) begin
        if (valid_q[place(lookup_set, way)] && prefix_q[place(lookup_set, way)] == lookup_prefix &&
            mode_q[place(lookup_set, way)] == lookup_mode_i && asid_q[place(lookup_set, way)] == lookup_asid_i) begin
          hit_o = 1'b1;
          lookup_way = WayWidth'(way);
          start_o = start_q[place(lookup_set, way)];
        end
      end
    end
  end

  // The way that remembers: the one that has the pointer already, else the first invalid one, else the oldest.
  logic [WayWidth-1:0] oldest_way;

  lru #(
      .Sets(Sets),
      .Ways(Ways)
  ) u_lru (
      .clk_i(clk_i),
      .rst_ni(rst_ni),
      .touch_i(lookup_i && hit_o),
      .touch_set_i(lookup_set),
      .touch_way_i(lookup_way),
      .fill_i(remember_i),
      .fill_set_i(remember_set),
      .fill_way_i(remember_way),
      .oldest_o(oldest_way)
  );

  always_comb begin
    remember_way = oldest_way;
    if (remember_i) begin
      for (int unsigned i = 0; i < Ways; i++) begin
        if (!valid_q[place(remember_set, Ways - 1 - i)]) remember_way = WayWidth'(Ways - 1 - i);
      end
      for (int unsigned way = 0; way < Ways; way++) begin
        if (valid_q[place(remember_set, way)] && prefix_q[place(remember_set, way)] == remember_prefix &&
            mode_q[place(remember_set, way)] == remember_mode_i &&
            asid_q[place(remember_set, way)] == remember_asid_i) begin
          remember_way = WayWidth'(way);
        end
      end
    end
  end

  // What an invalidation takes out.
  function automatic logic covers(input logic same_space, input logic same_place, input logic is_global);
    covers = invalidation_i.everything ||
        (invalidation_i.pointers != tablewalk_pkg::PointersNone && (!invalidation_i.asid_valid || same_space) &&
         (!is_global || invalidation_i.is_global) &&
         (invalidation_i.pointers == tablewalk_pkg::PointersEvery || !invalidation_i.vaddr_valid || same_place));
  endfunction

  logic [Entries-1:0] forgotten;
  logic [63:0] forgotten_prefix[9];
  logic forget_remembered;
  tablewalk_pkg::walk_start_t held;

  always_comb begin
    forgotten = '0;
    forget_remembered = 1'b0;
    held = '0;
    for (int unsigned mode = 0; mode < 9; mode++) forgotten_prefix[mode] = '0;
    if (invalidate_i) begin
      for (int unsigned mode = 0; mode < 9; mode++) begin
        forgotten_prefix[mode] = invalidation_i.vaddr >> tablewalk_pkg::index_shift(4'(mode), LevelBits, RadixShape);
      end
      for (int unsigned entry = 0; entry < Entries; entry++) begin
        held = start_q[entry];
        forgotten[entry] = covers(asid_q[entry] == invalidation_i.asid,
                                  forgotten_prefix[mode_q[entry]] == prefix_q[entry], held.is_global);
      end
      forget_remembered = covers(remember_asid_i == invalidation_i.asid,
                                 forgotten_prefix[remember_mode_i] == remember_prefix, remember_start_i.is_global);
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      valid_q <= '0;
      for (int unsigned entry = 0; entry < Entries; entry++) begin
        prefix_q[entry] <= '0;
        mode_q[entry] <= '0;
        asid_q[entry] <= '0;
        start_q[entry] <= '0;
      end
    end else begin
      if (remember_i) begin
        valid_q[place(remember_set, 32'(remember_way))] <= 1'b1;
        prefix_q[place(remember_set, 32'(remember_way))] <= remember_prefix;
        mode_q[place(remember_set, 32'(remember_way))] <= remember_mode_i;
        asid_q[place(remember_set, 32'(remember_way))] <= remember_asid_i;
        start_q[place(remember_set, 32'(remember_way))] <= remember_start_i;
      end
      if (invalidate_i) begin
        for (int unsigned entry = 0; entry < Entries; entry++) begin
          if (forgotten[entry]) valid_q[entry] <= 1'b0;
        end
        if (remember_i) begin
          valid_q[place(remember_set, 32'(remember_way))] <= !forget_remembered;
        end
      end
    end
  end

endmodule
