// The walker's events: what happened in a cycle, registered for the one after it.

module walker_events #(
    parameter int unsigned Slots = 2
) (
    input logic clk_i,
    input logic rst_ni,

    input logic begins_i,  // a walk
    input logic joins_i,
    input logic sends_back_i,
    input logic lookup_i,
    input logic [7:0] hits_i,  // of the walk caches
    input logic step_i,  // a walk got what it wanted of memory
    input logic [2:0] step_level_i,
    input logic step_update_i,  // by a compare-and-swap
    input logic [Slots-1:0] closes_i,
    input logic [Slots-1:0] faulted_i,
    input logic [Slots-1:0] restarts_i,

    output logic any_o,  // there is one
    output logic walk_o,
    output logic merge_o,
    output logic replay_o,
    output logic cache_lookup_o,
    output logic [7:0] cache_hit_o,
    output logic [7:0] read_o,
    output logic update_o,
    output logic [Slots-1:0] done_o,
    output logic [Slots-1:0] fault_o,
    output logic [Slots-1:0] restart_o
);

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      walk_o <= 1'b0;
      merge_o <= 1'b0;
      replay_o <= 1'b0;
      cache_lookup_o <= 1'b0;
      cache_hit_o <= '0;
      read_o <= '0;
      update_o <= 1'b0;
      done_o <= '0;
      fault_o <= '0;
      restart_o <= '0;
    end else begin
      walk_o <= begins_i;
      merge_o <= joins_i;
      replay_o <= sends_back_i;
      cache_lookup_o <= lookup_i;
      cache_hit_o <= hits_i;
      read_o <= '0;
      read_o[step_level_i] <= step_i && !step_update_i;
      update_o <= step_i && step_update_i;
      done_o <= closes_i;
      fault_o <= closes_i & faulted_i;
      restart_o <= restarts_i;
    end
  end

  assign any_o = walk_o || merge_o || replay_o || cache_lookup_o || cache_hit_o != '0 || read_o != '0 || update_o ||
                 done_o != '0 || fault_o != '0 || restart_o != '0;

endmodule
