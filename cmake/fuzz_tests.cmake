# tb/fuzz: the readers and parsers, held to their contract; as a test over the committed corpus and damaged copies of it,
# and with TABLEWALK_FUZZ as a fuzzer.

# Without SystemC: of model/ what reads what a user gives.
function(tablewalk_parser_program name)
  add_executable(${name} ${ARGN} tb/fuzz/parser_target.cpp tb/fuzz/trace_targets.cpp tb/fuzz/twt_targets.cpp
                         tb/fuzz/config_targets.cpp tb/fuzz/image_targets.cpp model/system/machine_config.cpp
                         model/dram/dram_config.cpp model/cli/compare_points.cpp model/cli/load_point.cpp
                         model/cli/map_spec.cpp)
  target_include_directories(${name} PRIVATE tb)
  tablewalk_compile_together(${name})
  target_link_libraries(${name} PRIVATE tablewalk_paging tablewalk_segment tablewalk_trace)
  if(TABLEWALK_FUZZ)  # of model/os only what these use: instrumented code takes long to compile
    target_sources(${name} PRIVATE model/os/layout.cpp model/os/regions.cpp)
  else()
    target_link_libraries(${name} PRIVATE tablewalk_os)
  endif()
endfunction()

tablewalk_parser_program(parser_cases tb/fuzz/parser_cases.cpp)
add_test(NAME fuzz.readers COMMAND parser_cases ${PROJECT_SOURCE_DIR}/tb/fuzz/corpus)
set_tests_properties(fuzz.readers PROPERTIES TIMEOUT 600)

if(TABLEWALK_FUZZ)
  tablewalk_parser_program(parser_fuzz tb/fuzz/parser_fuzz.cpp)
  target_link_options(parser_fuzz PRIVATE -fsanitize=fuzzer)

  add_executable(parser_corpus tb/fuzz/make_corpus.cpp tb/support/image_writers.cpp)
  target_include_directories(parser_corpus PRIVATE tb)
  target_link_libraries(parser_corpus PRIVATE tablewalk_memory tablewalk_trace)
endif()

# Builds its own program by clang, in build/fuzz; 77 says that there is no clang.
find_package(Python3 3.9 REQUIRED COMPONENTS Interpreter)
if(NOT TABLEWALK_SANITIZE AND NOT TABLEWALK_LIBRARIES)
  add_test(NAME fuzz.campaign COMMAND ${Python3_EXECUTABLE} -B ${PROJECT_SOURCE_DIR}/tb/fuzz/run.py --seconds 30)
  set_tests_properties(fuzz.campaign PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 1800)
endif()
