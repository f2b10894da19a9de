// The requests that joined a walk, and those that were sent back: what each of them asked, and the lists in which they
// wait. Ids are linked: one list for each slot, of those that joined its walk, and the replay queue, of those to be
// served again.
//
// Within a cycle: a walk answers, a request is taken, an invalidation hands on those that wait.

module request_list #(
    parameter int unsigned Slots = 2,
    parameter int unsigned IdWidth = 4,
    localparam int unsigned SlotWidth = Slots > 1 ? $clog2(Slots) : 1
) (
    input logic clk_i,
    input logic rst_ni,

    // The walk in a slot answers: its own request, or the first that joined it.
    input logic answer_i,
    input logic [SlotWidth-1:0] answer_slot_i,
    input logic answer_own_i,
    output logic answer_last_o,  // nobody is left after that
    output logic [IdWidth-1:0] joined_id_o,
    output tablewalk_pkg::request_t joined_request_o,
    input logic sends_back_i,  // the answer does not serve it

    // The next request to be taken: one of the replay queue, else the one at the port.
    input logic [IdWidth-1:0] req_id_i,
    input tablewalk_pkg::request_t req_i,
    output logic replay_o,
    output logic [IdWidth-1:0] next_id_o,
    output tablewalk_pkg::request_t next_request_o,
    input logic takes_i,
    input logic joins_i,  // the walk in join_slot_i
    input logic [SlotWidth-1:0] join_slot_i,
    input logic begins_i,  // a walk in begin_slot_i
    input logic [SlotWidth-1:0] begin_slot_i,

    input logic [Slots-1:0] hands_on_i,  // those that wait in the slot, to the replay queue
    output logic [Slots-1:0] waiting_o  // somebody joined the slot's walk
);

  localparam int unsigned Ids = 1 << IdWidth;

  logic [$bits(req_i)-1:0] asked_q[Ids];
  logic [IdWidth-1:0] next_q[Ids];
  logic [Slots-1:0] waiting_q, waiting_d;
  logic [IdWidth-1:0] first_q[Slots], first_d[Slots], last_q[Slots], last_d[Slots];
  logic replay_q, replay_d;  // somebody is to be served again
  logic [IdWidth-1:0] replay_first_q, replay_first_d, replay_last_q, replay_last_d;

  assign waiting_o = waiting_q;
  assign replay_o = replay_q;

  // What nobody wants in a cycle is zero in it: it neither switches nor is simulated.
  always_comb begin
    joined_id_o = first_q[answer_slot_i];
    joined_request_o = '0;
    if (answer_i && !answer_own_i) joined_request_o = asked_q[joined_id_o];
    answer_last_o = !waiting_q[answer_slot_i] ||
                (!answer_own_i && first_q[answer_slot_i] == last_q[answer_slot_i]);
  end

  always_comb begin
    next_id_o = replay_q ? replay_first_q : req_id_i;
    next_request_o = req_i;
    if (replay_q) next_request_o = asked_q[replay_first_q];
  end

  // A link says which id follows which in its list.
  logic [Slots+1:0] links;
  logic [IdWidth-1:0] link_from[Slots+2], link_to[Slots+2];

  always_comb begin
    waiting_d = waiting_q;
    for (int unsigned s = 0; s < Slots; s++) begin
      first_d[s] = first_q[s];
      last_d[s] = last_q[s];
    end
    replay_d = replay_q;
    replay_first_d = replay_first_q;
    replay_last_d = replay_last_q;
    links = '0;
    for (int unsigned i = 0; i < Slots + 2; i++) begin
      link_from[i] = '0;
      link_to[i] = '0;
    end

    if (answer_i) begin
      if (answer_last_o) waiting_d[answer_slot_i] = 1'b0;
      else if (!answer_own_i) first_d[answer_slot_i] = next_q[joined_id_o];
    end
    if (takes_i && replay_q) begin
      if (replay_first_q == replay_last_q) replay_d = 1'b0;
      else replay_first_d = next_q[replay_first_q];
    end
    if (sends_back_i) begin
      links[0] = replay_d;
      link_from[0] = replay_last_d;
      link_to[0] = joined_id_o;
      if (!replay_d) replay_first_d = joined_id_o;
      replay_last_d = joined_id_o;
      replay_d = 1'b1;
    end
    if (joins_i) begin
      links[1] = waiting_d[join_slot_i];
      link_from[1] = last_d[join_slot_i];
      link_to[1] = next_id_o;
      if (!waiting_d[join_slot_i]) first_d[join_slot_i] = next_id_o;
      last_d[join_slot_i] = next_id_o;
      waiting_d[join_slot_i] = 1'b1;
    end
    if (begins_i) waiting_d[begin_slot_i] = 1'b0;

    for (int unsigned s = 0; s < Slots; s++) begin
      if (hands_on_i[s]) begin
        links[s+2] = replay_d;
        link_from[s+2] = replay_last_d;
        link_to[s+2] = first_d[s];
        if (!replay_d) replay_first_d = first_d[s];
        replay_last_d = last_d[s];
        replay_d = 1'b1;
        waiting_d[s] = 1'b0;
      end
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      waiting_q <= '0;
      replay_q <= 1'b0;
      replay_first_q <= '0;
      replay_last_q <= '0;
      for (int unsigned s = 0; s < Slots; s++) begin
        first_q[s] <= '0;
        last_q[s] <= '0;
      end
    end else begin
      waiting_q <= waiting_d;
      replay_q <= replay_d;
      replay_first_q <= replay_first_d;
      replay_last_q <= replay_last_d;
      for (int unsigned s = 0; s < Slots; s++) begin
        first_q[s] <= first_d[s];
        last_q[s] <= last_d[s];
      end
    end
  end

  // Read only where they were written before: no reset.
  always_ff @(posedge clk_i) begin
    if (takes_i && !replay_q) asked_q[req_id_i] <= req_i;
    for (int unsigned i = 0; i < Slots + 2; i++) begin
      if (links[i]) next_q[link_from[i]] <= link_to[i];
    end
  end

endmodule
