# The RTL walkers that are built into the program: rtl/walker.sv, Verilated once for each item of the setting
# TABLEWALK_RTL_WALKERS. An item names its parameters:
#     slots=N                       concurrent walks
#     caches=LxExW,LxExW,...        walk caches: level, entries, ways of a set (0: fully associative); default: none
#     radix=B1,B2,.../OFFSET@BYTES  the shape of its generic radix mode, index bits from the root down
# Every walker supports the x86 and RISC-V modes.

# For each number of slots, one without walk caches and one with those of configs/skylake.yaml; together they have every
# radix shape that the tests and the documents use.
set(default_walkers
  "slots=1 radix=5,5,5,5/12@4"
  "slots=1 caches=1x32x8,2x8x4,3x4x0,4x2x0 radix=9,9,9,9/12@8"
  "slots=2 radix=36/12@8"
  "slots=2 caches=1x32x8,2x8x4,3x4x0,4x2x0 radix=36/12@8"
  "slots=4 radix=9,9,9/12@8"
  "slots=4 caches=1x32x8,2x8x4,3x4x0,4x2x0 radix=20/12@4"
  "slots=8 radix=9,9,9/12@8"
  "slots=8 caches=1x32x8,2x8x4,3x4x0,4x2x0 radix=36/12@8")
# Each takes half a minute to build. Without the tests the program has only those for the default machine and skylake.
set(program_walkers
  "slots=2 radix=36/12@8"
  "slots=2 caches=1x32x8,2x8x4,3x4x0,4x2x0 radix=36/12@8")
set(TABLEWALK_RTL_WALKERS "" CACHE STRING
  "RTL walkers built into the program: a list of 'slots=N [caches=LxExW,...] radix=B1,B2,.../OFFSET@BYTES'; empty: two, with the tests eight")
if(TABLEWALK_RTL_WALKERS)
  set(rtl_walkers ${TABLEWALK_RTL_WALKERS})
elseif(TABLEWALK_TESTS)
  set(rtl_walkers ${default_walkers})
else()
  set(rtl_walkers ${program_walkers})
endif()

# Limits of outstanding requests, and of outstanding memory accesses of restarted walks per slot.
set(rtl_id_bits 6)
set(rtl_generation_bits 4)

# rtl_hexadecimal(VALUE OUT): the number as a 64-bit Verilog literal.
function(rtl_hexadecimal value out)
  math(EXPR digits "${value}" OUTPUT_FORMAT HEXADECIMAL)
  string(REPLACE "0x" "64'h" digits "${digits}")
  set(${out} "${digits}" PARENT_SCOPE)
endfunction()

# Synthesis results of the variants: written by rtl/synth/area.py --update.
set(rtl_area_file ${PROJECT_SOURCE_DIR}/rtl/synth/area.json)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${rtl_area_file})

# rtl_area(ITEM OUT): C++ code that sets these figures in `variant`.
function(rtl_area item out)
  file(READ ${rtl_area_file} json)
  set(code "")
  string(JSON count ERROR_VARIABLE missing LENGTH "${json}" variants "${item}")
  if(count GREATER 0)
    math(EXPR last "${count} - 1")
    foreach(number RANGE ${last})
      string(JSON name MEMBER "${json}" variants "${item}" ${number})
      string(JSON value GET "${json}" variants "${item}" ${name})
      if(value MATCHES "^[0-9]+$")
        string(APPEND code "    variant.area.emplace_back(\"${name}\", ${value});\n")
      endif()
    endforeach()
  endif()
  set(${out} "${code}" PARENT_SCOPE)
endfunction()

# rtl_parse(ITEM): sets item_arguments (of Verilator) and item_entry (of the C++ list of variants) in the caller.
function(rtl_parse item)
  set(number "([0-9]+)")
  if(NOT item MATCHES "^slots=${number}( caches=([0-9x,]+))? radix=([0-9,]+)/${number}@([48])$")
    message(FATAL_ERROR "TABLEWALK_RTL_WALKERS: '${item}': expected "
                        "'slots=N [caches=LxExW,...] radix=B1,B2,.../OFFSET@BYTES'")
  endif()
  set(slots ${CMAKE_MATCH_1})
  set(caches "${CMAKE_MATCH_3}")
  set(split "${CMAKE_MATCH_4}/${CMAKE_MATCH_5}@${CMAKE_MATCH_6}")
  set(radix "${CMAKE_MATCH_4}")
  set(arguments -GSlots=${slots} -GRadixOffsetBits=${CMAKE_MATCH_5} -GRadixEntryBytes=${CMAKE_MATCH_6})

  string(REPLACE "," ";" radix "${radix}")
  list(LENGTH radix levels)
  set(index_bits 0)
  foreach(bits IN LISTS radix)  # from the root down: the last level's are the lowest
    math(EXPR index_bits "${index_bits} << 6 | ${bits}")
  endforeach()
  math(EXPR index_bits "${index_bits}" OUTPUT_FORMAT HEXADECIMAL)
  string(REPLACE "0x" "48'h" index_bits "${index_bits}")

  set(entries 0)
  set(ways 0)
  set(cpp_caches "")
  string(REPLACE "," ";" caches "${caches}")
  foreach(cache IN LISTS caches)
    if(NOT cache MATCHES "^([1-7])x${number}x${number}$")
      message(FATAL_ERROR "TABLEWALK_RTL_WALKERS: '${item}': walk cache '${cache}': expected level (1 to 7) x entries x ways")
    endif()
    math(EXPR entries "${entries} | ${CMAKE_MATCH_2} << 8 * ${CMAKE_MATCH_1}")
    math(EXPR ways "${ways} | ${CMAKE_MATCH_3} << 8 * ${CMAKE_MATCH_1}")
    string(APPEND cpp_caches "    variant.caches[${CMAKE_MATCH_1}] = {${CMAKE_MATCH_2}, ${CMAKE_MATCH_3}};\n")
  endforeach()
  rtl_hexadecimal(${entries} entries)
  rtl_hexadecimal(${ways} ways)
  list(APPEND arguments -GRadixLevels=${levels} -GRadixIndexBits=${index_bits} -GWalkCacheEntries=${entries}
       -GWalkCacheWays=${ways} -GIdWidth=${rtl_id_bits} -GGenerationWidth=${rtl_generation_bits})
  set(item_arguments "${arguments}" PARENT_SCOPE)
  rtl_area("${item}" area)
  set(item_entry "    RtlVariant variant;\n    variant.text = \"${item}\";\n    variant.slots = ${slots};\n\
    variant.id_bits = ${rtl_id_bits};\n${cpp_caches}    variant.radix = \"${split}\";\n${area}" PARENT_SCOPE)
endfunction()

# rtl_library(TARGET KIND): a library for Verilated walkers. The generated code is always optimised, because it is an
# order of magnitude slower otherwise.
function(rtl_library target kind)
  find_package(ZLIB REQUIRED)
  add_library(${target} ${kind})
  target_compile_options(${target} PRIVATE ${TABLEWALK_RTL_OPTIMISATION} -g0 -w)
  # Verilator's wave writer accesses 64-bit values at 4-byte boundaries (verilated_trace.h, in each generated class):
  # harmless on the supported machines. The other checks of the sanitizers stay on.
  if(TABLEWALK_SANITIZE)
    target_compile_options(${target} PRIVATE -fno-sanitize=alignment)
  endif()
  target_compile_definitions(${target} PUBLIC VL_TIME_CONTEXT)
  target_include_directories(${target} PRIVATE model)
  target_link_libraries(${target} PRIVATE fmt::fmt ZLIB::ZLIB)
endfunction()

# rtl_bundle(TARGET PREFIX): compiles the code generated for a class in two pieces, because it is many small files with
# the same includes. Code that runs once, or only for waveforms, is not optimised.
function(rtl_bundle target prefix)
  get_target_property(generated ${target} SOURCES)
  list(FILTER generated INCLUDE REGEX "/${prefix}(__[A-Za-z0-9_]+)?\\.cpp$")
  set_source_files_properties(${generated} PROPERTIES HEADER_FILE_ONLY ON)
  set(slow ${generated})
  list(FILTER slow INCLUDE REGEX "(__Slow|__Trace__[0-9]+|__Syms)\\.cpp$")
  list(REMOVE_ITEM generated ${slow})
  foreach(piece generated slow)
    list(TRANSFORM ${piece} REPLACE "^.+$" "#include \"\\0\"" OUTPUT_VARIABLE includes)
    list(JOIN includes "\n" includes)
    set(bundle ${PROJECT_BINARY_DIR}/${target}_bundles/${prefix}_${piece}.cpp)
    file(CONFIGURE OUTPUT ${bundle} @ONLY CONTENT "// Made by cmake/rtl_walkers.cmake.\n@includes@\n")
    target_sources(${target} PRIVATE ${bundle})
  endforeach()
  set_source_files_properties(${bundle} PROPERTIES COMPILE_OPTIONS -O0)
endfunction()

# tablewalk_rtl_walkers(TARGET): a library with rtl_variants() of model/walker/rtl_model.h.
function(tablewalk_rtl_walkers target)
  rtl_library(${target} STATIC)
  target_sources(${target} PRIVATE ${PROJECT_BINARY_DIR}/rtl_variants.cpp)
  set(includes "")
  set(entries "")
  set(number 0)
  foreach(item IN LISTS rtl_walkers)
    rtl_parse("${item}")
    verilate(${target} PREFIX Vbuilt_walker${number} TOP_MODULE walker TRACE_FST
      SOURCES ${rtl_sources} ${rtl_folder}/walker.sv
      VERILATOR_ARGS -O3 --x-assign fast --x-initial fast -Wall -y ${rtl_folder} ${item_arguments})
    rtl_bundle(${target} Vbuilt_walker${number})
    string(APPEND includes
           "#include \"Vbuilt_walker${number}.h\"\n#include \"Vbuilt_walker${number}___024root.h\"\n")
    string(APPEND entries "  {\n${item_entry}    variant.make = make<Vbuilt_walker${number}>;\n    variants.push_back(variant);\n  }\n")
    math(EXPR number "${number} + 1")
  endforeach()
  file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/rtl_variants.cpp @ONLY CONTENT
"// Made by cmake/rtl_walkers.cmake.
@includes@
#include \"walker/verilated_walker.h\"

namespace tablewalk {
namespace {

template <class Verilated>
std::unique_ptr<RtlModel> make() {
  return std::make_unique<VerilatedWalker<Verilated>>();
}

std::vector<RtlVariant> all() {
  std::vector<RtlVariant> variants;
@entries@  return variants;
}

}  // namespace

const std::vector<RtlVariant>& rtl_variants() {
  static const std::vector<RtlVariant> variants = all();
  return variants;
}

}  // namespace tablewalk
")
endfunction()
