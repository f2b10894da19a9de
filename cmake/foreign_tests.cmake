# tb/foreign: external walkers. The adapters of rtl/adapters/ with the example walker, alone and behind the sockets of a
# machine; and faulty walkers, which must be detected.

function(tablewalk_foreign_test name)
  add_executable(${name}_test tb/foreign/${name}_test.cpp tb/foreign/foreign_case.cpp tb/support/child_run.cpp
                              tb/support/random_machine.cpp tb/support/systemc_main.cpp)
  target_include_directories(${name}_test PRIVATE tb)
  target_compile_definitions(${name}_test PRIVATE TABLEWALK_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  tablewalk_compile_together(${name}_test)
  target_precompile_headers(${name}_test REUSE_FROM test_headers_with_systemc)
  target_link_libraries(${name}_test PRIVATE ${ARGN} tablewalk_system tablewalk_report GTest::gmock GTest::gtest)
  gtest_discover_tests(${name}_test TEST_PREFIX foreign. NO_PRETTY_VALUES PROPERTIES TIMEOUT 900)
endfunction()

# Mutation tests of the model reuse the faulty walkers that another build has compiled.
if(TABLEWALK_CHANGED_FOLDERS)
  if(walker IN_LIST TABLEWALK_CHANGED_FOLDERS)
    file(GLOB_RECURSE objects ${TABLEWALK_LIBRARIES}/CMakeFiles/broken_walkers.dir/*.o)
    tablewalk_foreign_test(broken_walkers ${objects})
  endif()
  return()
endif()

set(cva6_sources ${adapter_folder}/cva6_shape_pkg.sv ${adapter_folder}/example/example_ptw.sv
  ${adapter_folder}/cva6_adapter.sv)
# Sv32, Sv39, and Sv48 with few physical addresses.
tablewalk_verilated(Vcva6_sv32 cva6_adapter --assert -DTABLEWALK_CVA6_LEVELS=2 SOURCES ${cva6_sources})
tablewalk_verilated(Vcva6_sv39 cva6_adapter --assert -DTABLEWALK_CVA6_LEVELS=3 SOURCES ${cva6_sources})
tablewalk_verilated(Vcva6_sv48 cva6_adapter --assert -DTABLEWALK_CVA6_LEVELS=4 -DTABLEWALK_WALKER=example_ptw
  "-DTABLEWALK_WALKER_PARAMETERS=.PhysicalBits(40)" SOURCES ${cva6_sources})
add_executable(adapter_test tb/foreign/adapter_test.cpp)
target_include_directories(adapter_test PRIVATE tb)
target_link_libraries(adapter_test PRIVATE Vcva6_sv32 Vcva6_sv39 Vcva6_sv48 tablewalk_paging tablewalk_trace
                                           GTest::gtest_main)
gtest_discover_tests(adapter_test TEST_PREFIX foreign. PROPERTIES TIMEOUT 300)

tablewalk_foreign_test(foreign_walker)

# broken_copy(OUT FILE NAME FROM TO): a copy of a file below rtl/adapters with one fault.
function(broken_copy out file name from to)
  file(READ ${adapter_folder}/${file} original)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${adapter_folder}/${file})
  string(REPLACE "${from}" "${to}" text "${original}")
  if(text STREQUAL original)
    message(FATAL_ERROR "${file} has no '${from}' to replace in the copy '${name}'")
  endif()
  get_filename_component(base ${file} NAME)
  set(copy ${PROJECT_BINARY_DIR}/broken_walkers/${name}/${base})
  file(CONFIGURE OUTPUT ${copy} CONTENT "${text}" @ONLY)
  set(${out} ${copy} PARENT_SCOPE)
endfunction()

set(example_file ${adapter_folder}/example/example_ptw.sv)
set(example_can MODES sv39 REQUIRES paging.riscv.svadu=false paging.riscv.svnapot=false paging.riscv.svpbmt=false
                                    paging.riscv.physical_bits=56)
# Faulty examples, and the example behind a faulty adapter.
function(broken_walker name from to)
  broken_copy(file example/example_ptw.sv ${name} "${from}" "${to}")
  tablewalk_foreign_walker(${name} TOP example_ptw SOURCES ${file} ADAPTER cva6 ${example_can})
endfunction()
function(broken_adapter name from to)
  broken_copy(file cva6_adapter.sv ${name} "${from}" "${to}")
  tablewalk_foreign_walker(${name} TOP example_ptw ADAPTER ${file} ${example_can}
                           SOURCES ${adapter_folder}/cva6_shape_pkg.sv ${example_file} DEFINES TABLEWALK_CVA6_LEVELS=3)
endfunction()
# The built-in walker, used as an external one.
file(GLOB our_files ${rtl_folder}/*.sv)
list(FILTER our_files EXCLUDE REGEX "/(tablewalk_pkg|tlb|mmu)\\.sv$")
function(our_walker name adapter)
  tablewalk_foreign_walker(${name} TOP walker SOURCES ${our_files} ${ARGN} ADAPTER ${adapter} SLOTS 4
    PARAMETERS WalkCacheEntries=64'h1000 WalkCacheWays=64'h400
    MODES x86-32 x86-pae x86-64 x86-64-la57 sv32 sv39 sv48 sv57 radix:9,9,9,9/12@8)
endfunction()

# The example with a description that does not fit.
function(demanding_walker name requirement)
  tablewalk_foreign_walker(${name} TOP example_ptw SOURCES ${example_file} ADAPTER cva6 MODES sv39
                           REQUIRES ${requirement})
endfunction()

# Objects, so that a test linked with them gets their foreign_walkers() and not the program's.
rtl_library(broken_walkers OBJECT)
target_compile_options(broken_walkers PRIVATE -O1)  # they run only briefly
set(foreign_target broken_walkers)
broken_walker(without-rights "allowed = allowed && accessed" "allowed = accessed")
broken_walker(without-flush "if (flush_i)" "if (1'b0)")
broken_walker(without-faults "ptw_error_o = state_q == PageFault" "ptw_error_o = 1'b0")
broken_walker(without-tag "req_port_o.tag_valid = tag_valid_q" "req_port_o.tag_valid = 1'b0")
broken_walker(without-end "state_d = found ? Settles : PageFault;" "state_d = found ? Asks : PageFault; found = 1'b0;")
broken_walker(without-leaves "allowed = allowed && accessed" "allowed = 1'b0")
broken_adapter(without-begin "ev_walk_o = ev_walk_q" "ev_walk_o = 1'b0")
broken_adapter(without-lookup "ev_cache_lookup_o = ev_lookup_q" "ev_cache_lookup_o = 1'b0")
broken_adapter(too-quiet "assign quiet_o = " "assign quiet_o = 1'b1 || ")
broken_adapter(of-another-slot "assign mem_req_tag_o = '0" "assign mem_req_tag_o = 2'd1")
demanding_walker(of-no-key paging.riscv.svado=false)
demanding_walker(of-no-value paging.riscv.svadu=maybe)
our_walker(of-four-slots tablewalk)
broken_copy(file tablewalk_adapter.sv without-start "      .*\n  );" "      .ev_cache_hit_o(),\n      .*\n  );\n  assign ev_cache_hit_o = '0;")
our_walker(without-start ${file})
broken_copy(file ../walk_cache.sv with-old-pointers "!forget_remembered" "1'b1")
list(REMOVE_ITEM our_files ${rtl_folder}/walk_cache.sv)
our_walker(with-old-pointers tablewalk ${file})
tablewalk_foreign_walkers(broken_walkers)
# The tests that link them have Verilator's runtime from the library of the program's walkers.
get_target_property(sources broken_walkers SOURCES)
list(FILTER sources EXCLUDE REGEX "^${VERILATOR_ROOT}/")
set_target_properties(broken_walkers PROPERTIES SOURCES "${sources}")
tablewalk_foreign_test(broken_walkers broken_walkers)

find_package(Python3 3.9 REQUIRED COMPONENTS Interpreter)
add_test(NAME foreign.description COMMAND ${Python3_EXECUTABLE} -B ${PROJECT_SOURCE_DIR}/tb/foreign/description_test.py
                                          ${CMAKE_COMMAND} ${PROJECT_SOURCE_DIR})
