// What remembers, each by itself with one pin for each field: the order of use, a walk cache, a TLB.

module array_pins #(
    parameter int unsigned Entries = 8,
    parameter int unsigned Ways = 2,
    parameter int unsigned Level = 1,
    parameter logic [23:0] PageShifts = {6'd0, 6'd30, 6'd21, 6'd12}
) (
    input logic clk_i,
    input logic rst_ni,

    // lru
    input logic touch_i,
    input logic [7:0] touch_set_i,
    input logic [7:0] touch_way_i,
    input logic fill_i,
    input logic [7:0] fill_set_i,
    input logic [7:0] fill_way_i,
    output logic [7:0] oldest_o,

    // The lookups of the walk cache and of the TLB.
    input logic lookup_i,
    input logic [63:0] lookup_va_i,
    input tablewalk_pkg::mode_e lookup_mode_i,
    input logic [15:0] lookup_asid_i,
    input tablewalk_pkg::access_e lookup_access_i,
    input logic lookup_user_i,
    input tablewalk_pkg::controls_t controls_i,

    // What both are to remember.
    input logic remember_i,
    input logic [63:0] remember_va_i,
    input tablewalk_pkg::mode_e remember_mode_i,
    input logic [15:0] remember_asid_i,
    input logic [55:0] remember_page_i,
    input logic [5:0] remember_page_shift_i,
    input logic [2:0] remember_level_i,
    input logic [8:0] remember_rights_i,
    input logic remember_global_i,
    input logic remember_dirty_i,

    input logic invalidate_i,
    input logic inv_all_i,
    input logic inv_asid_valid_i,
    input logic [15:0] inv_asid_i,
    input logic inv_vaddr_valid_i,
    input logic [63:0] inv_vaddr_i,
    input logic inv_global_i,
    input tablewalk_pkg::pointers_e inv_pointers_i,

    output logic cache_hit_o,
    output logic [55:0] cache_table_o,
    output logic [8:0] cache_rights_o,
    output logic cache_global_o,

    output logic tlb_hit_o,
    output logic [55:0] tlb_page_o,
    output logic [5:0] tlb_page_shift_o,
    output logic [2:0] tlb_level_o,
    output logic [8:0] tlb_rights_o,
    output logic tlb_global_o,
    output logic tlb_dirty_o
);

  localparam int unsigned Sets = Entries / Ways;
  localparam int unsigned SetWidth = Sets > 1 ? $clog2(Sets) : 1;
  localparam int unsigned WayWidth = Ways > 1 ? $clog2(Ways) : 1;

  logic [WayWidth-1:0] oldest;
  assign oldest_o = 8'(oldest);

  lru #(
      .Sets(Sets),
      .Ways(Ways)
  ) u_lru (
      .clk_i(clk_i),
      .rst_ni(rst_ni),
      .touch_i(touch_i),
      .touch_set_i(SetWidth'(touch_set_i)),
      .touch_way_i(WayWidth'(touch_way_i)),
      .fill_i(fill_i),
      .fill_set_i(SetWidth'(fill_set_i)),
      .fill_way_i(WayWidth'(fill_way_i)),
      .oldest_o(oldest)
  );

  tablewalk_pkg::request_t request;
  tablewalk_pkg::invalidation_t invalidation;
  tablewalk_pkg::walk_start_t start, found_start;
  tablewalk_pkg::translation_t translation, found;
  always_comb begin
    request = '0;
    request.va = lookup_va_i;
    request.mode = lookup_mode_i;
    request.asid = lookup_asid_i;
    request.access = lookup_access_i;
    request.user = lookup_user_i;
    request.controls = controls_i;
    invalidation.everything = inv_all_i;
    invalidation.asid_valid = inv_asid_valid_i;
    invalidation.asid = inv_asid_i;
    invalidation.vaddr_valid = inv_vaddr_valid_i;
    invalidation.vaddr = inv_vaddr_i;
    invalidation.is_global = inv_global_i;
    invalidation.pointers = inv_pointers_i;
    start.table_address = remember_page_i;
    start.rights = remember_rights_i;
    start.is_global = remember_global_i;
    translation.page = remember_page_i;
    translation.page_shift = remember_page_shift_i;
    translation.level = remember_level_i;
    translation.rights = remember_rights_i;
    translation.is_global = remember_global_i;
    translation.dirty = remember_dirty_i;
  end

  walk_cache #(
      .Level(Level),
      .Entries(Entries),
      .Ways(Ways)
  ) u_walk_cache (
      .clk_i(clk_i),
      .rst_ni(rst_ni),
      .lookup_i(lookup_i),
      .lookup_va_i(lookup_va_i),
      .lookup_mode_i(lookup_mode_i),
      .lookup_asid_i(lookup_asid_i),
      .hit_o(cache_hit_o),
      .start_o(found_start),
      .remember_i(remember_i),
      .remember_va_i(remember_va_i),
      .remember_mode_i(remember_mode_i),
      .remember_asid_i(remember_asid_i),
      .remember_start_i(start),
      .invalidate_i(invalidate_i),
      .invalidation_i(invalidation)
  );

  tlb #(
      .Entries(Entries),
      .Ways(Ways),
      .PageShifts(PageShifts)
  ) u_tlb (
      .clk_i(clk_i),
      .rst_ni(rst_ni),
      .lookup_i(lookup_i),
      .lookup_request_i(request),
      .hit_o(tlb_hit_o),
      .translation_o(found),
      .fill_i(remember_i),
      .fill_mode_i(remember_mode_i),
      .fill_va_i(remember_va_i),
      .fill_asid_i(remember_asid_i),
      .fill_translation_i(translation),
      .invalidate_i(invalidate_i),
      .invalidation_i(invalidation)
  );

  assign cache_table_o = found_start.table_address;
  assign cache_rights_o = found_start.rights;
  assign cache_global_o = found_start.is_global;
  assign tlb_page_o = found.page;
  assign tlb_page_shift_o = found.page_shift;
  assign tlb_level_o = found.level;
  assign tlb_rights_o = found.rights;
  assign tlb_global_o = found.is_global;
  assign tlb_dirty_o = found.dirty;

endmodule
