// Why the rights of a path forbid an access; FaultNone if they allow it. Combinational.

module access_check (
    input tablewalk_pkg::mode_e mode_i,
    input tablewalk_pkg::controls_t controls_i,
    input tablewalk_pkg::rights_t rights_i,
    input tablewalk_pkg::access_e access_i,
    input logic user_i,  // the access is made at user privilege
    output tablewalk_pkg::fault_e fault_o
);

  logic fetch, store, allowed;
  logic keys_enabled, key_forbids;
  logic [1:0] key_disables;

  always_comb begin
    fetch = access_i == tablewalk_pkg::AccessFetch;
    store = access_i == tablewalk_pkg::AccessStore;

    // SDM volume 3, 4.6.1: PKRU holds two bits for each key, access disable and write disable.
    keys_enabled = controls_i.pke &&
                   (mode_i == tablewalk_pkg::ModeX86_64 || mode_i == tablewalk_pkg::ModeX86La57);
    key_disables = controls_i.pkru[{rights_i.key, 1'b0}+:2];
    key_forbids = keys_enabled && !fetch && rights_i.user &&
                  (key_disables[0] || (store && key_disables[1] && (user_i || controls_i.wp)));

    if (mode_i == tablewalk_pkg::ModeRadix) begin
      allowed = rights_i.user || !user_i;
      if (store) allowed = allowed && rights_i.write;
      if (fetch) allowed = allowed && rights_i.execute;
    end else if (tablewalk_pkg::is_riscv(mode_i)) begin
      if (store) allowed = rights_i.write;
      else if (fetch) allowed = rights_i.execute;
      else allowed = rights_i.read || (controls_i.mxr && rights_i.execute);
      if (user_i) allowed = allowed && rights_i.user;
      else allowed = allowed && (!rights_i.user || (controls_i.sum && !fetch));
    end else begin
      if (user_i) allowed = rights_i.user;
      else if (!rights_i.user) allowed = 1'b1;
      else if (fetch) allowed = !controls_i.smep;
      else allowed = !controls_i.smap || controls_i.ac;
      if (fetch) allowed = allowed && rights_i.execute;
      if (store) allowed = allowed && (rights_i.write || (!user_i && !controls_i.wp));
    end

    if (key_forbids) fault_o = tablewalk_pkg::FaultProtectionKey;
    else if (!allowed) fault_o = tablewalk_pkg::FaultPermission;
    else fault_o = tablewalk_pkg::FaultNone;
  end

endmodule
