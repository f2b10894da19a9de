# tb/rtl/*_test.cpp tests modules of rtl/, compiled to C++, against the model. Assertions are on.

set(TABLEWALK_RTL_TEST_ARGS "" CACHE STRING "Further arguments of Verilator for the tests of the RTL: --coverage-line")
set(rtl_further_arguments ${TABLEWALK_RTL_TEST_ARGS})

set(decoder_pins ${PROJECT_SOURCE_DIR}/tb/rtl/decoder_pins.sv)
tablewalk_verilated(Vdecoder_pins decoder_pins SOURCES ${decoder_pins})
# radix:5,11,3/13@4
tablewalk_verilated(Vdecoder_pins_narrow decoder_pins
  "-GRadixIndexBits=48'h52C3" -GRadixLevels=3 -GRadixOffsetBits=13 -GRadixEntryBytes=4
  SOURCES ${decoder_pins})

function(tablewalk_rtl_test name)
  add_executable(rtl_${name}_test tb/rtl/${name}_test.cpp)
  if(rtl_further_arguments MATCHES "--coverage")
    target_sources(rtl_${name}_test PRIVATE tb/rtl/coverage_writer.cpp)
  endif()
  target_include_directories(rtl_${name}_test PRIVATE tb)
  target_link_libraries(rtl_${name}_test PRIVATE ${ARGN} tablewalk_paging tablewalk_trace GTest::gtest_main)
  gtest_discover_tests(rtl_${name}_test TEST_PREFIX rtl. PROPERTIES TIMEOUT 300)
endfunction()
tablewalk_rtl_test(entry_decoder Vdecoder_pins Vdecoder_pins_narrow)

# The parts of a walk; and for radix:5,11,3/13@4, and for radix:4,20/12@8, whose last tables are larger than a page.
set(walk_pins ${PROJECT_SOURCE_DIR}/tb/rtl/walk_pins.sv)
tablewalk_verilated(Vwalk_pins walk_pins SOURCES ${walk_pins})
tablewalk_verilated(Vwalk_pins_narrow walk_pins
  "-GRadixIndexBits=48'h52C3" -GRadixLevels=3 -GRadixOffsetBits=13 -GRadixEntryBytes=4
  SOURCES ${walk_pins})
tablewalk_verilated(Vwalk_pins_large walk_pins "-GRadixIndexBits=48'h114" -GRadixLevels=2 SOURCES ${walk_pins})
tablewalk_rtl_test(walk_parts Vwalk_pins Vwalk_pins_narrow Vwalk_pins_large)

# TLB and walk-cache arrays: four sets of two, fully associative, direct mapped; the TLBs' page sizes are 4 KiB, 64 KiB
# and 2 MiB; 4 KiB, 2 MiB and 1 GiB; 8 KiB, 64 KiB, 2 MiB and 1 GiB; 4 KiB, 512 GiB and 256 TiB. The model's arrays
# do not need SystemC.
set(array_pins ${PROJECT_SOURCE_DIR}/tb/rtl/array_pins.sv)
tablewalk_verilated(Varray_pins array_pins "-GPageShifts=24'h01540C" SOURCES ${array_pins})
tablewalk_verilated(Varray_pins_full array_pins -GEntries=6 -GWays=6 "-GPageShifts=24'h01E54C" SOURCES ${array_pins})
tablewalk_verilated(Varray_pins_single array_pins -GEntries=2 -GWays=1 "-GPageShifts=24'h79540D"
  SOURCES ${array_pins})
tablewalk_verilated(Varray_pins_huge array_pins -GEntries=4 -GWays=2 "-GPageShifts=24'h0309CC" SOURCES ${array_pins})
tablewalk_rtl_test(array Varray_pins Varray_pins_full Varray_pins_single Varray_pins_huge tablewalk_associative)
target_sources(rtl_array_test PRIVATE
  model/tlb/tlb_array.cpp model/tlb/tlb_groups.cpp model/walker/page_table_caches.cpp model/walker/translation_caches.cpp
  model/walker/translation_path_cache.cpp model/walker/walk_cache.cpp model/walker/walk_cache_arrays.cpp)

# Four slots, walk caches of levels 1 and 2 with 16 entries; and one slot without, for another radix format.
tablewalk_verilated(Vwalker4 walker --assert -GSlots=4 "-GWalkCacheEntries=64'h101000" "-GWalkCacheWays=64'h40400"
  SOURCES ${rtl_folder}/walker.sv ${PROJECT_SOURCE_DIR}/tb/rtl/walker_probe.vlt)
tablewalk_verilated(Vwalker1 walker --assert -GSlots=1 "-GWalkCacheEntries=64'h0" "-GWalkCacheWays=64'h0"
  "-GRadixIndexBits=48'h52C3" -GRadixLevels=3 -GRadixOffsetBits=13 -GRadixEntryBytes=4)
tablewalk_rtl_test(walker Vwalker4)
tablewalk_rtl_test(walker_rest Vwalker4)
tablewalk_rtl_test(walker_corners Vwalker4)
tablewalk_rtl_test(walker_cycles Vwalker4)
tablewalk_rtl_test(walker_pressure Vwalker4)
tablewalk_rtl_test(walker_phases Vwalker4)
tablewalk_rtl_test(walker_random Vwalker4 Vwalker1)
# TLBs of 8 translations, of pages of 4 KiB, 64 KiB and 2 MiB: larger ones are stored in parts.
tablewalk_verilated(Vmmu mmu --assert -GFetchEntries=8 -GFetchWays=2 -GDataEntries=8 -GDataWays=4
  "-GPageShifts=24'h01540C")
tablewalk_rtl_test(mmu Vmmu)
tablewalk_verilated(Vport_pins port_pins SOURCES ${PROJECT_SOURCE_DIR}/tb/rtl/port_pins.sv)
tablewalk_rtl_test(mmu_port Vport_pins)

find_package(Python3 3.9 REQUIRED COMPONENTS Interpreter)
find_program(YOSYS yosys REQUIRED)
find_program(VERILATOR verilator REQUIRED)
tablewalk_unless_unchanged(tidy.rtl_lint INPUTS rtl/**/* tb/**/*.sv* tb/tidy/rtl_lint.py TOOLS ${VERILATOR}
  COMMAND ${PROJECT_SOURCE_DIR}/tb/tidy/rtl_lint.py ${VERILATOR} ${PROJECT_SOURCE_DIR})
tablewalk_unless_unchanged(rtl.synth INPUTS rtl/**/*.sv* tb/rtl/synthesis.py TOOLS ${YOSYS}
  COMMAND ${PROJECT_SOURCE_DIR}/tb/rtl/synthesis.py ${YOSYS} ${PROJECT_SOURCE_DIR})
tablewalk_unless_unchanged(rtl.area
  INPUTS rtl/**/* tb/rtl/area_test.py cmake/rtl_walkers.cmake docs/hardware-cost.md TOOLS ${YOSYS}
  COMMAND ${PROJECT_SOURCE_DIR}/tb/rtl/area_test.py ${YOSYS} ${PROJECT_SOURCE_DIR})
set_tests_properties(tidy.rtl_lint rtl.synth rtl.area PROPERTIES TIMEOUT 900)
