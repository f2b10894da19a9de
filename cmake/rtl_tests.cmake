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
tablewalk_rtl_test(walker_random Vwalker4 Vwalker1)
