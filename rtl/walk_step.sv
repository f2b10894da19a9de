// What follows from a memory answer: the next step of one walk. Combinational; all outputs are zero while there is no
// answer. The checks come in the order in which the architectures make them: present, reserved and malformed encodings,
// rights of the whole path, accessed and dirty bits, the range of physical addresses.

module walk_step #(
    parameter logic [47:0] RadixIndexBits = {24'd0, {4{6'd9}}},
    parameter int unsigned RadixLevels = 4,
    parameter int unsigned RadixOffsetBits = 12,
    parameter int unsigned RadixEntryBytes = 8
) (
    input logic valid_i,  // there is an answer
    input tablewalk_pkg::request_t request_i,
    input tablewalk_pkg::walk_t walk_i,
    input logic [63:0] data_i,  // the entry; after a compare-and-swap what memory held
    input logic error_i,
    input logic retry_i,
    output tablewalk_pkg::walk_t walk_o,
    output logic wants_memory_o,  // else it wants to answer
    output logic followed_o  // a pointer, to the table in walk_o
);

  localparam logic [5:0] RadixPhysicalBits = tablewalk_pkg::radix_physical_bits(
      RadixIndexBits, 3'(RadixLevels - 1), RadixOffsetBits[5:0], RadixEntryBytes == 8 ? 6'd3 : 6'd2
  );

  logic [63:0] data, desired, entry;
  tablewalk_pkg::entry_t decoded;
  tablewalk_pkg::rights_t effective;
  tablewalk_pkg::fault_e forbidden;
  logic [5:0] physical_bits;
  logic [55:0] next_entry, reached;

  always_comb begin
    data = '0;
    desired = '0;
    entry = '0;
    if (valid_i) begin
      data = data_i;
      if (tablewalk_pkg::is_narrow(request_i.mode, RadixEntryBytes == 4)) data[63:32] = 32'd0;
      desired = tablewalk_pkg::mark_used(request_i.mode, walk_i.entry, walk_i.set_dirty);
      entry = walk_i.update && data == walk_i.entry ? desired : data;
    end
  end

  entry_decoder #(
      .RadixIndexBits(RadixIndexBits),
      .RadixOffsetBits(RadixOffsetBits),
      .RadixEntryBytes(RadixEntryBytes)
  ) u_decoder (
      .mode_i(request_i.mode),
      .level_i(walk_i.level),
      .entry_i(entry),
      .controls_i(request_i.controls),
      .decoded_o(decoded)
  );

  always_comb begin
    effective = '0;
    if (valid_i) effective = tablewalk_pkg::combine(request_i.mode, walk_i.rights, decoded.rights);
  end

  access_check u_check (
      .mode_i(request_i.mode),
      .controls_i(request_i.controls),
      .rights_i(effective),
      .access_i(request_i.access),
      .user_i(request_i.user),
      .fault_o(forbidden)
  );

  // The next entry is as far as its table, unless that is large.
  localparam logic LargeTables = tablewalk_pkg::radix_large_tables(
      RadixIndexBits, 4'(RadixLevels - 1), RadixOffsetBits[5:0], RadixEntryBytes == 8 ? 6'd3 : 6'd2
  );
  if (LargeTables) begin : gen_next_entry
    logic [1:0] next_size;
    entry_address #(
        .RadixIndexBits(RadixIndexBits),
        .RadixOffsetBits(RadixOffsetBits),
        .RadixEntryBytes(RadixEntryBytes)
    ) u_next (
        .mode_i(request_i.mode),
        .level_i(walk_i.level - 3'd1),
        .table_i(decoded.target),
        .va_i(request_i.va),
        .address_o(next_entry),
        .size_o(next_size)
    );
  end else begin : gen_next_table
    assign next_entry = decoded.target;
  end

  logic is_leaf, needs_dirty, out_of_range, marks_entries;

  always_comb begin
    physical_bits = '0;
    reached = '0;
    is_leaf = 1'b0;
    needs_dirty = 1'b0;
    marks_entries = 1'b0;
    out_of_range = 1'b0;
    if (valid_i) begin
      is_leaf = decoded.kind == tablewalk_pkg::KindLeaf;
      needs_dirty = is_leaf && request_i.access == tablewalk_pkg::AccessStore && !decoded.dirty;
      marks_entries = !tablewalk_pkg::is_riscv(request_i.mode) || request_i.controls.svadu;
      // The address that counts is the next entry's, or that of the access.
      physical_bits = tablewalk_pkg::physical_bits(request_i.mode, RadixPhysicalBits, request_i.controls.maxphyaddr,
                                                   request_i.controls.physical_bits);
      reached = next_entry;
      if (is_leaf) begin
        reached = decoded.target | (request_i.va[55:0] & ~(56'hFF_FFFF_FFFF_FFFF << decoded.page_shift));
      end
      out_of_range = (reached >> physical_bits) != 56'd0;
    end
  end

  always_comb begin
    walk_o = '0;
    wants_memory_o = 1'b0;
    followed_o = 1'b0;
    if (valid_i) begin
      walk_o = walk_i;
      if (retry_i) begin
        wants_memory_o = 1'b1;
      end else begin
        walk_o.update = 1'b0;
        walk_o.fault = tablewalk_pkg::FaultNone;
        if (!error_i) walk_o.entry = entry;
        if (error_i) begin
          walk_o.fault = tablewalk_pkg::FaultReadFailed;
        end else if (decoded.kind == tablewalk_pkg::KindAbsent) begin
          walk_o.fault = tablewalk_pkg::FaultNotPresent;
        end else if (decoded.kind == tablewalk_pkg::KindMalformed) begin
          walk_o.fault = decoded.fault;
        end else if (is_leaf && forbidden != tablewalk_pkg::FaultNone) begin
          walk_o.fault = forbidden;
        end else if (needs_dirty || !decoded.accessed) begin
          wants_memory_o = marks_entries;
          walk_o.update = marks_entries;
          walk_o.set_dirty = needs_dirty;
          if (!marks_entries) begin
            walk_o.fault = decoded.accessed ? tablewalk_pkg::FaultNotDirty : tablewalk_pkg::FaultNotAccessed;
          end
        end else if (is_leaf) begin
          if (out_of_range) begin
            walk_o.fault = tablewalk_pkg::FaultOutOfRange;
          end else begin
            walk_o.base = decoded.target;
            // A page that is larger than physical memory begins at 0: what lies in it is translated.
            walk_o.page_shift = decoded.page_shift > physical_bits ? physical_bits : decoded.page_shift;
            walk_o.rights = effective;
            walk_o.is_global = walk_i.is_global || decoded.is_global;
            walk_o.dirty = decoded.dirty;
          end
        end else begin
          followed_o = 1'b1;
          walk_o.level = walk_i.level - 3'd1;
          walk_o.base = decoded.target;
          walk_o.rights = effective;
          walk_o.is_global = walk_i.is_global || decoded.is_global;
          wants_memory_o = !out_of_range;
          if (out_of_range) walk_o.fault = tablewalk_pkg::FaultOutOfRange;
        end
      end
    end
  end

endmodule
