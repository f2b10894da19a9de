// Whether an invalidation concerns a walk under way. Of that nothing is known but its question: a page of any size that
// it finds, and every pointer on its way, lies within what one entry of the root maps. Combinational.

module invalidation_check #(
    parameter int unsigned RadixLevels = 4,
    parameter logic [53:0] RadixShape = tablewalk_pkg::radix_shape({24'd0, {4{6'd9}}}, 6'd12)
) (
    input logic invalidate_i,
    input tablewalk_pkg::invalidation_t invalidation_i,
    input tablewalk_pkg::request_t request_i,  // of the walk
    output logic concerned_o
);

  logic same_space, same_region;

  always_comb begin
    same_space = 1'b0;
    same_region = 1'b0;
    concerned_o = 1'b0;
    if (invalidate_i) begin
      same_space = !invalidation_i.asid_valid || request_i.asid == invalidation_i.asid;
      same_region = !invalidation_i.vaddr_valid ||
          ((request_i.va ^ invalidation_i.vaddr) >> tablewalk_pkg::index_shift(
              request_i.mode, tablewalk_pkg::root_level(request_i.mode, 3'(RadixLevels - 1)), RadixShape)) == 64'd0;
      concerned_o = invalidation_i.everything || (same_region && (same_space || invalidation_i.is_global)) ||
                    (same_space && invalidation_i.pointers == tablewalk_pkg::PointersEvery);
    end
  end

endmodule
