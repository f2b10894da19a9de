// What every module of the walker shares: codes, the shape of the page-table modes, packed structures.
//
// Packed structures are ports. A C++ bench sees them as one number: the first field named is the highest bits. The bit
// position of every field of controls_t is given beside it.

package tablewalk_pkg;

  // Page-table organisations. Generic radix has its shape from parameters; the others are fixed.
  typedef enum logic [3:0] {
    ModeRadix = 4'd0,
    ModeX86_32 = 4'd1,
    ModeX86Pae = 4'd2,
    ModeX86_64 = 4'd3,
    ModeX86La57 = 4'd4,
    ModeSv32 = 4'd5,
    ModeSv39 = 4'd6,
    ModeSv48 = 4'd7,
    ModeSv57 = 4'd8
  } mode_e;

  typedef enum logic [1:0] {
    AccessFetch = 2'd0,
    AccessLoad = 2'd1,
    AccessStore = 2'd2
  } access_e;

  // Why a walk ended without a translation. 0 to 10 are classes that other walkers know too; the rest tell apart what
  // the architectures tell apart.
  typedef enum logic [3:0] {
    FaultNone = 4'd0,
    FaultReserved = 4'd1,  // a reserved bit or a reserved encoding
    FaultPointerAtLeaf = 4'd2,  // a pointer at the last level
    FaultMisaligned = 4'd3,  // a large page whose frame is not aligned to its size
    FaultPermission = 4'd4,
    FaultNotAccessed = 4'd5,  // A is clear and software sets it
    FaultNotDirty = 4'd6,  // D is clear, the access is a store, and software sets it
    FaultReadFailed = 4'd7,  // memory answered with an error
    FaultOutOfRange = 4'd8,  // the next entry, or the byte accessed, is beyond physical addresses
    FaultKilled = 4'd9,  // by an invalidation
    FaultSecondStage = 4'd10,  // reserved for a second stage of translation
    FaultNotPresent = 4'd11,  // an entry is not present
    FaultNonCanonical = 4'd12,  // the mode does not translate the address
    FaultProtectionKey = 4'd13,
    FaultPage = 4'd14  // a page fault of a walker that does not say why (rtl/adapters)
  } fault_e;

  typedef enum logic [1:0] {
    KindAbsent = 2'd0,
    KindPointer = 2'd1,
    KindLeaf = 2'd2,
    KindMalformed = 2'd3
  } kind_e;

  typedef enum logic {
    OpRead = 1'b0,
    OpCompareAndSwap = 1'b1
  } mem_op_e;

  // What a slot of the walker does. A closing one waits until its last answer has been taken.
  typedef enum logic [2:0] {
    SlotIdle = 3'd0,
    SlotLooksUp = 3'd1,
    SlotWantsMemory = 3'd2,
    SlotWaitsForMemory = 3'd3,
    SlotWantsAnswer = 3'd4,
    SlotCloses = 3'd5
  } slot_state_e;

  // Control registers and extensions, by the names of the manuals; a mode looks at its own. 58 bits.
  typedef struct packed {
    logic wp;  // 57  CR0.WP
    logic smep;  // 56  CR4.SMEP
    logic smap;  // 55  CR4.SMAP
    logic ac;  // 54  EFLAGS.AC
    logic nxe;  // 53  IA32_EFER.NXE
    logic pge;  // 52  CR4.PGE
    logic pse;  // 51  CR4.PSE
    logic pke;  // 50  CR4.PKE
    logic page1gb;  // 49  CPUID: 1 GiB pages
    logic [31:0] pkru;  // 48:17
    logic [5:0] maxphyaddr;  // 16:11  MAXPHYADDR, 32 to 52
    logic sum;  // 10  sstatus.SUM
    logic mxr;  // 9  sstatus.MXR
    logic svadu;  // 8  the walker sets A and D; clear: it faults
    logic svnapot;  // 7
    logic svpbmt;  // 6
    logic [5:0] physical_bits;  // 5:0  physical addresses that exist in the RISC-V modes, 16 to 56
  } controls_t;

  // What a mapping allows. 9 bits.
  typedef struct packed {
    logic [3:0] key;  // 8:5  x86 protection key
    logic privileged_execute;  // 4  at supervisor privilege
    logic user;  // 3
    logic execute;  // 2  at user privilege; at any where the format does not tell them apart
    logic write;  // 1
    logic read;  // 0
  } rights_t;

  // A decoded entry. `target` is the next table or the first byte of the page.
  typedef struct packed {
    kind_e kind;
    fault_e fault;  // why it is malformed
    logic [5:0] page_shift;  // of a leaf: log2 of its page in bytes
    logic [55:0] target;
    rights_t rights;
    logic accessed;
    logic dirty;
    logic is_global;
  } entry_t;

  // What is remembered of a page's translation: the walker's answer, the TLB's content.
  typedef struct packed {
    logic [55:0] page;  // first byte
    logic [5:0] page_shift;
    logic [2:0] level;
    rights_t rights;
    logic is_global;
    logic dirty;
  } translation_t;

  // Where a walk starts below the root: what a walk cache remembers.
  typedef struct packed {
    logic [55:0] table_address;
    rights_t rights;  // granted by the levels above
    logic is_global;  // an entry above makes everything below it global
  } walk_start_t;

  // What the root's table starts with: every right.
  localparam logic [8:0] AllRights = 9'h01F;

  // What a walk is asked for.
  typedef struct packed {
    logic [63:0] va;  // offset bits of the smallest page are zero
    mode_e mode;
    logic [55:0] root;
    logic [15:0] asid;
    access_e access;
    logic user;  // made at user privilege
    controls_t controls;
  } request_t;

  // How far a walk has come.
  typedef struct packed {
    logic [2:0] level;  // of the table; of the leaf
    logic [55:0] base;  // the table; when translated, the page
    rights_t rights;  // over the levels above; when translated, the leaf's included
    logic is_global;
    logic [63:0] entry;  // the last one in hand
    logic update;  // its accessed or dirty bit is to be set
    logic set_dirty;
    logic dirty;  // the leaf is
    logic [5:0] page_shift;
    fault_e fault;
  } walk_t;

  // What to forget. With neither an address space nor an address given it is everything.
  // Which pointers an invalidation takes out: of its address space, or of every one.
  typedef enum logic [1:0] {
    PointersNone = 2'd0,
    PointersOnTheWay = 2'd1,  // those of vaddr, if there is one
    PointersEvery = 2'd2
  } pointers_e;

  typedef struct packed {
    logic everything;
    logic asid_valid;
    logic [15:0] asid;
    logic vaddr_valid;
    logic [63:0] vaddr;
    logic is_global;  // global translations too
    pointers_e pointers;
  } invalidation_t;

  // Bits 6l+5:6l of a shape are the index shift of level l, the last level's being the offset bits of a page. One
  // more than there are levels, so that its end can be asked for too.
  function automatic logic [53:0] radix_shape(input logic [47:0] index_bits, input logic [5:0] offset_bits);
    logic [5:0] shift;
    shift = offset_bits;
    for (int unsigned level = 0; level < 9; level++) begin
      radix_shape[level*6+:6] = shift;
      if (level < 8) shift = shift + index_bits[level*6+:6];
    end
  endfunction

  // Bits to shift the number in a pointer by that leads to a table of that many index bits: a table's address is a
  // multiple of its size, or of a page if that is smaller.
  function automatic logic [5:0] radix_pointer_shift(input logic [5:0] index_bits, input logic [5:0] offset_bits,
                                                     input logic [5:0] entry_shift);
    radix_pointer_shift = {1'b0, index_bits} + {1'b0, entry_shift} < {1'b0, offset_bits} ? index_bits + entry_shift
                                                                                       : offset_bits;
  endfunction

  // What the number in a radix entry can express, with the smallest unit that any level counts in, as a power of two.
  function automatic logic [5:0] radix_physical_bits(input logic [47:0] index_bits, input logic [2:0] root,
                                                     input logic [5:0] offset_bits, input logic [5:0] entry_shift);
    logic [5:0] unit_shift;
    logic [6:0] reach;
    unit_shift = offset_bits;
    for (int unsigned level = 0; level < 8; level++) begin
      if (level < {29'd0, root} &&
          radix_pointer_shift(index_bits[level*6+:6], offset_bits, entry_shift) < unit_shift) begin
        unit_shift = radix_pointer_shift(index_bits[level*6+:6], offset_bits, entry_shift);
      end
    end
    reach = (7'd8 << entry_shift) - 7'd8 + {1'b0, unit_shift};
    radix_physical_bits = reach > 7'd52 ? 6'd52 : reach[5:0];
  endfunction

  // Whether one of the last `levels` levels has tables larger than a page. A table is aligned to its size, or to a page
  // if that is smaller: only such a one can begin below the end of physical addresses and end beyond.
  function automatic logic radix_large_tables(input logic [47:0] index_bits, input logic [3:0] levels,
                                              input logic [5:0] offset_bits, input logic [5:0] entry_shift);
    radix_large_tables = 1'b0;
    for (int unsigned level = 0; level < 8; level++) begin
      if (level < {28'd0, levels} &&
          {1'b0, index_bits[level*6+:6]} + {1'b0, entry_shift} > {1'b0, offset_bits}) begin
        radix_large_tables = 1'b1;
      end
    end
  endfunction

  function automatic logic is_riscv(input logic [3:0] mode);
    is_riscv = mode >= tablewalk_pkg::ModeSv32;
  endfunction

  function automatic logic is_x86(input logic [3:0] mode);
    is_x86 = mode != tablewalk_pkg::ModeRadix && mode < tablewalk_pkg::ModeSv32;
  endfunction

  // Entries of four bytes; those of the radix format are what its parameter says.
  function automatic logic is_narrow(input logic [3:0] mode, input logic radix_is_narrow);
    case (mode)
      tablewalk_pkg::ModeRadix: is_narrow = radix_is_narrow;
      tablewalk_pkg::ModeX86_32, tablewalk_pkg::ModeSv32: is_narrow = 1'b1;
      default: is_narrow = 1'b0;
    endcase
  endfunction

  function automatic logic [5:0] index_shift(input logic [3:0] mode, input logic [2:0] level,
                                             input logic [53:0] radix);
    case (mode)
      tablewalk_pkg::ModeRadix: index_shift = radix[{3'b0, level}*6'd6+:6];
      tablewalk_pkg::ModeX86_32, tablewalk_pkg::ModeSv32: index_shift = 6'd12 + 6'd10 * {5'd0, level[0]};
      default: index_shift = 6'd12 + 6'd9 * {3'd0, level};
    endcase
  endfunction

  function automatic logic [2:0] root_level(input logic [3:0] mode, input logic [2:0] radix_root_level);
    case (mode)
      tablewalk_pkg::ModeRadix: root_level = radix_root_level;
      tablewalk_pkg::ModeX86_32, tablewalk_pkg::ModeSv32: root_level = 3'd1;
      tablewalk_pkg::ModeX86Pae, tablewalk_pkg::ModeSv39: root_level = 3'd2;
      tablewalk_pkg::ModeX86_64, tablewalk_pkg::ModeSv48: root_level = 3'd3;
      default: root_level = 3'd4;
    endcase
  endfunction

  // A mask of the `count` lowest bits.
  function automatic logic [63:0] low_bits(input logic [6:0] count);
    low_bits = ~(64'hFFFF_FFFF_FFFF_FFFF << count);
  endfunction

  // False for addresses that the mode never translates. `radix_bits`: bits of a virtual address of the radix format.
  function automatic logic translates(input logic [3:0] mode, input logic [63:0] va, input logic [6:0] radix_bits);
    case (mode)
      tablewalk_pkg::ModeRadix: translates = (va & ~low_bits(radix_bits)) == 64'd0;
      tablewalk_pkg::ModeX86_32, tablewalk_pkg::ModeX86Pae, tablewalk_pkg::ModeSv32: translates = va[63:32] == 32'd0;
      tablewalk_pkg::ModeSv39: translates = va[63:38] == {26{va[38]}};
      tablewalk_pkg::ModeX86_64, tablewalk_pkg::ModeSv48: translates = va[63:47] == {17{va[47]}};
      default: translates = va[63:56] == {8{va[56]}};
    endcase
  endfunction

  // Physical addresses from two to this power up do not exist.
  function automatic logic [5:0] physical_bits(input logic [3:0] mode, input logic [5:0] radix_bits,
                                               input logic [5:0] maxphyaddr, input logic [5:0] riscv_bits);
    case (mode)
      tablewalk_pkg::ModeRadix: physical_bits = radix_bits;
      tablewalk_pkg::ModeX86_32: physical_bits = maxphyaddr > 6'd40 ? 6'd40 : maxphyaddr;
      tablewalk_pkg::ModeX86Pae, tablewalk_pkg::ModeX86_64, tablewalk_pkg::ModeX86La57: physical_bits = maxphyaddr;
      tablewalk_pkg::ModeSv32: physical_bits = riscv_bits > 6'd34 ? 6'd34 : riscv_bits;
      default: physical_bits = riscv_bits > 6'd56 ? 6'd56 : riscv_bits;
    endcase
  endfunction

  // Rights of a whole path from those of the levels above and of the entry below: rights_t in and out.
  function automatic logic [8:0] combine(input logic [3:0] mode, input logic [8:0] above, input logic [8:0] entry);
    logic execute;
    execute = above[2] & entry[2];
    combine = is_riscv(mode) ? entry : {entry[8:5], execute, above[3] & entry[3], execute, above[1] & entry[1], 1'b1};
  endfunction

  // The entry with its accessed (and, if asked, dirty) bit set.
  function automatic logic [63:0] mark_used(input logic [3:0] mode, input logic [63:0] entry, input logic set_dirty);
    mark_used = entry;
    if (mode == tablewalk_pkg::ModeRadix) begin
      mark_used[4] = 1'b1;
      mark_used[5] = entry[5] | set_dirty;
    end else if (is_riscv(mode)) begin
      mark_used[6] = 1'b1;
      mark_used[7] = entry[7] | set_dirty;
    end else begin
      mark_used[5] = 1'b1;
      mark_used[6] = entry[6] | set_dirty;
    end
  endfunction

  // Whether a fault says nothing about another kind of access to the same page.
  function automatic logic depends_on_access(input logic [3:0] fault);
    case (fault)
      tablewalk_pkg::FaultPermission, tablewalk_pkg::FaultProtectionKey, tablewalk_pkg::FaultNotAccessed,
      tablewalk_pkg::FaultNotDirty, tablewalk_pkg::FaultOutOfRange, tablewalk_pkg::FaultReadFailed:
      depends_on_access = 1'b1;
      default: depends_on_access = 1'b0;
    endcase
  endfunction

endpackage
