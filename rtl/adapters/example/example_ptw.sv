// A small page-table walker, to show how one that was made elsewhere is plugged in: one walk at a time, no walk caches,
// nothing written (software sets A and D), the interface of CVA6's walker. docs/bring-your-own-walker.md runs it.
//
// A walk of L reads, of which each is granted G cycles after it is asked for and answered N cycles after that, is done
// L (N + G + 2) cycles after the miss; a page fault takes one more. Two cycles later the next miss is taken. A flush
// ends the walk without an answer. lsu_is_store_i and mxr_i are looked at when the leaf is there, not latched with the
// miss.

module example_ptw #(
    // Tables at physical addresses beyond are not read.
    parameter int unsigned PhysicalBits = cva6_shape_pkg::PLen
) (
    input logic clk_i,
    input logic rst_ni,
    input logic flush_i,

    output logic ptw_active_o,  // no miss is taken
    output logic walking_instr_o,
    output logic ptw_error_o,  // a page fault
    output logic ptw_access_exception_o,  // an access fault
    input logic enable_translation_i,
    input logic en_ld_st_translation_i,
    input logic lsu_is_store_i,

    input cva6_shape_pkg::cache_response_t req_port_i,
    output cva6_shape_pkg::cache_request_t req_port_o,

    output cva6_shape_pkg::tlb_update_t shared_tlb_update_o,
    output logic [cva6_shape_pkg::XLen-1:0] update_vaddr_o,

    input logic [cva6_shape_pkg::AsidBits-1:0] asid_i,
    input logic shared_tlb_access_i,
    input logic shared_tlb_hit_i,
    input logic [cva6_shape_pkg::XLen-1:0] shared_tlb_vaddr_i,
    input logic itlb_req_i,
    input logic [cva6_shape_pkg::PpnBits-1:0] satp_ppn_i,
    input logic mxr_i,

    output logic shared_tlb_miss_o,  // a miss is taken
    output logic [cva6_shape_pkg::PLen-1:0] bad_paddr_o
);

  localparam int unsigned Levels = cva6_shape_pkg::Levels;
  localparam int unsigned IndexBits = cva6_shape_pkg::IndexBits;
  localparam int unsigned XLen = cva6_shape_pkg::XLen;
  localparam int unsigned PpnBits = cva6_shape_pkg::PpnBits;
  localparam int unsigned PLen = cva6_shape_pkg::PLen;
  localparam int unsigned EntryShift = cva6_shape_pkg::Wide ? 3 : 2;

  typedef enum logic [2:0] {
    Idle = 3'd0,
    Asks = 3'd1,  // the data cache, until it grants
    Waits = 3'd2,  // for the entry
    PageFault = 3'd3,
    AccessFault = 3'd4,
    Drains = 3'd5,  // an entry is on its way that nobody wants any more
    Settles = 3'd6
  } state_e;

  state_e state_q, state_d;
  logic [XLen-1:0] va_q, va_d;
  logic [cva6_shape_pkg::AsidBits-1:0] asid_q, asid_d;
  logic is_fetch_q, is_fetch_d;
  logic [2:0] depth_q, depth_d;  // levels below the root
  logic [PLen-1:0] address_q, address_d;  // of the entry
  logic is_global_q, is_global_d;  // a pointer on the way is
  logic tag_valid_q, entry_valid_q;
  logic [XLen-1:0] entry_q;

  // Where the entry of the table stands that lies so many levels below the root.
  function automatic logic [PLen-1:0] entry_address(input logic [PpnBits-1:0] table_ppn, input logic [XLen-1:0] va,
                                                    input logic [2:0] depth);
    logic [XLen-1:0] number;
    number = va >> (32'd12 + IndexBits * (Levels - 1 - {29'd0, depth}));
    entry_address = {table_ppn, 12'd0} |
                    {{PLen - IndexBits - EntryShift{1'b0}}, number[IndexBits-1:0], {EntryShift{1'b0}}};
  endfunction

  // What the entry says.
  logic valid, readable, writable, executable, user, accessed, dirty;
  logic [PpnBits-1:0] ppn;
  logic reserved, is_leaf, misaligned, allowed;

  always_comb begin
    {dirty, accessed} = entry_q[7:6];
    {user, executable, writable, readable, valid} = entry_q[4:0];
    ppn = entry_q[10+:PpnBits];
    is_leaf = readable || executable;
    reserved = writable && !readable;
    if ((entry_q >> (PpnBits + 10)) != '0) reserved = 1'b1;
    if (!is_leaf && (user || accessed || dirty)) reserved = 1'b1;
    misaligned = 1'b0;
    for (int unsigned i = 0; i < Levels - 1; i++) begin
      if ({29'd0, depth_q} == i && (ppn & ~({PpnBits{1'b1}} << (IndexBits * (Levels - 1 - i)))) != '0) begin
        misaligned = 1'b1;
      end
    end
    if (is_fetch_q) allowed = executable;
    else if (lsu_is_store_i) allowed = writable && dirty;
    else allowed = readable || (mxr_i && executable);
    allowed = allowed && accessed;
  end

  logic found, beyond;
  assign beyond = (address_q >> PhysicalBits) != '0;

  always_comb begin
    state_d = state_q;
    va_d = va_q;
    asid_d = asid_q;
    is_fetch_d = is_fetch_q;
    depth_d = depth_q;
    address_d = address_q;
    is_global_d = is_global_q;
    shared_tlb_miss_o = 1'b0;
    found = 1'b0;
    case (state_q)
      Idle: begin
        if (shared_tlb_access_i && !shared_tlb_hit_i && (enable_translation_i || en_ld_st_translation_i)) begin
          shared_tlb_miss_o = 1'b1;
          state_d = Asks;
          va_d = shared_tlb_vaddr_i;
          asid_d = asid_i;
          is_fetch_d = itlb_req_i;
          depth_d = 3'd0;
          address_d = entry_address(satp_ppn_i, shared_tlb_vaddr_i, 3'd0);
          is_global_d = 1'b0;
        end
      end
      Asks: begin
        if (beyond) state_d = AccessFault;
        else if (req_port_i.data_gnt) state_d = Waits;
      end
      Waits: begin
        if (entry_valid_q) begin
          if (!valid || reserved) begin
            state_d = PageFault;
          end else if (is_leaf) begin
            found = allowed && !misaligned;
            state_d = found ? Settles : PageFault;
          end else if (depth_q == 3'(Levels - 1)) begin
            state_d = PageFault;
          end else begin
            state_d = Asks;
            depth_d = depth_q + 3'd1;
            address_d = entry_address(ppn, va_q, depth_d);
            is_global_d = is_global_q || entry_q[5];
          end
        end
      end
      Drains: begin
        if (entry_valid_q) state_d = Idle;
      end
      PageFault, AccessFault: state_d = Settles;
      default: state_d = Idle;
    endcase
    if (flush_i) begin
      if (state_q == Asks && !beyond && req_port_i.data_gnt) state_d = Drains;
      else if ((state_q == Waits || state_q == Drains) && !entry_valid_q) state_d = Drains;
      else state_d = Settles;
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q <= Idle;
      va_q <= '0;
      asid_q <= '0;
      is_fetch_q <= 1'b0;
      depth_q <= '0;
      address_q <= '0;
      is_global_q <= 1'b0;
      tag_valid_q <= 1'b0;
      entry_valid_q <= 1'b0;
      entry_q <= '0;
    end else begin
      state_q <= state_d;
      va_q <= va_d;
      asid_q <= asid_d;
      is_fetch_q <= is_fetch_d;
      depth_q <= depth_d;
      address_q <= address_d;
      is_global_q <= is_global_d;
      tag_valid_q <= state_q == Asks && !beyond && req_port_i.data_gnt;
      entry_valid_q <= req_port_i.data_rvalid;
      entry_q <= req_port_i.data_rdata;
    end
  end

  assign ptw_active_o = state_q != Idle;
  assign walking_instr_o = is_fetch_q;
  assign ptw_error_o = state_q == PageFault;
  assign ptw_access_exception_o = state_q == AccessFault;
  assign bad_paddr_o = address_q;
  assign update_vaddr_o = va_q;

  always_comb begin
    shared_tlb_update_o.valid = found;
    for (int unsigned i = 0; i < Levels - 1; i++) shared_tlb_update_o.is_page[i] = {29'd0, depth_q} == i;
    shared_tlb_update_o.vpn = va_q[12+:cva6_shape_pkg::VpnBits];
    shared_tlb_update_o.asid = asid_q;
    shared_tlb_update_o.content = entry_q;
    shared_tlb_update_o.content[5] = entry_q[5] || is_global_q;
  end

  assign req_port_o.address_index = address_q[cva6_shape_pkg::CacheIndexBits-1:0];
  assign req_port_o.address_tag = address_q[PLen-1:cva6_shape_pkg::CacheIndexBits];
  assign req_port_o.data_wdata = '0;
  assign req_port_o.data_req = state_q == Asks && !beyond;
  assign req_port_o.data_we = 1'b0;
  assign req_port_o.data_be = '1;
  assign req_port_o.data_size = 2'(EntryShift);
  assign req_port_o.kill_req = 1'b0;
  assign req_port_o.tag_valid = tag_valid_q;

endmodule
