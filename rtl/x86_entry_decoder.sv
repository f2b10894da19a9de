// What an entry of an x86 mode says (Intel SDM volume 3, 4.3 to 4.5).

module x86_entry_decoder (
    input tablewalk_pkg::mode_e mode_i,
    input logic [2:0] level_i,
    input logic [63:0] entry_i,
    input tablewalk_pkg::controls_t controls_i,
    output tablewalk_pkg::entry_t decoded_o
);

  logic is_short, is_pae, is_pdpte, has_no_execute, is_leaf, large_allowed;
  logic [63:0] address_mask, from_maxphyaddr, reserved;
  logic [63:0] below_frame;

  always_comb begin
    is_short = '0;
    is_pae = '0;
    is_pdpte = '0;
    has_no_execute = '0;
    is_leaf = '0;
    large_allowed = '0;
    address_mask = '0;
    from_maxphyaddr = '0;
    reserved = '0;
    below_frame = '0;
    if (tablewalk_pkg::is_x86(mode_i)) begin
      is_short = mode_i == tablewalk_pkg::ModeX86_32;
      is_pae = mode_i == tablewalk_pkg::ModeX86Pae;
      is_pdpte = is_pae && level_i == 3'd2;
      has_no_execute = !is_short && controls_i.nxe;
      address_mask = 64'h000F_FFFF_FFFF_F000;
      from_maxphyaddr = ~tablewalk_pkg::low_bits({1'b0, controls_i.maxphyaddr});

      if (is_short) large_allowed = controls_i.pse;
      else if (is_pae) large_allowed = level_i == 3'd1;
      else large_allowed = level_i < 3'd2 || (level_i == 3'd2 && controls_i.page1gb);
      is_leaf = level_i == 3'd0 || (large_allowed && entry_i[7]);
      below_frame = tablewalk_pkg::low_bits(7'd12 + 7'd9 * {4'd0, level_i}) & address_mask;

      // Reserved bits of present entries.
      reserved = 64'd0;
      if (is_short) begin
        // Of a 4 MiB leaf: bit 21, and the bits of PSE-36 that MAXPHYADDR has no use for.
        if (is_leaf && level_i != 3'd0) begin
          reserved[21] = 1'b1;
          for (int unsigned i = 0; i < 8; i++) reserved[13+i] = controls_i.maxphyaddr <= 6'd32 + 6'(i);
        end
      end else begin
        reserved = from_maxphyaddr & (is_pae ? 64'h7FFF_FFFF_FFFF_FFFF : 64'h000F_FFFF_FFFF_FFFF);
        reserved[63] = !controls_i.nxe;
        if (is_pdpte) begin
          // The processor looked at them when CR3 was loaded; a walk does not.
          reserved = 64'd0;
        end else if (is_leaf && level_i != 3'd0) begin
          reserved = reserved | (below_frame & ~64'h1000);  // bit 12 is the PAT
        end else if (level_i != 3'd0 && !large_allowed) begin
          reserved[7] = 1'b1;
        end
      end
    end
  end

  always_comb begin
    decoded_o = '0;
    if (tablewalk_pkg::is_x86(mode_i)) begin
      decoded_o.fault = tablewalk_pkg::FaultNone;
      decoded_o.page_shift = tablewalk_pkg::index_shift(mode_i, level_i, 54'd0);
      decoded_o.rights.read = 1'b1;
      if (!entry_i[0]) begin
        decoded_o.kind = tablewalk_pkg::KindAbsent;
      end else if ((entry_i & reserved) != 64'd0) begin
        decoded_o.kind = tablewalk_pkg::KindMalformed;
        decoded_o.fault = tablewalk_pkg::FaultReserved;
      end else begin
        decoded_o.kind = is_leaf && !is_pdpte ? tablewalk_pkg::KindLeaf : tablewalk_pkg::KindPointer;
        if (is_short) begin
          decoded_o.target = {24'd0, entry_i[31:12], 12'd0};
          if (is_leaf && level_i != 3'd0) decoded_o.target = {16'd0, entry_i[20:13], entry_i[31:22], 22'd0};
        end else begin
          decoded_o.target = entry_i[55:0] & address_mask[55:0];
          if (is_leaf && level_i != 3'd0) decoded_o.target = entry_i[55:0] & address_mask[55:0] & ~below_frame[55:0];
        end
        if (is_pdpte) begin
          // The four pointers of PAE have no rights and nothing to set; of their addresses, MAXPHYADDR bits count.
          decoded_o.target = entry_i[55:0] & address_mask[55:0] & ~from_maxphyaddr[55:0];
          decoded_o.rights = tablewalk_pkg::AllRights;
          decoded_o.accessed = 1'b1;
        end else begin
          decoded_o.rights.write = entry_i[1];
          decoded_o.rights.user = entry_i[2];
          decoded_o.rights.execute = !has_no_execute || !entry_i[63];
          decoded_o.rights.privileged_execute = decoded_o.rights.execute;
          if (is_leaf && !is_short && !is_pae && controls_i.pke) decoded_o.rights.key = entry_i[62:59];
          decoded_o.accessed = entry_i[5];
          decoded_o.dirty = is_leaf && entry_i[6];
          decoded_o.is_global = is_leaf && controls_i.pge && entry_i[8];
        end
      end
    end
  end

endmodule
