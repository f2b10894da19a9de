# The example of docs/bring-your-own-walker.md.
tablewalk_foreign_walker(example
  TOP example_ptw
  SOURCES example_ptw.sv
  ADAPTER cva6
  PARAMETERS PhysicalBits=56
  MODES sv39
  REQUIRES paging.riscv.svadu=false paging.riscv.svnapot=false paging.riscv.svpbmt=false paging.riscv.physical_bits=56)
