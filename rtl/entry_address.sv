// Where the entry for an address stands in the table of a level. Combinational.

module entry_address #(
    parameter logic [47:0] RadixIndexBits = {24'd0, {4{6'd9}}},
    parameter int unsigned RadixOffsetBits = 12,
    parameter int unsigned RadixEntryBytes = 8
) (
    input tablewalk_pkg::mode_e mode_i,
    input logic [2:0] level_i,
    input logic [55:0] table_i,
    input logic [63:0] va_i,
    output logic [55:0] address_o,
    output logic [1:0] size_o  // log2 of the entry's bytes
);

  localparam logic [53:0] RadixShape = tablewalk_pkg::radix_shape(RadixIndexBits, RadixOffsetBits[5:0]);

  logic [6:0] index_bits;
  logic [63:0] index;

  always_comb begin
    size_o = tablewalk_pkg::is_narrow(mode_i, RadixEntryBytes == 4) ? 2'd2 : 2'd3;
    case (mode_i)
      tablewalk_pkg::ModeRadix: index_bits = {1'b0, RadixIndexBits[{3'b0, level_i}*6'd6+:6]};
      tablewalk_pkg::ModeX86_32, tablewalk_pkg::ModeSv32: index_bits = 7'd10;
      default: index_bits = 7'd9;
    endcase
    index = (va_i >> tablewalk_pkg::index_shift(mode_i, level_i, RadixShape)) & tablewalk_pkg::low_bits(index_bits);
    address_o = table_i + (index[55:0] << size_o);
  end

endmodule
