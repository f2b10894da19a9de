// For a walker that has the ports of rtl/walker_ports.svh already, such as a changed copy of rtl/walker.sv: nothing
// stands between.
//
// The walker is the module TABLEWALK_WALKER with TABLEWALK_WALKER_SLOTS slots and the parameters
// TABLEWALK_WALKER_FURTHER_PARAMETERS, each after a comma.

`ifndef TABLEWALK_WALKER
`define TABLEWALK_WALKER walker
`define TABLEWALK_WALKER_FURTHER_PARAMETERS
`define TABLEWALK_WALKER_SLOTS 2
`endif

module tablewalk_adapter #(
    parameter int unsigned IdWidth = 4,
    localparam int unsigned Slots = `TABLEWALK_WALKER_SLOTS,
    localparam int unsigned PageShift = 12,
    localparam int unsigned GenerationWidth = 4,
    localparam int unsigned TagWidth = GenerationWidth + (Slots > 1 ? $clog2(Slots) : 1)
) (
    output logic [1:0] violation_o,

`include "walker_ports.svh"
);

  `TABLEWALK_WALKER #(
      .Slots(Slots),
      .IdWidth(IdWidth),
      .GenerationWidth(GenerationWidth)
      `TABLEWALK_WALKER_FURTHER_PARAMETERS
  ) u_walker (
      .*
  );

  assign violation_o = 2'd0;

endmodule
