// One step of a walk, without a clock: entry_decoder, access_check, walk_step, walk_begin and entry_address, for any
// request, walk, entry and control registers, in every mode; the radix format is `RadixIndexBits` over pages of 2^12.

module decode_formal #(
    parameter logic [47:0] RadixIndexBits = {36'd0, {2{6'd9}}},
    parameter int unsigned RadixLevels = 2,
    parameter int unsigned RadixEntryBytes = 8
) (
    input logic [3:0] mode_i,
    input logic [2:0] level_i,
    input logic [55:0] table_i,
    input logic [63:0] va_i,
    input logic [63:0] entry_i,
    input logic [63:0] data_i,
    input logic error_i,
    input logic retry_i,
    input logic [1:0] access_i,
    input logic user_i,
    input logic [57:0] controls_i,
    input logic [8:0] rights_i,
    input logic is_global_i,
    input logic update_i,
    input logic set_dirty_i
);

  localparam logic [53:0] Shape = tablewalk_pkg::radix_shape(RadixIndexBits, 6'd12);
  localparam logic [3:0] EntryShift = RadixEntryBytes == 8 ? 4'd3 : 4'd2;
  localparam logic [5:0] RadixPhysicalBits =
      tablewalk_pkg::radix_physical_bits(RadixIndexBits, 3'(RadixLevels - 1), 6'd12, {2'd0, EntryShift});

  tablewalk_pkg::controls_t controls;
  tablewalk_pkg::request_t request;
  tablewalk_pkg::walk_t walk, next;
  tablewalk_pkg::entry_t decoded;
  tablewalk_pkg::rights_t rights;
  logic [3:0] forbidden;
  logic wants_memory, followed;
  logic [2:0] root_level;
  logic [55:0] address;
  logic [1:0] size;
  logic [63:0] page_mask;
  logic [5:0] range;

  always_comb begin
    controls = controls_i;
    rights = rights_i;
    request = '0;
    request.va = va_i;
    request.mode = mode_i;
    request.access = access_i;
    request.user = user_i;
    request.controls = controls_i;
    walk = '0;
    walk.level = level_i;
    walk.base = table_i;
    walk.rights = rights_i;
    walk.is_global = is_global_i;
    walk.entry = entry_i;
    walk.update = update_i;
    walk.set_dirty = set_dirty_i;
    root_level = tablewalk_pkg::root_level(mode_i, 3'(RadixLevels - 1));
    page_mask = ~(64'hFFFF_FFFF_FFFF_FFFF << decoded.page_shift);
    range = tablewalk_pkg::physical_bits(mode_i, RadixPhysicalBits, controls.maxphyaddr, controls.physical_bits);
  end

  entry_decoder #(
      .RadixIndexBits(RadixIndexBits),
      .RadixOffsetBits(12),
      .RadixEntryBytes(RadixEntryBytes)
  ) u_decoder (
      .mode_i(mode_i),
      .level_i(level_i),
      .entry_i(entry_i),
      .controls_i(controls_i),
      .decoded_o(decoded)
  );

  access_check u_check (
      .mode_i(mode_i),
      .controls_i(controls_i),
      .rights_i(rights_i),
      .access_i(access_i),
      .user_i(user_i),
      .fault_o(forbidden)
  );

  entry_address #(
      .RadixIndexBits(RadixIndexBits),
      .RadixOffsetBits(12),
      .RadixEntryBytes(RadixEntryBytes)
  ) u_address (
      .mode_i(mode_i),
      .level_i(level_i),
      .table_i(table_i),
      .va_i(va_i),
      .address_o(address),
      .size_o(size)
  );

  walk_step #(
      .RadixIndexBits(RadixIndexBits),
      .RadixLevels(RadixLevels),
      .RadixOffsetBits(12),
      .RadixEntryBytes(RadixEntryBytes)
  ) u_step (
      .valid_i(1'b1),
      .request_i(request),
      .walk_i(walk),
      .data_i(data_i),
      .error_i(error_i),
      .retry_i(retry_i),
      .walk_o(next),
      .wants_memory_o(wants_memory),
      .followed_o(followed)
  );

  // What the walker asks of these modules: modes and accesses that exist, levels that the mode has, control registers
  // within their ranges.
  always_comb begin
    ModeExists : assume (mode_i <= 4'd8);
    AccessExists : assume (access_i <= 2'd2);
    LevelExists : assume (level_i <= root_level);
    PhysicalBitsExist :
    assume (controls.maxphyaddr >= 6'd32 && controls.maxphyaddr <= 6'd52 && controls.physical_bits >= 6'd16 &&
            controls.physical_bits <= 6'd56);
  end

  // What an entry says.
  logic is_riscv, is_radix, is_malformed;
  always_comb begin
    is_riscv = mode_i >= 4'd5;
    is_radix = mode_i == 4'd0;
    is_malformed = decoded.kind == tablewalk_pkg::KindMalformed;
    // An entry is absent if and only if its lowest bit is clear.
    AbsentIsNotPresent : assert ((decoded.kind == tablewalk_pkg::KindAbsent) == !entry_i[0]);
    // A fault comes with a malformed entry, never with a leaf or a pointer.
    FaultIsMalformed : assert ((decoded.fault != tablewalk_pkg::FaultNone) == is_malformed);
    // At the last level there is no pointer.
    LastLevelHasNoPointer : assert (decoded.kind != tablewalk_pkg::KindPointer || level_i != 3'd0);
    // Of PAE's four pointers a walk looks at the present bit and at the address: the rest was looked at before.
    if (mode_i == tablewalk_pkg::ModeX86Pae && level_i == 3'd2 && entry_i[0]) begin
      PaePointerIsFollowed :
      assert (decoded.kind == tablewalk_pkg::KindPointer && (decoded.target >> controls.maxphyaddr) == 56'd0);
    end
    // A leaf's page is aligned to its size.
    if (decoded.kind == tablewalk_pkg::KindLeaf) LeafIsAligned : assert (({8'd0, decoded.target} & page_mask) == 64'd0);
    Leaf : cover (decoded.kind == tablewalk_pkg::KindLeaf && level_i == 3'd1 && mode_i == 4'd6);
    Pointer : cover (decoded.kind == tablewalk_pkg::KindPointer && level_i == 3'd4);
  end

  // Why an access is forbidden.
  always_comb begin
    if (forbidden == tablewalk_pkg::FaultNone) begin
      // A store needs a writable page, but for the supervisor of an x86 mode without CR0.WP.
      if (access_i == 2'd2) begin
        StoreNeedsWrite : assert (rights.write || (!is_riscv && !is_radix && !user_i && !controls.wp));
      end
      // A fetch needs an executable page.
      if (access_i == 2'd0) FetchNeedsExecute : assert (rights.execute);
      // At user privilege only user pages are touched.
      if (user_i) UserNeedsUserPage : assert (rights.user);
    end else begin
      // Rights forbid as a matter of permission or of a protection key.
      ForbiddenByRights :
      assert (forbidden == tablewalk_pkg::FaultPermission || forbidden == tablewalk_pkg::FaultProtectionKey);
    end
  end

  // Where an entry stands: within its table, a whole entry, aligned if the table is.
  logic [55:0] offset, table_bytes;
  logic [5:0] index_bits;
  always_comb begin
    index_bits = is_radix ? RadixIndexBits[level_i*6+:6] : (mode_i == 4'd1 || mode_i == 4'd5) ? 6'd10 : 6'd9;
    offset = address - table_i;
    table_bytes = 56'd1 << (index_bits + {4'd0, size});
    EntryIsInTable : assert (offset < table_bytes && (offset & ((56'd1 << size) - 56'd1)) == 56'd0);
  end

  // Where a step leads: to the next entry, or to the byte of the leaf's page, as the entry in hand says.
  tablewalk_pkg::entry_t in_hand;
  logic [55:0] next_address, accessed;
  logic [1:0] next_size;

  entry_decoder #(
      .RadixIndexBits(RadixIndexBits),
      .RadixOffsetBits(12),
      .RadixEntryBytes(RadixEntryBytes)
  ) u_in_hand (
      .mode_i(mode_i),
      .level_i(level_i),
      .entry_i(next.entry),
      .controls_i(controls_i),
      .decoded_o(in_hand)
  );

  entry_address #(
      .RadixIndexBits(RadixIndexBits),
      .RadixOffsetBits(12),
      .RadixEntryBytes(RadixEntryBytes)
  ) u_next_address (
      .mode_i(mode_i),
      .level_i(next.level),
      .table_i(next.base),
      .va_i(va_i),
      .address_o(next_address),
      .size_o(next_size)
  );

  always_comb accessed = in_hand.target | (va_i[55:0] & ~(56'hFF_FFFF_FFFF_FFFF << in_hand.page_shift));

  // One step of a walk.
  logic [63:0] changed, desired;
  always_comb begin
    // A step never raises the level, and lowers it by one only with a pointer that it follows.
    LevelFalls : assert (next.level == (followed ? level_i - 3'd1 : level_i) && !(followed && level_i == 3'd0));
    // Only an entry that was read without an error and is present is followed or translates.
    if (followed) FollowsAPointer : assert (!error_i && !retry_i && data_i[0]);
    // A walk that wants memory has not faulted.
    if (wants_memory) WantingIsNoFault : assert (next.fault == tablewalk_pkg::FaultNone);
    // An entry that is read lies within physical addresses.
    if (wants_memory && followed) TableIsInRange : assert ((next_address >> range) == 56'd0);
    if (!wants_memory && next.fault == tablewalk_pkg::FaultNone) begin
      // A translation comes of an entry that was read without an error and is present; all that it covers, the byte
      // accessed with it, is within physical addresses.
      TranslationIsPresent : assert (!error_i && !retry_i && data_i[0] && next.entry[0] && !followed);
      PageIsInRange : assert (((next.base | ~(56'hFF_FFFF_FFFF_FFFF << next.page_shift)) >> range) == 56'd0);
      // A store finds the leaf dirty.
      if (access_i == 2'd2) StoreFindsDirty : assert (next.dirty);
    end
    // A fault leaves no frame: the walk stays at its table, or at the one that is out of range.
    if (next.fault != tablewalk_pkg::FaultNone && !followed) FaultKeepsTheTable : assert (next.base == table_i);
    // What is out of range is the entry that would be read next, or the byte that is accessed.
    if (next.fault == tablewalk_pkg::FaultOutOfRange && !error_i && !retry_i) begin
      OutOfRangeIsBeyond : assert (((followed ? next_address : accessed) >> range) != 56'd0);
    end
    // Memory's error is the walk's fault.
    if (error_i && !retry_i) ErrorIsAFault : assert (next.fault == tablewalk_pkg::FaultReadFailed && !wants_memory);
    // When nothing was done, nothing changes.
    if (retry_i) RetryChangesNothing : assert (next == walk && wants_memory);
    // What is written back differs in the accessed and dirty bits alone.
    desired = tablewalk_pkg::mark_used(mode_i, entry_i, set_dirty_i);
    changed = desired ^ entry_i;
    UpdateTouchesOnlyAccessedAndDirty :
    assert ((changed & ~(is_radix ? 64'h30 : is_riscv ? 64'hC0 : 64'h60)) == 64'd0 && (desired & entry_i) == entry_i);
    Follows : cover (followed && wants_memory && mode_i == 4'd8 && level_i == 3'd4);
    Translates : cover (!wants_memory && next.fault == tablewalk_pkg::FaultNone && access_i == 2'd2 && mode_i == 4'd4);
    Updates : cover (wants_memory && next.update && !update_i && mode_i == 4'd6);
  end

endmodule
