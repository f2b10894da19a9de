# Walkers that were made elsewhere, each behind an adapter that has the ports of rtl/walker.sv, in the program
# (docs/bring-your-own-walker.md). The setting TABLEWALK_FOREIGN_WALKERS names files that describe them; each calls
#
#     tablewalk_foreign_walker(NAME                 the name that walker.foreign has
#       TOP MODULE                                  the walker's module
#       SOURCES FILE...                             packages first
#       ADAPTER NAME | FILE.sv                      one of rtl/adapters/NAME_adapter.sv, or one of your own: module FILE
#       MODES MODE...                               the paging modes that it knows
#       [SLOTS N]                                   walks that it makes at once; 1 if left out
#       [INCLUDES FOLDER...] [DEFINES NAME[=VALUE]...]
#       [PARAMETERS NAME=VALUE...]                  of the walker
#       [REQUIRES KEY=VALUE...]                     control registers that it cannot do otherwise
#       [ARGUMENTS ARGUMENT...])                    of Verilator
#
# Files and folders are relative to the description.

set(TABLEWALK_FOREIGN_WALKERS rtl/adapters/example/walker.cmake CACHE STRING
  "Descriptions of walkers that were made elsewhere, built into the program: a list of .cmake files")

set(adapter_folder ${PROJECT_SOURCE_DIR}/rtl/adapters)

# foreign_list(OUT ITEM...): a C++ list of the texts.
function(foreign_list out)
  set(elements "")
  foreach(item IN LISTS ARGN)
    string(APPEND elements "\"${item}\", ")
  endforeach()
  set(${out} "{${elements}}" PARENT_SCOPE)
endfunction()

# foreign_paths(NAME OUT PATH...): absolute, and there.
function(foreign_paths name out)
  set(found "")
  foreach(path IN LISTS ARGN)
    get_filename_component(path ${path} ABSOLUTE BASE_DIR ${CMAKE_CURRENT_LIST_DIR})
    if(NOT EXISTS ${path})
      message(FATAL_ERROR "TABLEWALK_FOREIGN_WALKERS: ${name}: ${path}: no such file or folder")
    endif()
    list(APPEND found ${path})
  endforeach()
  set(${out} "${found}" PARENT_SCOPE)
endfunction()

# Sets what the walker is to be Verilated from, and by: WALKER_FILES, WALKER_MODULE, WALKER_ARGUMENTS and the parsed W_*.
macro(tablewalk_parse_foreign_walker name)
  cmake_parse_arguments(W "" "TOP;ADAPTER;SLOTS" "SOURCES;INCLUDES;DEFINES;PARAMETERS;MODES;REQUIRES;ARGUMENTS" ${ARGN})
  if(NOT "${name}" MATCHES "^[A-Za-z][A-Za-z0-9_-]*$")
    message(FATAL_ERROR "TABLEWALK_FOREIGN_WALKERS: '${name}': expected a name of letters, digits, - and _")
  endif()
  if(W_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "TABLEWALK_FOREIGN_WALKERS: ${name}: '${W_UNPARSED_ARGUMENTS}' belongs to nothing; expected TOP, "
                        "SOURCES, ADAPTER, MODES, SLOTS, INCLUDES, DEFINES, PARAMETERS, REQUIRES or ARGUMENTS before it")
  endif()
  foreach(needed TOP SOURCES ADAPTER MODES)
    if(NOT W_${needed})
      message(FATAL_ERROR "TABLEWALK_FOREIGN_WALKERS: ${name}: ${needed} is missing")
    endif()
  endforeach()
  if(NOT W_SLOTS)
    set(W_SLOTS 1)
  endif()
  foreign_paths(${name} sources ${W_SOURCES})
  foreign_paths(${name} includes ${W_INCLUDES})
  if(W_ADAPTER MATCHES "\\.s?v$")
    foreign_paths(${name} adapter ${W_ADAPTER})
    set(shape "")
  else()
    set(adapter ${adapter_folder}/${W_ADAPTER}_adapter.sv)
    set(shape ${adapter_folder}/${W_ADAPTER}_shape_pkg.sv)
    if(NOT EXISTS ${adapter})
      file(GLOB known RELATIVE ${adapter_folder} ${adapter_folder}/*_adapter.sv)
      string(REPLACE "_adapter.sv" "" known "${known}")
      string(REPLACE ";" ", " known "${known}")
      message(FATAL_ERROR "TABLEWALK_FOREIGN_WALKERS: ${name}: no adapter '${W_ADAPTER}'; expected a file or one of ${known}")
    endif()
  endif()
  get_filename_component(WALKER_MODULE ${adapter} NAME_WE)

  # What the adapter instances.
  set(parameters "")
  foreach(parameter IN LISTS W_PARAMETERS)
    string(REGEX REPLACE "^([^=]*)=(.*)$" ".\\1(\\2)" parameter "${parameter}")
    list(APPEND parameters "${parameter}")
  endforeach()
  string(REPLACE ";" ", " parameters "${parameters}")
  set(instance ${PROJECT_BINARY_DIR}/foreign_walkers/${name}.sv)
  file(CONFIGURE OUTPUT ${instance} @ONLY CONTENT
"// Made by cmake/foreign_walkers.cmake.
`define TABLEWALK_WALKER ${W_TOP}
`define TABLEWALK_WALKER_PARAMETERS ${parameters}
")
  set(WALKER_FILES ${rtl_sources} ${instance} ${shape} ${sources} ${adapter})
  set(WALKER_ARGUMENTS -GIdWidth=${rtl_id_bits} ${W_ARGUMENTS})
  foreach(define IN LISTS W_DEFINES)
    list(APPEND WALKER_ARGUMENTS -D${define})
  endforeach()
  foreach(folder IN LISTS includes)
    list(APPEND WALKER_ARGUMENTS -I${folder})
  endforeach()
endmacro()

# Called by descriptions. Somebody else's sources are not held to our lint rules.
function(tablewalk_foreign_walker name)
  tablewalk_parse_foreign_walker(${name} ${ARGN})
  string(MAKE_C_IDENTIFIER "Vforeign_${name}" class)
  verilate(${foreign_target} PREFIX ${class} TOP_MODULE ${WALKER_MODULE} TRACE_FST SOURCES ${WALKER_FILES}
           VERILATOR_ARGS -O3 --x-assign fast --x-initial fast -Wno-fatal -Wno-lint -Wno-style ${WALKER_ARGUMENTS})
  rtl_plain_slow_code(${foreign_target})
  foreign_list(modes ${W_MODES})
  set(requirements "")
  foreach(requirement IN LISTS W_REQUIRES)
    string(REGEX REPLACE "^([^=]*)=(.*)$" "{\"\\1\", \"\\2\"}, " requirement "${requirement}")
    string(APPEND requirements "${requirement}")
  endforeach()
  set_property(GLOBAL APPEND_STRING PROPERTY ${foreign_target}_includes "#include \"${class}.h\"\n")
  set_property(GLOBAL APPEND_STRING PROPERTY ${foreign_target}_entries "  walkers.push_back({\"${name}\",\n\
                     make_variant<${class}>(\"${name}\", ${W_SLOTS}, ${rtl_id_bits}),\n\
                     ${modes},\n                     {${requirements}}});\n")
endfunction()

# tablewalk_foreign_walkers(TARGET DESCRIPTION...): adds foreign_walkers() of model/walker/foreign_walker.h to the
# library.
function(tablewalk_foreign_walkers foreign_target)
  foreach(description IN LISTS ARGN)
    get_filename_component(description ${description} ABSOLUTE BASE_DIR ${PROJECT_SOURCE_DIR})
    if(NOT EXISTS ${description})
      message(FATAL_ERROR "TABLEWALK_FOREIGN_WALKERS: ${description}: no such file")
    endif()
    include(${description})
  endforeach()
  get_property(includes GLOBAL PROPERTY ${foreign_target}_includes)
  get_property(entries GLOBAL PROPERTY ${foreign_target}_entries)
  set(list ${PROJECT_BINARY_DIR}/${foreign_target}_foreign.cpp)
  file(CONFIGURE OUTPUT ${list} @ONLY CONTENT
"// Made by cmake/foreign_walkers.cmake.
@includes@
#include \"walker/foreign_walker.h\"
#include \"walker/verilated_walker.h\"

namespace tablewalk {
namespace {

template <class Verilated>
RtlVariant make_variant(const std::string& name, unsigned slots, unsigned id_bits) {
  RtlVariant variant;
  variant.name = \"walker '\" + name + \"'\";
  variant.slots = slots;
  variant.id_bits = id_bits;
  variant.make = [] { return std::unique_ptr<RtlModel>(std::make_unique<VerilatedWalker<Verilated>>()); };
  return variant;
}

std::vector<ForeignWalker> all() {
  std::vector<ForeignWalker> walkers;
@entries@  return walkers;
}

}  // namespace

const std::vector<ForeignWalker>& foreign_walkers() {
  static const std::vector<ForeignWalker> walkers = all();
  return walkers;
}

}  // namespace tablewalk
")
  target_sources(${foreign_target} PRIVATE ${list})
endfunction()
