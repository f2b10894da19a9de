// What an entry of a RISC-V mode says (privileged manual, sections Sv32 to Sv57, chapters Svnapot and Svpbmt).

module riscv_entry_decoder (
    input tablewalk_pkg::mode_e mode_i,
    input logic [2:0] level_i,
    input logic [63:0] entry_i,
    input tablewalk_pkg::controls_t controls_i,
    output tablewalk_pkg::entry_t decoded_o
);

  logic is_wide, is_leaf, is_napot, encoding_reserved, pointer_reserved, leaf_reserved, misaligned;
  logic [5:0] page_shift;
  logic [55:0] target;

  always_comb begin
    is_wide = '0;
    is_leaf = '0;
    is_napot = '0;
    encoding_reserved = '0;
    pointer_reserved = '0;
    leaf_reserved = '0;
    misaligned = '0;
    page_shift = '0;
    target = '0;
    if (tablewalk_pkg::is_riscv(mode_i)) begin
      is_wide = mode_i != tablewalk_pkg::ModeSv32;
      is_leaf = entry_i[1] || entry_i[3];
      is_napot = is_wide && is_leaf && entry_i[63];

      encoding_reserved = entry_i[2:1] == 2'b10;  // writable and not readable
      if (is_wide) begin
        if (entry_i[60:54] != 7'd0) encoding_reserved = 1'b1;
        if (!controls_i.svpbmt && entry_i[62:61] != 2'd0) encoding_reserved = 1'b1;
        if (!controls_i.svnapot && entry_i[63]) encoding_reserved = 1'b1;
      end
      pointer_reserved = entry_i[7] || entry_i[6] || entry_i[4] || (is_wide && entry_i[63:61] != 3'd0);
      leaf_reserved = (is_wide && entry_i[62:61] == 2'd3) ||
                      (is_napot && (level_i != 3'd0 || entry_i[13:10] != 4'b1000));

      page_shift = is_napot ? 6'd16 : tablewalk_pkg::index_shift(mode_i, level_i, 54'd0);
      target = is_wide ? {entry_i[53:10], 12'd0} : {22'd0, entry_i[31:10], 12'd0};
      if (is_napot) target[15:12] = 4'd0;
      misaligned = (target & ~(56'hFF_FFFF_FFFF_FFFF << page_shift)) != 56'd0;
    end
  end

  always_comb begin
    decoded_o = '0;
    if (tablewalk_pkg::is_riscv(mode_i)) begin
      decoded_o.fault = tablewalk_pkg::FaultNone;
      decoded_o.page_shift = page_shift;
      decoded_o.target = target;
      decoded_o.is_global = entry_i[5];
      if (!entry_i[0]) begin
        decoded_o.kind = tablewalk_pkg::KindAbsent;
      end else if (encoding_reserved || (is_leaf ? leaf_reserved : pointer_reserved)) begin
        decoded_o.kind = tablewalk_pkg::KindMalformed;
        decoded_o.fault = tablewalk_pkg::FaultReserved;
      end else if (!is_leaf && level_i == 3'd0) begin
        decoded_o.kind = tablewalk_pkg::KindMalformed;
        decoded_o.fault = tablewalk_pkg::FaultPointerAtLeaf;
      end else if (is_leaf && misaligned) begin
        decoded_o.kind = tablewalk_pkg::KindMalformed;
        decoded_o.fault = tablewalk_pkg::FaultMisaligned;
      end else if (is_leaf) begin
        decoded_o.kind = tablewalk_pkg::KindLeaf;
        decoded_o.rights.read = entry_i[1];
        decoded_o.rights.write = entry_i[2];
        decoded_o.rights.execute = entry_i[3];
        decoded_o.rights.user = entry_i[4];
        decoded_o.rights.privileged_execute = entry_i[3] && !entry_i[4];
        decoded_o.accessed = entry_i[6];
        decoded_o.dirty = entry_i[7];
      end else begin
        // A pointer has no rights of its own and nothing to set.
        decoded_o.kind = tablewalk_pkg::KindPointer;
        decoded_o.rights = tablewalk_pkg::AllRights;
        decoded_o.accessed = 1'b1;
      end
    end
  end

endmodule
