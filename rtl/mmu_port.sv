// One side of the MMU: a TLB, and one miss at a time. A request taken in cycle n is looked up in n; its answer stands
// in n+1 if it hits, else the walker is asked in n+1. The walker's answer, taken in cycle w, stands at the core in w+1.

module mmu_port #(
    parameter int unsigned Entries = 64,
    parameter int unsigned Ways = 4,
    parameter logic [23:0] PageShifts = {6'd0, 6'd30, 6'd21, 6'd12},
    parameter logic [53:0] RadixShape = tablewalk_pkg::radix_shape({24'd0, {4{6'd9}}}, 6'd12)
) (
    input logic clk_i,
    input logic rst_ni,

    input logic req_valid_i,
    output logic req_ready_o,
    input tablewalk_pkg::request_t req_i,
    input logic [11:0] req_offset_i,  // the lowest bits of the address

    output logic rsp_valid_o,
    input logic rsp_ready_i,
    output tablewalk_pkg::fault_e rsp_fault_o,
    output logic [55:0] rsp_address_o,  // physical
    output tablewalk_pkg::translation_t rsp_translation_o,
    output logic rsp_hit_o,  // the TLB had it

    output logic walk_valid_o,
    input logic walk_ready_i,
    output tablewalk_pkg::request_t walk_request_o,
    input logic walked_i,  // the answer to the walk is taken in this cycle
    input logic walked_overtaken_i,  // by an invalidation: it is asked for again
    input tablewalk_pkg::fault_e walked_fault_i,
    input tablewalk_pkg::translation_t walked_translation_i,

    input logic invalidate_i,
    input tablewalk_pkg::invalidation_t invalidation_i
);

  typedef enum logic [1:0] {
    Ready = 2'd0,
    Asks = 2'd1,
    Waits = 2'd2,
    Answers = 2'd3
  } state_e;

  state_e state_q;
  tablewalk_pkg::request_t request;
  tablewalk_pkg::translation_t translation, found;
  logic [$bits(request)-1:0] request_q;
  logic [11:0] offset_q;
  logic [$bits(translation)-1:0] translation_q;
  logic takes, hit, finishes;

  assign request = request_q;
  assign translation = translation_q;
  assign takes = req_valid_i && state_q == Ready;
  assign finishes = walked_i && state_q == Waits && !walked_overtaken_i;

  tlb #(
      .Entries(Entries),
      .Ways(Ways),
      .PageShifts(PageShifts),
      .RadixShape(RadixShape)
  ) u_tlb (
      .clk_i(clk_i),
      .rst_ni(rst_ni),
      .lookup_i(takes),
      .lookup_request_i(req_i),
      .hit_o(hit),
      .translation_o(found),
      .fill_i(finishes && walked_fault_i == tablewalk_pkg::FaultNone),
      .fill_mode_i(request.mode),
      .fill_va_i(request.va),
      .fill_asid_i(request.asid),
      .fill_translation_i(walked_translation_i),
      .invalidate_i(invalidate_i),
      .invalidation_i(invalidation_i)
  );

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q <= Ready;
      request_q <= '0;
      offset_q <= '0;
      translation_q <= '0;
      rsp_fault_o <= tablewalk_pkg::FaultNone;
      rsp_hit_o <= 1'b0;
    end else begin
      case (state_q)
        Ready: begin
          if (takes) begin
            request_q <= req_i;
            offset_q <= req_offset_i;
            translation_q <= found;
            rsp_fault_o <= tablewalk_pkg::FaultNone;
            rsp_hit_o <= hit;
            state_q <= hit ? Answers : Asks;
          end
        end
        Asks: if (walk_ready_i) state_q <= Waits;
        Waits: begin
          if (walked_i) state_q <= walked_overtaken_i ? Asks : Answers;
          if (finishes) begin
            translation_q <= walked_translation_i;
            rsp_fault_o <= walked_fault_i;
          end
        end
        default: if (rsp_ready_i) state_q <= Ready;
      endcase
    end
  end

  logic [63:0] address;
  assign address = request.va | {52'd0, offset_q};
  assign req_ready_o = state_q == Ready;
  assign walk_valid_o = state_q == Asks;
  assign walk_request_o = request;
  assign rsp_valid_o = state_q == Answers;
  assign rsp_translation_o = translation;
  assign rsp_address_o = translation.page | (address[55:0] & ~(56'hFF_FFFF_FFFF_FFFF << translation.page_shift));

endmodule
