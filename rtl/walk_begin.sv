// Where a walk begins: at the root, or at the deepest table that the walk caches remember. Combinational; all outputs
// are zero while no walk does.

module walk_begin #(
    parameter logic [47:0] RadixIndexBits = {24'd0, {4{6'd9}}},
    parameter int unsigned RadixLevels = 4,
    parameter int unsigned RadixOffsetBits = 12,
    parameter int unsigned RadixEntryBytes = 8
) (
    input logic valid_i,  // a walk begins
    input tablewalk_pkg::request_t request_i,
    input logic hit_i,
    input logic [2:0] hit_level_i,  // of the pointer that was remembered
    input tablewalk_pkg::walk_start_t hit_start_i,
    output tablewalk_pkg::walk_t walk_o,
    output logic wants_memory_o  // else it wants to answer
);

  localparam logic [53:0] RadixShape = tablewalk_pkg::radix_shape(RadixIndexBits, RadixOffsetBits[5:0]);
  // 64 bits are 0 in six; a radix format has at least four, so that 0 stands for 64.
  localparam logic [6:0] RadixVirtualBits =
      RadixShape[RadixLevels*6+:6] == 6'd0 ? 7'd64 : {1'b0, RadixShape[RadixLevels*6+:6]};
  localparam logic [5:0] RadixPhysicalBits = tablewalk_pkg::radix_physical_bits(
      RadixIndexBits, 3'(RadixLevels - 1), RadixOffsetBits[5:0], RadixEntryBytes == 8 ? 6'd3 : 6'd2
  );

  tablewalk_pkg::walk_t start;
  logic [55:0] first_entry;

  always_comb begin
    start = '0;
    if (valid_i) begin
      start.level = tablewalk_pkg::root_level(request_i.mode, 3'(RadixLevels - 1));
      start.base = request_i.root;
      start.rights = tablewalk_pkg::AllRights;
      if (hit_i) begin
        start.level = hit_level_i - 3'd1;
        start.base = hit_start_i.table_address;
        start.rights = hit_start_i.rights;
        start.is_global = hit_start_i.is_global;
      end
    end
  end

  // The first entry is as far as its table, unless that is large.
  localparam logic LargeTables = tablewalk_pkg::radix_large_tables(
      RadixIndexBits, 4'(RadixLevels), RadixOffsetBits[5:0], RadixEntryBytes == 8 ? 6'd3 : 6'd2
  );
  if (LargeTables) begin : gen_first_entry
    logic [1:0] first_size;
    entry_address #(
        .RadixIndexBits(RadixIndexBits),
        .RadixOffsetBits(RadixOffsetBits),
        .RadixEntryBytes(RadixEntryBytes)
    ) u_first (
        .mode_i(request_i.mode),
        .level_i(start.level),
        .table_i(start.base),
        .va_i(request_i.va),
        .address_o(first_entry),
        .size_o(first_size)
    );
  end else begin : gen_first_table
    assign first_entry = start.base;
  end

  always_comb begin
    walk_o = start;
    wants_memory_o = 1'b0;
    if (valid_i) begin
      walk_o.fault = tablewalk_pkg::FaultNone;
      if (!tablewalk_pkg::translates(request_i.mode, request_i.va, RadixVirtualBits)) begin
        walk_o.fault = tablewalk_pkg::FaultNonCanonical;
      end else if ((first_entry >> tablewalk_pkg::physical_bits(
                        request_i.mode, RadixPhysicalBits, request_i.controls.maxphyaddr,
                        request_i.controls.physical_bits)) != 56'd0) begin
        walk_o.fault = tablewalk_pkg::FaultOutOfRange;
      end
      wants_memory_o = walk_o.fault == tablewalk_pkg::FaultNone;
    end
  end

endmodule
