// One array of a TLB: sets of `Ways`, pages of several sizes, the least recently used translation leaves.
//
// A lookup is combinational: it hits if there is a translation of the page, of the address space or global, that allows
// the access without a walk (a store wants the dirty bit set). What is filled in a cycle is found from the next one on.
// An invalidation comes last: it takes also what is filled in its cycle. Translations do not say by which mode they
// were found: whoever changes the mode invalidates everything.

module tlb #(
    parameter int unsigned Entries = 64,
    parameter int unsigned Ways = 4,
    // log2 of the page sizes that it holds, the smallest lowest; 0: no further size. A page of another size is held in
    // parts of the largest size below it.
    parameter logic [23:0] PageShifts = {6'd0, 6'd30, 6'd21, 6'd12},
    parameter logic [53:0] RadixShape = tablewalk_pkg::radix_shape({24'd0, {4{6'd9}}}, 6'd12)
) (
    input logic clk_i,
    input logic rst_ni,

    input logic lookup_i,
    input tablewalk_pkg::request_t lookup_request_i,
    output logic hit_o,
    output tablewalk_pkg::translation_t translation_o,

    input logic fill_i,
    input tablewalk_pkg::mode_e fill_mode_i,
    input logic [63:0] fill_va_i,
    input logic [15:0] fill_asid_i,
    input tablewalk_pkg::translation_t fill_translation_i,

    input logic invalidate_i,
    input tablewalk_pkg::invalidation_t invalidation_i
);

  localparam int unsigned Sets = Entries / Ways;
  localparam int unsigned SetWidth = Sets > 1 ? $clog2(Sets) : 1;
  localparam int unsigned WayWidth = Ways > 1 ? $clog2(Ways) : 1;
  localparam int unsigned EntryWidth = Entries > 1 ? $clog2(Entries) : 1;

  // Where a way of a set stands in the arrays, and the set of a page number.
  function automatic logic [EntryWidth-1:0] place(input logic [SetWidth-1:0] set, input int unsigned way);
    place = EntryWidth'(32'(set) * Ways + way);
  endfunction
  function automatic logic [SetWidth-1:0] set_of(input logic [63:0] number);
    set_of = Sets > 1 ? number[SetWidth-1:0] : '0;
  endfunction

  logic [Entries-1:0] valid_q;
  logic [63:0] number_q[Entries];  // virtual address >> shift
  logic [5:0] shift_q[Entries];
  logic [5:0] whole_shift_q[Entries];  // of the page that it is, or is a part of
  logic [15:0] asid_q[Entries];
  logic [$bits(translation_o)-1:0] translation_q[Entries];
  logic [Entries-1:0] global_q;

  // The lookup: every page size at once; the smallest that is there.
  logic found;
  logic [SetWidth-1:0] found_set;
  logic [WayWidth-1:0] found_way;
  logic [63:0] lookup_number;
  logic [5:0] lookup_shift;
  tablewalk_pkg::fault_e forbidden;

  always_comb begin
    found = 1'b0;
    found_set = '0;
    found_way = '0;
    lookup_number = '0;
    lookup_shift = '0;
    for (int unsigned size = 0; size < 4; size++) begin
      lookup_shift = PageShifts[size*6+:6];
      lookup_number = lookup_request_i.va >> lookup_shift;
      for (int unsigned way = 0; way < Ways; way++) begin
        if (lookup_i && !found && lookup_shift != 6'd0 && valid_q[place(set_of(lookup_number), way)] &&
            shift_q[place(set_of(lookup_number), way)] == lookup_shift &&
            number_q[place(set_of(lookup_number), way)] == lookup_number &&
            (global_q[place(set_of(lookup_number), way)] ||
             asid_q[place(set_of(lookup_number), way)] == lookup_request_i.asid)) begin
          found = 1'b1;
          found_set = set_of(lookup_number);
          found_way = WayWidth'(way);
        end
      end
    end
  end
  assign translation_o = translation_q[place(found_set, 32'(found_way))];
  assign hit_o = found && forbidden == tablewalk_pkg::FaultNone &&
                 (lookup_request_i.access != tablewalk_pkg::AccessStore || translation_o.dirty);

  access_check u_check (
      .mode_i(lookup_request_i.mode),
      .controls_i(lookup_request_i.controls),
      .rights_i(translation_o.rights),
      .access_i(lookup_request_i.access),
      .user_i(lookup_request_i.user),
      .fault_o(forbidden)
  );

  // The fill: the largest part that the array can hold. It renews what the address space has of the page already; else
  // it goes into the first invalid way, else into the oldest.
  logic fills;
  logic [5:0] fill_shift, fill_whole_shift, fill_level_shift;
  logic [63:0] fill_number;
  logic [SetWidth-1:0] fill_set;
  logic [WayWidth-1:0] fill_way, oldest_way;
  tablewalk_pkg::translation_t fill_part;
  logic [55:0] part_mask;

  always_comb begin
    fill_shift = 6'd0;
    for (int unsigned size = 0; size < 4; size++) begin
      if (PageShifts[size*6+:6] != 6'd0 && PageShifts[size*6+:6] <= fill_translation_i.page_shift) begin
        fill_shift = PageShifts[size*6+:6];
      end
    end
    fills = fill_i && fill_shift != 6'd0;
    // What comes in may be a part already; its level says of what.
    fill_level_shift = tablewalk_pkg::index_shift(fill_mode_i, fill_translation_i.level, RadixShape);
    fill_whole_shift = fill_level_shift;
    if (fill_translation_i.page_shift > fill_level_shift) fill_whole_shift = fill_translation_i.page_shift;
    part_mask = 56'hFF_FFFF_FFFF_FFFF << fill_shift;
    fill_part = fill_translation_i;
    fill_part.page_shift = fill_shift;
    fill_part.page = (fill_translation_i.page |
                      (fill_va_i[55:0] & ~(56'hFF_FFFF_FFFF_FFFF << fill_translation_i.page_shift))) & part_mask;
    fill_number = fill_va_i >> fill_shift;
    fill_set = set_of(fill_number);
  end

  always_comb begin
    fill_way = oldest_way;
    for (int unsigned i = 0; i < Ways; i++) begin
      if (!valid_q[place(fill_set, Ways - 1 - i)]) fill_way = WayWidth'(Ways - 1 - i);
    end
    for (int unsigned i = 0; i < Ways; i++) begin
      if (valid_q[place(fill_set, Ways - 1 - i)] && shift_q[place(fill_set, Ways - 1 - i)] == fill_shift &&
          number_q[place(fill_set, Ways - 1 - i)] == fill_number &&
          (global_q[place(fill_set, Ways - 1 - i)] || asid_q[place(fill_set, Ways - 1 - i)] == fill_asid_i)) begin
        fill_way = WayWidth'(Ways - 1 - i);
      end
    end
  end

  lru #(
      .Sets(Sets),
      .Ways(Ways)
  ) u_lru (
      .clk_i(clk_i),
      .rst_ni(rst_ni),
      .touch_i(hit_o),
      .touch_set_i(found_set),
      .touch_way_i(found_way),
      .fill_i(fills),
      .fill_set_i(fill_set),
      .fill_way_i(fill_way),
      .oldest_o(oldest_way)
  );

  // What an invalidation takes out. A page that is held in parts goes with all of them.
  function automatic logic covers(input logic same_space, input logic is_global, input logic same_page);
    covers = invalidation_i.everything ||
        ((!invalidation_i.vaddr_valid || same_page) &&
         (is_global ? invalidation_i.is_global : !invalidation_i.asid_valid || same_space));
  endfunction

  logic [Entries-1:0] forgotten;
  logic forget_filled;

  always_comb begin
    forgotten = '0;
    forget_filled = 1'b0;
    if (invalidate_i) begin
      for (int unsigned entry = 0; entry < Entries; entry++) begin
        forgotten[entry] = covers(asid_q[entry] == invalidation_i.asid, global_q[entry],
                                  ((number_q[entry] << shift_q[entry]) ^ invalidation_i.vaddr) >>
                                  whole_shift_q[entry] == 64'd0);
      end
      forget_filled = covers(fill_asid_i == invalidation_i.asid, fill_translation_i.is_global,
                             (fill_va_i ^ invalidation_i.vaddr) >> fill_whole_shift == 64'd0);
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      valid_q <= '0;
      global_q <= '0;
      for (int unsigned entry = 0; entry < Entries; entry++) begin
        number_q[entry] <= '0;
        shift_q[entry] <= '0;
        whole_shift_q[entry] <= '0;
        asid_q[entry] <= '0;
        translation_q[entry] <= '0;
      end
    end else begin
      if (fills) begin
        valid_q[place(fill_set, 32'(fill_way))] <= 1'b1;
        global_q[place(fill_set, 32'(fill_way))] <= fill_translation_i.is_global;
        number_q[place(fill_set, 32'(fill_way))] <= fill_number;
        shift_q[place(fill_set, 32'(fill_way))] <= fill_shift;
        whole_shift_q[place(fill_set, 32'(fill_way))] <= fill_whole_shift;
        asid_q[place(fill_set, 32'(fill_way))] <= fill_asid_i;
        translation_q[place(fill_set, 32'(fill_way))] <= fill_part;
      end
      if (invalidate_i) begin
        for (int unsigned entry = 0; entry < Entries; entry++) begin
          if (forgotten[entry]) valid_q[entry] <= 1'b0;
        end
        if (fills) valid_q[place(fill_set, 32'(fill_way))] <= !forget_filled;
      end
    end
  end

endmodule
