// Invalidation: taken in a cycle with inv_valid_i and inv_ready_o high; takes effect after everything else in it.
//   inv_all_i                            everything
//   inv_vaddr_valid_i                    of translations, those of the page that holds inv_vaddr_i (a byte's address)
//   inv_asid_valid_i                     of those that are not global, and of pointers, those of inv_asid_i
//   inv_global_i                         of global translations, the same pages, whatever their address space
//   inv_pointers_i                       no pointers, those on the way to inv_vaddr_i, or every one; of them those that
//                                        make all below them global only with inv_global_i
input logic inv_valid_i,
output logic inv_ready_o,
input logic inv_all_i,
input logic inv_asid_valid_i,
input logic [15:0] inv_asid_i,
input logic inv_vaddr_valid_i,
input logic [63:0] inv_vaddr_i,
input logic inv_global_i,
input tablewalk_pkg::pointers_e inv_pointers_i,
