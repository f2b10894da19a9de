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

  always_comb begin
    walk_o = '0;
    wants_memory_o = 1'b0;
    if (valid_i) begin
      walk_o.level = tablewalk_pkg::root_level(request_i.mode, 3'(RadixLevels - 1));
      walk_o.base = request_i.root;
      walk_o.rights = tablewalk_pkg::AllRights;
      if (hit_i) begin
        walk_o.level = hit_level_i - 3'd1;
        walk_o.base = hit_start_i.table_address;
        walk_o.rights = hit_start_i.rights;
        walk_o.is_global = hit_start_i.is_global;
      end
      walk_o.fault = tablewalk_pkg::FaultNone;
      if (!tablewalk_pkg::translates(request_i.mode, request_i.va, RadixVirtualBits)) begin
        walk_o.fault = tablewalk_pkg::FaultNonCanonical;
      end else if ((walk_o.base >> tablewalk_pkg::physical_bits(
                        request_i.mode, RadixPhysicalBits, request_i.controls.maxphyaddr,
                        request_i.controls.physical_bits)) != 56'd0) begin
        walk_o.fault = tablewalk_pkg::FaultOutOfRange;
      end
      wants_memory_o = walk_o.fault == tablewalk_pkg::FaultNone;
    end
  end

endmodule
