// The memory request of the walker: a register, stable until memory accepts what it holds.

module memory_port #(
    parameter int unsigned TagWidth = 3,
    parameter logic [47:0] RadixIndexBits = {24'd0, {4{6'd9}}},
    parameter int unsigned RadixOffsetBits = 12,
    parameter int unsigned RadixEntryBytes = 8
) (
    input logic clk_i,
    input logic rst_ni,

    output logic free_o,  // it takes a request in this cycle
    input logic give_i,
    input logic [TagWidth-1:0] give_tag_i,
    input tablewalk_pkg::request_t give_request_i,
    input tablewalk_pkg::walk_t give_walk_i,

    output logic valid_o,
    input logic ready_i,
    output logic [TagWidth-1:0] tag_o,
    output logic [55:0] addr_o,
    output logic [1:0] size_o,
    output tablewalk_pkg::mem_op_e op_o,
    output logic [63:0] wdata_o,
    output logic [63:0] expected_o
);

  logic [55:0] address;
  logic [1:0] size;

  assign free_o = !valid_o || ready_i;

  entry_address #(
      .RadixIndexBits(RadixIndexBits),
      .RadixOffsetBits(RadixOffsetBits),
      .RadixEntryBytes(RadixEntryBytes)
  ) u_address (
      .mode_i(give_request_i.mode),
      .level_i(give_walk_i.level),
      .table_i(give_walk_i.base),
      .va_i(give_request_i.va),
      .address_o(address),
      .size_o(size)
  );

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      valid_o <= 1'b0;
      tag_o <= '0;
      addr_o <= '0;
      size_o <= 2'd3;
      op_o <= tablewalk_pkg::OpRead;
      wdata_o <= '0;
      expected_o <= '0;
    end else if (give_i) begin
      valid_o <= 1'b1;
      tag_o <= give_tag_i;
      addr_o <= address;
      size_o <= size;
      op_o <= give_walk_i.update ? tablewalk_pkg::OpCompareAndSwap : tablewalk_pkg::OpRead;
      wdata_o <= tablewalk_pkg::mark_used(give_request_i.mode, give_walk_i.entry, give_walk_i.set_dirty);
      expected_o <= give_walk_i.entry;
    end else if (ready_i) begin
      valid_o <= 1'b0;
    end
  end

`ifndef SYNTHESIS
  logic stays_q;
  logic [TagWidth-1:0] tag_q;
  logic [55:0] addr_q;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      stays_q <= 1'b0;
      tag_q <= '0;
      addr_q <= '0;
    end else begin
      stays_q <= valid_o && !ready_i;
      tag_q <= tag_o;
      addr_q <= addr_o;
      // A memory request stays until it is accepted.
      MemoryRequestStays : assert (!stays_q || (valid_o && tag_o == tag_q && addr_o == addr_q));
    end
  end
`endif

endmodule
