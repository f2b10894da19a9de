# tb/rtl/adapter_test.cpp tests the adapters of rtl/adapters/ with the example walker, alone.

set(cva6_sources ${adapter_folder}/cva6_shape_pkg.sv ${adapter_folder}/example/example_ptw.sv
  ${adapter_folder}/cva6_adapter.sv)
# Sv32, Sv39, and Sv48 with few physical addresses.
tablewalk_verilated(Vcva6_sv32 cva6_adapter --assert -DTABLEWALK_CVA6_LEVELS=2 SOURCES ${cva6_sources})
tablewalk_verilated(Vcva6_sv39 cva6_adapter --assert -DTABLEWALK_CVA6_LEVELS=3 SOURCES ${cva6_sources})
tablewalk_verilated(Vcva6_sv48 cva6_adapter --assert -DTABLEWALK_CVA6_LEVELS=4 -DTABLEWALK_WALKER=example_ptw
  "-DTABLEWALK_WALKER_PARAMETERS=.PhysicalBits(40)" SOURCES ${cva6_sources})
tablewalk_rtl_test(adapter Vcva6_sv32 Vcva6_sv39 Vcva6_sv48)
