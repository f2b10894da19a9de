  // prove.py puts this before the end of rtl/request_list.sv, and connects `all_listed` with walker_inside.svh: who is
  // in which list, now and (`next`) as it will be in the next cycle. Bits id + Ids * list: lists 0 to Slots-1 are of
  // those that wait in a slot, the last one is of those to be served again.
  logic [IdWidth-1:0] next_d[Ids];
  always_comb begin
    for (int unsigned i = 0; i < Ids; i++) next_d[i] = next_q[i];
    for (int unsigned i = 0; i < Slots + 2; i++) if (links[i]) next_d[link_from[i]] = link_to[i];
  end
  localparam int unsigned Places = Ids * (Slots + 1);
  logic [2*Places-1:0] all_listed;
  for (genvar next = 0; next < 2; next++) begin : gen_lists
    logic [Places-1:0] found;
    logic walks;
    logic [IdWidth-1:0] id, last;
    always_comb begin
      found = '0;
      walks = 1'b0;
      id = '0;
      last = '0;
      for (int unsigned l = 0; l <= Slots; l++) begin
        if (l < Slots) begin
          walks = next == 0 ? waiting_q[l] : waiting_d[l];
          id = next == 0 ? first_q[l] : first_d[l];
          last = next == 0 ? last_q[l] : last_d[l];
        end else begin
          walks = next == 0 ? replay_q : replay_d;
          id = next == 0 ? replay_first_q : replay_first_d;
          last = next == 0 ? replay_last_q : replay_last_d;
        end
        for (int unsigned i = 0; i < Ids; i++) begin
          if (walks) begin
            found[32'(id)+l*Ids] = 1'b1;
            if (id == last) walks = 1'b0;
            id = next == 0 ? next_q[id] : next_d[id];
          end
        end
      end
    end
    assign all_listed[next*Places+:Places] = found;
  end
