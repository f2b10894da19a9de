"""What is proven, in which configurations, and the broken copies that each property must notice."""


class Proof:
    """A top module, its sources and parameters. `inside` names texts that are put before a source's last endmodule,
    `seen` says which wires of the flattened design are others of it, because Yosys has no names of one module in another
    either."""

    def __init__(self, about, top, files, inside=None, parameters=None, clocked=True, seen=None):
        self.clocked = clocked
        self.about = about
        self.top = top
        self.files = files
        self.inside = inside or {}
        self.seen = seen or {}
        self.parameters = parameters or {}


class Edit:
    """A broken copy: the text stands once in the file and is replaced; `proof` says where the property must fail."""

    def __init__(self, proof, name, file, text, replacement):
        self.proof = proof
        self.name = name
        self.file = f"rtl/{file}.sv"
        self.text = text
        self.replacement = replacement


def rtl(*modules):
    return [f"rtl/{module}.sv" for module in modules]


STEP = rtl("tablewalk_pkg", "access_check", "entry_address", "entry_decoder", "radix_entry_decoder",
           "riscv_entry_decoder", "x86_entry_decoder", "walk_begin", "walk_step")
WALKER = [*STEP, *rtl("lru", "walk_cache", "walk_lookup", "age_arbiter", "walk_order", "walk_states",
                      "invalidation_check", "walk_store", "access_tags", "memory_port", "response_port", "request_list",
                      "walker_events", "walker"), "tb/formal/walker_formal.sv"]
INSIDE = {f"rtl/{module}.sv": f"tb/formal/{module}_inside.svh"
          for module in ("walker", "request_list", "walk_states", "access_tags", "walk_store")}
SEEN = {f"u_walker.{wire}": f"u_walker.{instance}.{wire}"
        for instance, wire in (("u_requests", "all_listed"), ("u_states", "all_states"), ("u_states", "all_own"),
                               ("u_tags", "all_under_way"), ("u_store", "all_ids"), ("u_store", "all_walks"))}


def walker(about, parameters=None):
    return Proof(about, "walker_formal", WALKER, INSIDE, parameters, seen=SEEN)


PROOFS = {
    "decode": Proof("one step of a walk, every mode", "decode_formal", [*STEP, "tb/formal/decode_formal.sv"], clocked=False),
    "decode_large": Proof("the same with a radix format whose tables are larger than a page", "decode_formal",
                          [*STEP, "tb/formal/decode_formal.sv"], parameters={"RadixIndexBits": "48'h114"}, clocked=False),
    "lru": Proof("order of use, 2 sets of 4 ways", "lru_formal", [*rtl("lru"), "tb/formal/lru_formal.sv"],
                 {"rtl/lru.sv": "tb/formal/lru_inside.svh"}),
    "walk_cache": Proof("walk cache, 2 sets of 2 ways", "walk_cache_formal",
                        [*rtl("tablewalk_pkg", "lru", "walk_cache"), "tb/formal/walk_cache_formal.sv"]),
    "walker1": walker("walker, 1 slot, 2 ids, no walk cache", {"Slots": "1"}),
    "walker1_cached": walker("walker, 1 slot, 2 ids, a walk cache of 1 pointer",
                             {"Slots": "1", "WalkCacheEntries": "64'h0100"}),
    "walker2": walker("walker, 2 slots, 2 ids, no walk cache"),
    "walker2_cached": walker("walker, 2 slots, 2 ids, a walk cache of 1 pointer", {"WalkCacheEntries": "64'h0100"}),
}

# In every test run: what takes seconds.
SHORT = ["decode", "lru", "walk_cache", "walker1", "walker1_cached"]

BROKEN = [
    Edit("decode", "AbsentIsNotPresent", "x86_entry_decoder", "if (!entry_i[0]) begin", "if (entry_i[1:0] == 2'd0) begin"),
    Edit("decode", "FaultIsMalformed", "radix_entry_decoder", "end else if (is_leaf && misaligned) begin\n"
         "      decoded_o.kind = tablewalk_pkg::KindMalformed;", "end else if (is_leaf && misaligned) begin"),
    Edit("decode", "LastLevelHasNoPointer", "riscv_entry_decoder", "end else if (!is_leaf && level_i == 3'd0) begin",
         "end else if (!is_leaf && level_i == 3'd7) begin"),
    Edit("decode", "LeafIsAligned", "riscv_entry_decoder", "end else if (is_leaf && misaligned) begin",
         "end else if (is_leaf && misaligned && level_i != 3'd3) begin"),
    Edit("decode", "StoreNeedsWrite", "access_check", "if (store) allowed = rights_i.write;",
         "if (store) allowed = rights_i.read;"),
    Edit("decode", "FetchNeedsExecute", "access_check", "if (fetch) allowed = allowed && rights_i.execute;\n      if (store)",
         "if (store)"),
    Edit("decode", "UserNeedsUserPage", "access_check", "if (user_i) allowed = rights_i.user;", "if (user_i) allowed = 1'b1;"),
    Edit("decode", "ForbiddenByRights", "access_check", "fault_o = tablewalk_pkg::FaultPermission;",
         "fault_o = tablewalk_pkg::FaultReserved;"),
    Edit("decode", "EntryIsInTable", "entry_address", "index_bits = 7'd10;", "index_bits = 7'd11;"),
    Edit("decode", "LevelFalls", "walk_step", "walk_o.level = walk_i.level - 3'd1;", "walk_o.level = walk_i.level - 3'd2;"),
    Edit("decode", "FollowsAPointer", "walk_step", "if (error_i) begin\n        walk_o.fault", "if (error_i && !decoded.accessed) begin\n"
         "        walk_o.fault"),
    Edit("decode", "WantingIsNoFault", "walk_step", "wants_memory_o = marks_entries;", "wants_memory_o = 1'b1;"),
    Edit("decode", "TableIsInRange", "walk_step", "wants_memory_o = !out_of_range;\n        if (out_of_range)",
         "wants_memory_o = 1'b1;\n        if (1'b0)"),
    Edit("decode", "TranslationIsPresent", "riscv_entry_decoder", "if (!entry_i[0]) begin",
         "if (!entry_i[0] && level_i != 3'd1) begin"),
    Edit("decode", "PageIsInRange", "walk_step", "if (out_of_range) begin", "if (out_of_range && walk_i.level == 3'd0) begin"),
    Edit("decode", "OutOfRangeIsBeyond", "walk_step", "reached = decoded.target |", "reached = 56'd1 << 55 |"),
    Edit("decode", "PaePointerIsFollowed", "x86_entry_decoder", "if (is_pdpte) begin\n          // The processor looked",
         "if (1'b0) begin\n          // The processor looked"),
    Edit("decode", "StoreFindsDirty", "walk_step", "needs_dirty = is_leaf && request_i.access == tablewalk_pkg::AccessStore",
         "needs_dirty = is_leaf && walk_i.level == 3'd0 && request_i.access == tablewalk_pkg::AccessStore"),
    Edit("decode", "FaultKeepsTheTable", "walk_step", "walk_o.fault = tablewalk_pkg::FaultNotPresent;",
         "walk_o.fault = tablewalk_pkg::FaultNotPresent;\n        walk_o.base = decoded.target;"),
    Edit("decode", "ErrorIsAFault", "walk_step", "walk_o.fault = tablewalk_pkg::FaultReadFailed;",
         "walk_o.fault = tablewalk_pkg::FaultNotPresent;"),
    Edit("decode", "RetryChangesNothing", "walk_step", "if (retry_i) begin",
         "if (retry_i) begin\n      walk_o.update = 1'b0;"),
    Edit("decode", "UpdateTouchesOnlyAccessedAndDirty", "tablewalk_pkg", "mark_used[7] = entry[7] | set_dirty;",
         "mark_used[7] = set_dirty;"),
    Edit("decode_large", "TableIsInRange", "walk_step", ".level_i(walk_i.level - 3'd1),", ".level_i(walk_i.level),"),
    Edit("lru", "AgesArePermutation", "lru", "used[32'(way)*WayWidth+:WayWidth] = '0;", "used[32'(way)*WayWidth+:WayWidth] = age;"),
    Edit("lru", "OldestIsNotNewer", "lru", "touch_i && touch_set_i == fill_set_i ? touched : ages_q[fill_set_i]",
         "ages_q[fill_set_i]"),
    Edit("walk_cache", "HitWasRemembered", "walk_cache", "valid_q[place(remember_set, 32'(remember_way))] <= !forget_remembered;",
         "valid_q[place(remember_set, 32'(remember_way))] <= 1'b1;"),
    Edit("walk_cache", "HitIsTheLatest", "walk_cache",
         "if (valid_q[place(remember_set, way)] && prefix_q[place(remember_set, way)] == remember_prefix &&",
         "if (1'b0 && prefix_q[place(remember_set, way)] == remember_prefix &&"),
    Edit("walk_cache", "RememberedHits", "walk_cache", "valid_q[place(remember_set, 32'(remember_way))] <= 1'b1;",
         "valid_q[place(remember_set, 32'(remember_way))] <= !lookup_i;"),
    Edit("walk_cache", "HitWasRemembered", "walk_cache",
         "invalidation_i.pointers == tablewalk_pkg::PointersEvery || !invalidation_i.vaddr_valid",
         "!invalidation_i.vaddr_valid"),
    Edit("walk_cache", "KeptHits", "walk_cache", "invalidation_i.pointers != tablewalk_pkg::PointersNone", "1'b1"),
    Edit("walk_cache", "KeptHits", "walk_cache", "(!is_global || invalidation_i.is_global)", "1'b1"),
    Edit("walk_cache", "HitNeedsALookup", "walk_cache", "if (lookup_i) begin\n      for", "if (1'b1) begin\n      for"),
    Edit("walker2", "AnswerHasRequest", "walk_states", "own_d[answer_slot_i] = 1'b0;",
         "own_d[answer_slot_i] = !answer_last_i;"),
    Edit("walker1", "AnswerIsStable", "response_port", "assign free_o = !valid_o || ready_i;", "assign free_o = 1'b1;"),
    Edit("walker1", "MemoryRequestIsStable", "memory_port", "assign free_o = !valid_o || ready_i;", "assign free_o = 1'b1;"),
    Edit("walker1", "MemoryTagIsFree", "access_tags", "if (!under_way_now[give_slot_i][Generations-1-g]) give_generation",
         "if (Generations - 1 - g == 0) give_generation"),
    Edit("walker1", "AccessIsAligned", "entry_address", "(index[55:0] << size_o)", "(index[55:0] << 1)"),
    Edit("walker1", "TableExists", "entry_address", "address_o = table_i + (", "address_o = table_i - ("),
    Edit("walker1", "TableIsReachable", "walk_step", "walk_o.base = decoded.target;\n        walk_o.rights = effective;\n"
         "        walk_o.is_global = walk_i.is_global || decoded.is_global;\n        wants_memory_o",
         "walk_o.base = decoded.target ^ 56'd8;\n        walk_o.rights = effective;\n"
         "        walk_o.is_global = walk_i.is_global || decoded.is_global;\n        wants_memory_o"),
    Edit("walker1", "TranslationIsOfALeaf", "radix_entry_decoder", "if (is_leaf && misaligned)",
         "if (is_leaf && misaligned && level_i == 3'd0)"),
    Edit("walker2", "TranslationAllowsTheAccess", "response_port", "(joined_i.access != tablewalk_pkg::AccessStore || walk_i.dirty)",
         "1'b1"),
    Edit("walker1", "FaultYieldsNoFrame", "walk_step", "if (error_i) begin\n        walk_o.fault",
         "if (error_i && !request_i.user) begin\n        walk_o.fault"),
    Edit("walker1", "ReadsFitLevels", "walk_step", "walk_o.level = walk_i.level - 3'd1;",
         "walk_o.level = request_i.user ? walk_i.level : walk_i.level - 3'd1;"),
    Edit("walker1", "RootIsReadFirst", "walk_begin", "start.base = request_i.root;", "start.base = request_i.root ^ 56'd16;"),
    Edit("walker1", "LevelExists", "walk_step", "walk_o.level = walk_i.level - 3'd1;", "walk_o.level = walk_i.level + 3'd1;"),
    Edit("walker1", "PointerIsNotStale", "invalidation_check",
         "same_space = !invalidation_i.asid_valid || request_i.asid == invalidation_i.asid;",
         "same_space = !invalidation_i.asid_valid;"),
    Edit("walker1", "LeafIsNotStale", "walk_states", "state_next[s] == tablewalk_pkg::SlotWaitsForMemory || state_next[s]", "state_next[s]"),
    Edit("walker2", "RequestIsInOnePlace", "request_list", "if (!replay_d) replay_first_d = first_d[s];", ""),
    Edit("walker1", "RankNeverGrows", "walk_states", "answer_free_i) state_next[s] = tablewalk_pkg::SlotIdle;",
         "answer_free_i) state_next[s] = tablewalk_pkg::SlotLooksUp;"),
    Edit("walker2", "RankFalls", "walker", "takes = has_idle && (replay || req_valid_i);", "takes = has_idle && req_valid_i;"),
    Edit("walker1", "RankIsZeroWhenIdle", "walker", "idle_o = slots_idle && no_access && !replay",
         "idle_o = slots_idle && !replay"),
    Edit("walker1_cached", "PointerIsNotStale", "walk_lookup", ".invalidate_i(invalidate_i),",
         ".invalidate_i(invalidate_i && invalidation_i.everything),"),
]
