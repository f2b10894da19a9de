// The walk cache of level 1 for a small radix split: two sets of two ways, any lookups, pointers and invalidations.
// One pointer is watched, of any address space and address, in the radix format or Sv32.

module walk_cache_formal (
    input logic clk_i,
    input logic lookup_i,
    input logic [3:0] lookup_vpn_i,
    input logic lookup_mode_i,
    input logic lookup_asid_i,
    input logic remember_i,
    input logic [3:0] remember_vpn_i,
    input logic remember_mode_i,
    input logic remember_asid_i,
    input logic [1:0] remember_start_i,
    input logic invalidate_i,
    input logic everything_i,
    input logic asid_valid_i,
    input logic asid_i,
    input logic vaddr_valid_i,
    input logic [3:0] vpn_i,
    input logic is_global_i,
    input logic [1:0] pointers_i
);

  logic rst_ni = 1'b0;
  always_ff @(posedge clk_i) rst_ni <= 1'b1;

  // Pages of 2^12 bytes, tables of four entries. So pointers differ in bits of `vpn` from bit 2 on. In Sv32 all the
  // addresses here have one pointer.
  localparam logic [53:0] Shape = tablewalk_pkg::radix_shape({36'd0, {2{6'd2}}}, 6'd12);
  logic [65:0] start;
  logic hit;
  walk_cache #(
      .Level(1),
      .Entries(4),
      .Ways(2),
      .RadixShape(Shape)
  ) u_cache (
      .clk_i(clk_i),
      .rst_ni(rst_ni),
      .lookup_i(lookup_i),
      .lookup_va_i({48'd0, lookup_vpn_i, 12'd0}),
      .lookup_mode_i(lookup_mode_i ? 4'd5 : 4'd0),
      .lookup_asid_i({15'd0, lookup_asid_i}),
      .hit_o(hit),
      .start_o(start),
      .remember_i(remember_i),
      .remember_va_i({48'd0, remember_vpn_i, 12'd0}),
      .remember_mode_i(remember_mode_i ? 4'd5 : 4'd0),
      .remember_asid_i({15'd0, remember_asid_i}),
      .remember_start_i({64'd0, remember_start_i}),
      .invalidate_i(invalidate_i),
      .invalidation_i({everything_i, asid_valid_i, 15'd0, asid_i, vaddr_valid_i, 48'd0, vpn_i, 12'd0,
                        is_global_i, pointers_i})
  );

  (* anyconst *) logic [3:0] watched_vpn;
  (* anyconst *) logic watched_mode, watched_asid;
  logic known_q = 1'b0;
  logic [1:0] start_q = '0;
  logic looks_up, remembers, forgets;
  function automatic logic same_pointer(input logic [3:0] a, input logic [3:0] b, input logic mode);
    same_pointer = mode || a[3:2] == b[3:2];
  endfunction
  always_comb begin
    looks_up = lookup_i && lookup_asid_i == watched_asid && lookup_mode_i == watched_mode &&
               same_pointer(lookup_vpn_i, watched_vpn, watched_mode);
    remembers = remember_i && remember_asid_i == watched_asid && remember_mode_i == watched_mode &&
                same_pointer(remember_vpn_i, watched_vpn, watched_mode);
    // Bit 0 of a pointer says that it is global.
    forgets = invalidate_i && (everything_i || (pointers_i != 2'd0 && (!asid_valid_i || asid_i == watched_asid) &&
              (is_global_i || !(remembers ? remember_start_i[0] : start_q[0])) &&
              (pointers_i == 2'd2 || !vaddr_valid_i || same_pointer(vpn_i, watched_vpn, watched_mode))));
  end
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      if (remembers) start_q <= remember_start_i;
      known_q <= (known_q || remembers) && !forgets;
    end
  end

  // What is held stays until it is invalidated or a pointer that is remembered takes its place.
  logic stays_q = 1'b0;
  always_ff @(posedge clk_i) stays_q <= rst_ni && looks_up && hit && !remember_i && !forgets;

  // What was looked up in the cycle after it was remembered.
  logic just_remembered_q = 1'b0;
  always_ff @(posedge clk_i) just_remembered_q <= rst_ni && remembers && !forgets;

  always_comb begin
    if (rst_ni && looks_up) begin
      // A hit is on a pointer that was remembered, and not invalidated since.
      HitWasRemembered : assert (!hit || known_q);
      // It gives what was remembered last.
      HitIsTheLatest : assert (!hit || start == {64'd0, start_q});
      // What was remembered in the cycle before hits.
      RememberedHits : assert (!just_remembered_q || hit);
      // An invalidation takes out nothing but what it covers: what hit in the cycle before hits again.
      KeptHits : assert (!stays_q || hit);
    end
    // Nothing hits without a lookup.
    HitNeedsALookup : assert (lookup_i || !hit);
    HitOfARadixPointer : cover (rst_ni && looks_up && hit && !watched_mode);
    MissAfterAnInvalidation : cover (rst_ni && looks_up && !hit && start_q != 2'd0 && watched_mode);
  end

endmodule
