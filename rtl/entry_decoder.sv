// What a table entry says, in every format. Combinational. Of an absent or malformed entry only `kind` and `fault`
// mean anything. The decoder of a format says nothing in modes of another: it neither switches nor is simulated.

module entry_decoder #(
    parameter logic [47:0] RadixIndexBits = {24'd0, {4{6'd9}}},
    parameter int unsigned RadixOffsetBits = 12,
    parameter int unsigned RadixEntryBytes = 8
) (
    input tablewalk_pkg::mode_e mode_i,
    input logic [2:0] level_i,
    input logic [63:0] entry_i,
    input tablewalk_pkg::controls_t controls_i,
    output tablewalk_pkg::entry_t decoded_o
);

  tablewalk_pkg::entry_t radix, x86, riscv;

  radix_entry_decoder #(
      .RadixIndexBits(RadixIndexBits),
      .RadixOffsetBits(RadixOffsetBits),
      .RadixEntryBytes(RadixEntryBytes)
  ) u_radix (
      .level_i(level_i),
      .entry_i(entry_i),
      .decoded_o(radix)
  );

  x86_entry_decoder u_x86 (
      .mode_i(mode_i),
      .level_i(level_i),
      .entry_i(entry_i),
      .controls_i(controls_i),
      .decoded_o(x86)
  );

  riscv_entry_decoder u_riscv (
      .mode_i(mode_i),
      .level_i(level_i),
      .entry_i(entry_i),
      .controls_i(controls_i),
      .decoded_o(riscv)
  );

  always_comb begin
    if (mode_i == tablewalk_pkg::ModeRadix) decoded_o = radix;
    else if (tablewalk_pkg::is_riscv(mode_i)) decoded_o = riscv;
    else decoded_o = x86;
  end

endmodule
