// The decoder, the access check and the functions of the package, with one pin for each field of what they say.

module decoder_pins #(
    parameter logic [47:0] RadixIndexBits = {24'd0, {4{6'd9}}},
    parameter int unsigned RadixLevels = 4,
    parameter int unsigned RadixOffsetBits = 12,
    parameter int unsigned RadixEntryBytes = 8
) (
    input tablewalk_pkg::mode_e mode_i,
    input logic [2:0] level_i,
    input logic [63:0] entry_i,
    input tablewalk_pkg::controls_t controls_i,
    output logic [1:0] kind_o,
    output logic [3:0] fault_o,
    output logic [5:0] page_shift_o,
    output logic [55:0] target_o,
    output logic [8:0] rights_o,
    output logic accessed_o,
    output logic dirty_o,
    output logic global_o,

    input logic set_dirty_i,
    output logic [63:0] marked_o,

    input logic [8:0] above_i,
    output logic [8:0] combined_o,  // with the entry's rights
    input tablewalk_pkg::access_e access_i,
    input logic user_i,
    output logic [3:0] forbidden_o,  // by the combined rights

    input logic [63:0] va_i,
    input logic [55:0] table_i,
    output logic translates_o,
    output logic [55:0] address_o,
    output logic [1:0] size_o,
    output logic [5:0] physical_bits_o
);

  localparam logic [53:0] Shape = tablewalk_pkg::radix_shape(RadixIndexBits, RadixOffsetBits[5:0]);
  localparam logic [6:0] RadixVirtualBits =
      Shape[RadixLevels*6+:6] == 6'd0 ? 7'd64 : {1'b0, Shape[RadixLevels*6+:6]};
  localparam logic [5:0] RadixPhysicalBits = tablewalk_pkg::radix_physical_bits(
      RadixIndexBits, 3'(RadixLevels - 1), RadixOffsetBits[5:0], RadixEntryBytes == 8 ? 6'd3 : 6'd2
  );

  tablewalk_pkg::entry_t decoded;
  tablewalk_pkg::fault_e forbidden;

  entry_decoder #(
      .RadixIndexBits(RadixIndexBits),
      .RadixOffsetBits(RadixOffsetBits),
      .RadixEntryBytes(RadixEntryBytes)
  ) u_decoder (
      .mode_i(mode_i),
      .level_i(level_i),
      .entry_i(entry_i),
      .controls_i(controls_i),
      .decoded_o(decoded)
  );

  entry_address #(
      .RadixIndexBits(RadixIndexBits),
      .RadixOffsetBits(RadixOffsetBits),
      .RadixEntryBytes(RadixEntryBytes)
  ) u_address (
      .mode_i(mode_i),
      .level_i(level_i),
      .table_i(table_i),
      .va_i(va_i),
      .address_o(address_o),
      .size_o(size_o)
  );

  access_check u_check (
      .mode_i(mode_i),
      .controls_i(controls_i),
      .rights_i(combined_o),
      .access_i(access_i),
      .user_i(user_i),
      .fault_o(forbidden)
  );

  assign kind_o = decoded.kind;
  assign fault_o = decoded.fault;
  assign page_shift_o = decoded.page_shift;
  assign target_o = decoded.target;
  assign rights_o = decoded.rights;
  assign accessed_o = decoded.accessed;
  assign dirty_o = decoded.dirty;
  assign global_o = decoded.is_global;
  assign marked_o = tablewalk_pkg::mark_used(mode_i, entry_i, set_dirty_i);
  assign combined_o = tablewalk_pkg::combine(mode_i, above_i, decoded.rights);
  assign forbidden_o = forbidden;
  assign translates_o = tablewalk_pkg::translates(mode_i, va_i, RadixVirtualBits);
  assign physical_bits_o = tablewalk_pkg::physical_bits(mode_i, RadixPhysicalBits, controls_i.maxphyaddr,
                                                        controls_i.physical_bits);

endmodule
