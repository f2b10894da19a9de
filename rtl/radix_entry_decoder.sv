// What an entry of the generic radix format says (docs/paging/radix.md):
//   0 present  1 writable  2 executable  3 user  4 accessed  5 dirty  6 global  7 leaf  8 and up: frame or table number

module radix_entry_decoder #(
    parameter logic [47:0] RadixIndexBits = {24'd0, {4{6'd9}}},
    parameter int unsigned RadixOffsetBits = 12,
    parameter int unsigned RadixEntryBytes = 8
) (
    input logic [2:0] level_i,
    input logic [63:0] entry_i,
    output tablewalk_pkg::entry_t decoded_o
);

  localparam logic [53:0] Shape = tablewalk_pkg::radix_shape(RadixIndexBits, RadixOffsetBits[5:0]);
  localparam logic [5:0] EntryShift = RadixEntryBytes == 8 ? 6'd3 : 6'd2;

  logic is_leaf, misaligned, out_of_range;
  logic [5:0] unit_shift, page_shift, table_index_bits;
  logic [63:0] number, target;

  // Of an absent entry nothing is looked at.
  always_comb begin
    is_leaf = '0;
    page_shift = '0;
    table_index_bits = '0;
    unit_shift = '0;
    number = '0;
    target = '0;
    misaligned = '0;
    out_of_range = '0;
    if (entry_i[0]) begin
      is_leaf = entry_i[7];
      page_shift = Shape[{3'b0, level_i}*6'd6+:6];
      // Of the table that a pointer leads to: one level down.
      table_index_bits = level_i == 3'd0 ? 6'd0 : RadixIndexBits[({3'b0, level_i}-6'd1)*6'd6+:6];
      if (is_leaf) unit_shift = RadixOffsetBits[5:0];
      else if (level_i == 3'd0) unit_shift = 6'd0;
      else unit_shift = tablewalk_pkg::radix_pointer_shift(table_index_bits, RadixOffsetBits[5:0], EntryShift);
      number = RadixEntryBytes == 8 ? {8'd0, entry_i[63:8]} : {40'd0, entry_i[31:8]};
      target = number << unit_shift;
      misaligned = (target & ~(64'hFFFF_FFFF_FFFF_FFFF << page_shift)) != 64'd0;
      out_of_range = (number >> (6'd52 - unit_shift)) != 64'd0;
    end
  end

  always_comb begin
    decoded_o = '0;
    decoded_o.fault = tablewalk_pkg::FaultNone;
    decoded_o.page_shift = page_shift;
    decoded_o.target = target[55:0];
    decoded_o.rights.read = 1'b1;
    decoded_o.rights.write = entry_i[1];
    decoded_o.rights.execute = entry_i[2];
    decoded_o.rights.user = entry_i[3];
    decoded_o.rights.privileged_execute = entry_i[2];
    decoded_o.accessed = entry_i[4];
    decoded_o.dirty = is_leaf && entry_i[5];
    decoded_o.is_global = is_leaf && entry_i[6];
    decoded_o.kind = is_leaf ? tablewalk_pkg::KindLeaf : tablewalk_pkg::KindPointer;
    if (!entry_i[0]) begin
      decoded_o.kind = tablewalk_pkg::KindAbsent;
    end else if (out_of_range) begin
      decoded_o.kind = tablewalk_pkg::KindMalformed;
      decoded_o.fault = tablewalk_pkg::FaultReserved;
    end else if (is_leaf && misaligned) begin
      decoded_o.kind = tablewalk_pkg::KindMalformed;
      decoded_o.fault = tablewalk_pkg::FaultMisaligned;
    end else if (!is_leaf && level_i == 3'd0) begin
      decoded_o.kind = tablewalk_pkg::KindMalformed;
      decoded_o.fault = tablewalk_pkg::FaultPointerAtLeaf;
    end
  end

endmodule
