// The response of the walker: a register, stable until its answer is taken. A walk answers its own request, or one that
// joined it: if the answer does not serve that, it is sent back instead.

module response_port #(
    parameter int unsigned IdWidth = 4,
    parameter int unsigned PageShift = 12,
    parameter logic [47:0] RadixIndexBits = {24'd0, {4{6'd9}}},
    parameter int unsigned RadixOffsetBits = 12,
    parameter int unsigned RadixEntryBytes = 8
) (
    input logic clk_i,
    input logic rst_ni,

    output logic free_o,  // it takes an answer in this cycle
    input logic answer_i,
    input tablewalk_pkg::request_t request_i,  // that of the walk
    input tablewalk_pkg::walk_t walk_i,
    input logic own_i,  // answered is the walk's own request
    input logic [IdWidth-1:0] own_id_i,
    input logic [IdWidth-1:0] joined_id_i,
    input tablewalk_pkg::request_t joined_i,  // of the same mode and controls
    output logic sends_back_o,

    output logic valid_o,
    input logic ready_i,
    output logic [IdWidth-1:0] id_o,
    output tablewalk_pkg::fault_e fault_o,
    output logic [63:0] entry_o,
    output logic [55-PageShift:0] frame_o,
    output logic [5:0] page_shift_o,
    output logic [2:0] level_o,
    output tablewalk_pkg::rights_t rights_o,
    output logic global_o,
    output logic dirty_o,
    output logic [55:0] fault_addr_o
);

  tablewalk_pkg::fault_e forbidden;
  logic served, gives;
  logic [55:0] address;
  logic [1:0] entry_size;

  assign free_o = !valid_o || ready_i;

  access_check u_joined_check (
      .mode_i(request_i.mode),
      .controls_i(request_i.controls),
      .rights_i(walk_i.rights),
      .access_i(joined_i.access),
      .user_i(joined_i.user),
      .fault_o(forbidden)
  );

  always_comb begin
    if (walk_i.fault != tablewalk_pkg::FaultNone) begin
      served = !tablewalk_pkg::depends_on_access(walk_i.fault);
    end else begin
      served = forbidden == tablewalk_pkg::FaultNone &&
               (joined_i.access != tablewalk_pkg::AccessStore || walk_i.dirty);
    end
    gives = answer_i && (own_i || served);
    sends_back_o = answer_i && !own_i && !served;
  end

  entry_address #(
      .RadixIndexBits(RadixIndexBits),
      .RadixOffsetBits(RadixOffsetBits),
      .RadixEntryBytes(RadixEntryBytes)
  ) u_fault_address (
      .mode_i(request_i.mode),
      .level_i(walk_i.level),
      .table_i(walk_i.base),
      .va_i(request_i.va),
      .address_o(address),
      .size_o(entry_size)
  );

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      valid_o <= 1'b0;
      id_o <= '0;
      fault_o <= tablewalk_pkg::FaultNone;
      entry_o <= '0;
      frame_o <= '0;
      page_shift_o <= '0;
      level_o <= '0;
      rights_o <= '0;
      global_o <= 1'b0;
      dirty_o <= 1'b0;
      fault_addr_o <= '0;
    end else if (gives) begin
      valid_o <= 1'b1;
      id_o <= own_i ? own_id_i : joined_id_i;
      fault_o <= walk_i.fault;
      entry_o <= walk_i.entry;
      frame_o <= walk_i.base[55:PageShift];
      page_shift_o <= walk_i.page_shift;
      level_o <= walk_i.level;
      rights_o <= walk_i.rights;
      global_o <= walk_i.is_global;
      dirty_o <= walk_i.dirty;
      fault_addr_o <= address;
    end else if (ready_i) begin
      valid_o <= 1'b0;
    end
  end

`ifndef SYNTHESIS
  logic stays_q;
  logic [IdWidth-1:0] id_q;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      stays_q <= 1'b0;
      id_q <= '0;
    end else begin
      stays_q <= valid_o && !ready_i;
      id_q <= id_o;
      // An answer stays until it is taken.
      AnswerStays : assert (!stays_q || (valid_o && id_o == id_q));
    end
  end
`endif

endmodule
