// One side of the MMU, with one pin for each field.

module port_pins #(
    parameter int unsigned Entries = 4,
    parameter int unsigned Ways = 2
) (
    input logic clk_i,
    input logic rst_ni,

    input logic req_valid_i,
    output logic req_ready_o,
    input logic [63:0] req_va_i,
    input tablewalk_pkg::mode_e req_mode_i,
    input logic [55:0] req_root_i,
    input logic [15:0] req_asid_i,
    input tablewalk_pkg::access_e req_access_i,
    input logic req_priv_i,
    input tablewalk_pkg::controls_t req_controls_i,

    output logic rsp_valid_o,
    input logic rsp_ready_i,
    output logic [3:0] rsp_fault_o,
    output logic [55:0] rsp_address_o,
    output logic [55:0] rsp_page_o,
    output logic rsp_hit_o,

    output logic walk_valid_o,
    input logic walk_ready_i,
    output logic [63:0] walk_va_o,
    output logic [3:0] walk_mode_o,
    output logic [55:0] walk_root_o,
    output logic [15:0] walk_asid_o,
    output logic [1:0] walk_access_o,
    output logic walk_priv_o,
    output logic [57:0] walk_controls_o,
    input logic walked_i,
    input logic walked_overtaken_i,
    input tablewalk_pkg::fault_e walked_fault_i,
    input logic [55:0] walked_page_i,
    input logic [5:0] walked_page_shift_i,
    input logic [2:0] walked_level_i,
    input logic [8:0] walked_rights_i,
    input logic walked_global_i,
    input logic walked_dirty_i,

    input logic invalidate_i,
    input logic inv_all_i,
    input logic inv_asid_valid_i,
    input logic [15:0] inv_asid_i,
    input logic inv_vaddr_valid_i,
    input logic [63:0] inv_vaddr_i,
    input logic inv_global_i,
    input tablewalk_pkg::pointers_e inv_pointers_i
);

  tablewalk_pkg::request_t request, walk;
  tablewalk_pkg::invalidation_t invalidation;
  tablewalk_pkg::translation_t walked, answered;
  tablewalk_pkg::fault_e fault;
  always_comb begin
    request.va = {req_va_i[63:12], 12'd0};
    request.mode = req_mode_i;
    request.root = req_root_i;
    request.asid = req_asid_i;
    request.access = req_access_i;
    request.user = req_priv_i;
    request.controls = req_controls_i;
    invalidation.everything = inv_all_i;
    invalidation.asid_valid = inv_asid_valid_i;
    invalidation.asid = inv_asid_i;
    invalidation.vaddr_valid = inv_vaddr_valid_i;
    invalidation.vaddr = inv_vaddr_i;
    invalidation.is_global = inv_global_i;
    invalidation.pointers = inv_pointers_i;
    walked.page = walked_page_i;
    walked.page_shift = walked_page_shift_i;
    walked.level = walked_level_i;
    walked.rights = walked_rights_i;
    walked.is_global = walked_global_i;
    walked.dirty = walked_dirty_i;
  end

  mmu_port #(
      .Entries(Entries),
      .Ways(Ways)
  ) u_port (
      .clk_i(clk_i),
      .rst_ni(rst_ni),
      .req_valid_i(req_valid_i),
      .req_ready_o(req_ready_o),
      .req_i(request),
      .req_offset_i(req_va_i[11:0]),
      .rsp_valid_o(rsp_valid_o),
      .rsp_ready_i(rsp_ready_i),
      .rsp_fault_o(fault),
      .rsp_address_o(rsp_address_o),
      .rsp_translation_o(answered),
      .rsp_hit_o(rsp_hit_o),
      .walk_valid_o(walk_valid_o),
      .walk_ready_i(walk_ready_i),
      .walk_request_o(walk),
      .walked_i(walked_i),
      .walked_overtaken_i(walked_overtaken_i),
      .walked_fault_i(walked_fault_i),
      .walked_translation_i(walked),
      .invalidate_i(invalidate_i),
      .invalidation_i(invalidation)
  );

  assign rsp_fault_o = fault;
  assign rsp_page_o = answered.page;
  assign walk_va_o = walk.va;
  assign walk_mode_o = walk.mode;
  assign walk_root_o = walk.root;
  assign walk_asid_o = walk.asid;
  assign walk_access_o = walk.access;
  assign walk_priv_o = walk.user;
  assign walk_controls_o = walk.controls;

endmodule
