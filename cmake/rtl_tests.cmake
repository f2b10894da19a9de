# tb/rtl/*_test.cpp tests modules of rtl/, made into C++, against the model. Assertions are on.

set(decoder_pins ${PROJECT_SOURCE_DIR}/tb/rtl/decoder_pins.sv)
tablewalk_verilated(Vdecoder_pins decoder_pins SOURCES ${decoder_pins})
# radix:5,11,3/13@4
tablewalk_verilated(Vdecoder_pins_narrow decoder_pins
  "-GRadixIndexBits=48'h52C3" -GRadixLevels=3 -GRadixOffsetBits=13 -GRadixEntryBytes=4
  SOURCES ${decoder_pins})

function(tablewalk_rtl_test name)
  add_executable(rtl_${name}_test tb/rtl/${name}_test.cpp)
  target_include_directories(rtl_${name}_test PRIVATE tb)
  target_link_libraries(rtl_${name}_test PRIVATE ${ARGN} tablewalk_paging tablewalk_trace GTest::gtest_main)
  gtest_discover_tests(rtl_${name}_test TEST_PREFIX rtl. PROPERTIES TIMEOUT 300)
endfunction()
tablewalk_rtl_test(entry_decoder Vdecoder_pins Vdecoder_pins_narrow)

# Four slots, walk caches of levels 1 and 2 with 16 entries; and one slot without, for another radix format.
tablewalk_verilated(Vwalker4 walker --assert -GSlots=4 "-GWalkCacheEntries=64'h101000" "-GWalkCacheWays=64'h40400")
tablewalk_verilated(Vwalker1 walker --assert -GSlots=1 "-GWalkCacheEntries=64'h0" "-GWalkCacheWays=64'h0"
  "-GRadixIndexBits=48'h52C3" -GRadixLevels=3 -GRadixOffsetBits=13 -GRadixEntryBytes=4)
tablewalk_rtl_test(walker Vwalker4)
tablewalk_rtl_test(walker_corners Vwalker4)
tablewalk_rtl_test(walker_random Vwalker4 Vwalker1)
# TLBs of 8 translations, of pages of 4 KiB, 64 KiB and 2 MiB: larger ones are held in parts.
tablewalk_verilated(Vmmu mmu --assert -GFetchEntries=8 -GFetchWays=2 -GDataEntries=8 -GDataWays=4
  "-GPageShifts=24'h01540C")
tablewalk_rtl_test(mmu Vmmu)

find_package(Python3 3.9 REQUIRED COMPONENTS Interpreter)
find_program(YOSYS yosys REQUIRED)
find_program(VERILATOR verilator REQUIRED)
add_test(NAME tidy.rtl_lint COMMAND ${Python3_EXECUTABLE} -B ${PROJECT_SOURCE_DIR}/tb/tidy/rtl_lint.py
                                    ${VERILATOR} ${PROJECT_SOURCE_DIR})
add_test(NAME rtl.synth COMMAND ${Python3_EXECUTABLE} -B ${PROJECT_SOURCE_DIR}/tb/rtl/synthesis.py ${YOSYS}
                                ${PROJECT_SOURCE_DIR})
set_tests_properties(tidy.rtl_lint rtl.synth PROPERTIES TIMEOUT 900)
