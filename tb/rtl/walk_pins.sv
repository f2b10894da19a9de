// What a walk is made of, with one pin for each field: where it begins, what follows from a memory answer, where the
// entry stands, what rights forbid.

module walk_pins #(
    parameter logic [47:0] RadixIndexBits = {24'd0, {4{6'd9}}},
    parameter int unsigned RadixLevels = 4,
    parameter int unsigned RadixOffsetBits = 12,
    parameter int unsigned RadixEntryBytes = 8
) (
    input tablewalk_pkg::mode_e mode_i,
    input tablewalk_pkg::controls_t controls_i,
    input logic [63:0] va_i,
    input logic [55:0] root_i,
    input tablewalk_pkg::access_e access_i,
    input logic user_i,

    // walk_begin
    input logic hit_i,
    input logic [2:0] hit_level_i,
    input logic [55:0] hit_table_i,
    input logic [8:0] hit_rights_i,
    input logic hit_global_i,
    output logic begun_wants_memory_o,
    output logic [2:0] begun_level_o,
    output logic [55:0] begun_base_o,
    output logic [8:0] begun_rights_o,
    output logic begun_global_o,
    output logic begun_update_o,
    output logic [3:0] begun_fault_o,

    // walk_step: the walk before
    input logic [2:0] level_i,
    input logic [55:0] base_i,
    input logic [8:0] rights_i,
    input logic global_i,
    input logic [63:0] entry_i,
    input logic update_i,
    input logic set_dirty_i,
    input logic [63:0] data_i,
    input logic error_i,
    input logic retry_i,
    // and after
    output logic wants_memory_o,
    output logic followed_o,
    output logic [2:0] level_o,
    output logic [55:0] base_o,
    output logic [8:0] rights_o,
    output logic global_o,
    output logic [63:0] entry_o,
    output logic update_o,
    output logic set_dirty_o,
    output logic dirty_o,
    output logic [5:0] page_shift_o,
    output logic [3:0] fault_o,

    // entry_address, of the walk before
    output logic [55:0] address_o,
    output logic [1:0] size_o,

    // access_check
    input logic [8:0] checked_rights_i,
    output logic [3:0] forbidden_o
);

  tablewalk_pkg::request_t request;
  always_comb begin
    request = '0;
    request.va = va_i;
    request.mode = mode_i;
    request.root = root_i;
    request.access = access_i;
    request.user = user_i;
    request.controls = controls_i;
  end

  tablewalk_pkg::walk_start_t start;
  tablewalk_pkg::walk_t earlier, begun, later;
  tablewalk_pkg::fault_e forbidden;
  always_comb begin
    start.table_address = hit_table_i;
    start.rights = hit_rights_i;
    start.is_global = hit_global_i;
    earlier = '0;
    earlier.level = level_i;
    earlier.base = base_i;
    earlier.rights = rights_i;
    earlier.is_global = global_i;
    earlier.entry = entry_i;
    earlier.update = update_i;
    earlier.set_dirty = set_dirty_i;
    earlier.fault = tablewalk_pkg::FaultNone;
  end

  walk_begin #(
      .RadixIndexBits(RadixIndexBits),
      .RadixLevels(RadixLevels),
      .RadixOffsetBits(RadixOffsetBits),
      .RadixEntryBytes(RadixEntryBytes)
  ) u_begin (
      .valid_i(1'b1),
      .request_i(request),
      .hit_i(hit_i),
      .hit_level_i(hit_level_i),
      .hit_start_i(start),
      .walk_o(begun),
      .wants_memory_o(begun_wants_memory_o)
  );

  walk_step #(
      .RadixIndexBits(RadixIndexBits),
      .RadixLevels(RadixLevels),
      .RadixOffsetBits(RadixOffsetBits),
      .RadixEntryBytes(RadixEntryBytes)
  ) u_step (
      .valid_i(1'b1),
      .request_i(request),
      .walk_i(earlier),
      .data_i(data_i),
      .error_i(error_i),
      .retry_i(retry_i),
      .walk_o(later),
      .wants_memory_o(wants_memory_o),
      .followed_o(followed_o)
  );

  entry_address #(
      .RadixIndexBits(RadixIndexBits),
      .RadixOffsetBits(RadixOffsetBits),
      .RadixEntryBytes(RadixEntryBytes)
  ) u_address (
      .mode_i(mode_i),
      .level_i(level_i),
      .table_i(base_i),
      .va_i(va_i),
      .address_o(address_o),
      .size_o(size_o)
  );

  access_check u_check (
      .mode_i(mode_i),
      .controls_i(controls_i),
      .rights_i(checked_rights_i),
      .access_i(access_i),
      .user_i(user_i),
      .fault_o(forbidden)
  );

  assign begun_level_o = begun.level;
  assign begun_base_o = begun.base;
  assign begun_rights_o = begun.rights;
  assign begun_global_o = begun.is_global;
  assign begun_update_o = begun.update;
  assign begun_fault_o = begun.fault;
  assign level_o = later.level;
  assign base_o = later.base;
  assign rights_o = later.rights;
  assign global_o = later.is_global;
  assign entry_o = later.entry;
  assign update_o = later.update;
  assign set_dirty_o = later.set_dirty;
  assign dirty_o = later.dirty;
  assign page_shift_o = later.page_shift;
  assign fault_o = later.fault;
  assign forbidden_o = forbidden;

endmodule
