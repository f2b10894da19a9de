// The walk caches, one for each level that has one: they are asked all at once, and the walk begins at the table that
// the deepest hit leads to, or at the root.

module walk_lookup #(
    parameter logic [47:0] RadixIndexBits = {24'd0, {4{6'd9}}},
    parameter int unsigned RadixLevels = 4,
    parameter int unsigned RadixOffsetBits = 12,
    parameter int unsigned RadixEntryBytes = 8,
    parameter logic [63:0] WalkCacheEntries = 64'h0000_0000_0010_1000,
    parameter logic [63:0] WalkCacheWays = 64'h0000_0000_0004_0400
) (
    input logic clk_i,
    input logic rst_ni,

    input logic lookup_i,
    input tablewalk_pkg::request_t request_i,
    output logic [7:0] hits_o,  // of each level
    output tablewalk_pkg::walk_t walk_o,  // as it begins
    output logic wants_memory_o,  // else it wants to answer

    input logic remember_i,  // a pointer, and the table in remember_walk_i that it led to
    input logic [2:0] remember_level_i,
    input tablewalk_pkg::request_t remember_request_i,
    input tablewalk_pkg::walk_t remember_walk_i,

    input logic invalidate_i,
    input tablewalk_pkg::invalidation_t invalidation_i
);

  localparam logic [53:0] RadixShape = tablewalk_pkg::radix_shape(RadixIndexBits, RadixOffsetBits[5:0]);

  tablewalk_pkg::walk_start_t remembered, hit_start;
  assign remembered.table_address = remember_walk_i.base;
  assign remembered.rights = remember_walk_i.rights;
  assign remembered.is_global = remember_walk_i.is_global;

  logic [$bits(hit_start)-1:0] starts[8];
  for (genvar level = 0; level < 8; level++) begin : gen_walk_caches
    localparam int unsigned Entries = 32'(WalkCacheEntries[8*level+:8]);
    localparam int unsigned Ways = WalkCacheWays[8*level+:8] == 8'd0 ? Entries : 32'(WalkCacheWays[8*level+:8]);
    if (level > 0 && Entries > 0) begin : gen_cache
      walk_cache #(
          .Level(level),
          .Entries(Entries),
          .Ways(Ways),
          .RadixShape(RadixShape)
      ) u_cache (
          .clk_i(clk_i),
          .rst_ni(rst_ni),
          .lookup_i(lookup_i),
          .lookup_va_i(request_i.va),
          .lookup_mode_i(request_i.mode),
          .lookup_asid_i(request_i.asid),
          .hit_o(hits_o[level]),
          .start_o(starts[level]),
          .remember_i(remember_i && remember_level_i == 3'(level)),
          .remember_va_i(remember_request_i.va),
          .remember_mode_i(remember_request_i.mode),
          .remember_asid_i(remember_request_i.asid),
          .remember_start_i(remembered),
          .invalidate_i(invalidate_i),
          .invalidation_i(invalidation_i)
      );
    end else begin : gen_none
      assign hits_o[level] = 1'b0;
      assign starts[level] = '0;
    end
  end

  logic [2:0] hit_level;
  always_comb begin
    hit_level = '0;
    hit_start = '0;
    for (int unsigned i = 0; i < 8; i++) begin
      if (hits_o[7-i]) begin
        hit_level = 3'(7 - i);
        hit_start = starts[7-i];
      end
    end
  end

  walk_begin #(
      .RadixIndexBits(RadixIndexBits),
      .RadixLevels(RadixLevels),
      .RadixOffsetBits(RadixOffsetBits),
      .RadixEntryBytes(RadixEntryBytes)
  ) u_begin (
      .valid_i(lookup_i),
      .request_i(request_i),
      .hit_i(hits_o != '0),
      .hit_level_i(hit_level),
      .hit_start_i(hit_start),
      .walk_o(walk_o),
      .wants_memory_o(wants_memory_o)
  );

endmodule
