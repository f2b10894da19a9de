// The interface of a page-table walker like CVA6's: the names and meanings of its ports, so far as a walk needs them.
//
// TABLEWALK_CVA6_LEVELS says which mode: 2 is Sv32, 3 Sv39, 4 Sv48, 5 Sv57.

`ifndef TABLEWALK_CVA6_LEVELS
`define TABLEWALK_CVA6_LEVELS 3
`endif

package cva6_shape_pkg;

  localparam int unsigned Levels = `TABLEWALK_CVA6_LEVELS;
  localparam bit Wide = Levels != 2;
  localparam int unsigned IndexBits = Wide ? 9 : 10;
  localparam int unsigned XLen = Wide ? 64 : 32;  // an entry, and a virtual address
  localparam int unsigned PpnBits = Wide ? 44 : 22;
  localparam int unsigned PLen = PpnBits + 12;
  localparam int unsigned VpnBits = Levels * IndexBits;
  localparam int unsigned AsidBits = Wide ? 16 : 9;
  // Bits of a physical address that the data cache looks up while the rest, the tag, is still to come.
  localparam int unsigned CacheIndexBits = 12;
  localparam int unsigned CacheTagBits = PLen - CacheIndexBits;

  // mode_e
  localparam logic [3:0] Mode = 4'd3 + 4'(Levels);

  // What is found, for the TLB. is_page[i]: the leaf stands i levels below the root; none: at the last level. `content`
  // is the leaf, its G bit set too if a pointer above has it.
  typedef struct packed {
    logic valid;
    logic [Levels-2:0] is_page;
    logic [VpnBits-1:0] vpn;
    logic [AsidBits-1:0] asid;
    logic [XLen-1:0] content;
  } tlb_update_t;

  // To the data cache: index and size with data_req until data_gnt; the tag with tag_valid in the cycle after that.
  typedef struct packed {
    logic [CacheIndexBits-1:0] address_index;
    logic [CacheTagBits-1:0] address_tag;
    logic [XLen-1:0] data_wdata;
    logic data_req;
    logic data_we;
    logic [XLen/8-1:0] data_be;
    logic [1:0] data_size;  // log2 of the bytes
    logic kill_req;  // in the tag's cycle: the access is wanted no more
    logic tag_valid;
  } cache_request_t;

  // And back.
  typedef struct packed {
    logic data_gnt;
    logic data_rvalid;
    logic [XLen-1:0] data_rdata;
  } cache_response_t;

endpackage
