# External walkers in the program, each behind an adapter with the ports of rtl/walker_ports.svh
# (docs/bring-your-own-walker.md). The setting TABLEWALK_FOREIGN_WALKERS lists their description files; each calls
#
#     tablewalk_foreign_walker(NAME                 the name for walker.foreign
#       TOP MODULE                                  the walker's module
#       SOURCES FILE...                             packages first
#       ADAPTER NAME | FILE.sv                      one of rtl/adapters/NAME_adapter.sv, or one of your own: module FILE
#       MODES MODE...                               the paging modes that it supports
#       [SLOTS N]                                   concurrent walks; default 1
#       [INCLUDES FOLDER...] [DEFINES NAME[=VALUE]...]
#       [PARAMETERS NAME=VALUE...]                  of the walker
#       [REQUIRES KEY=VALUE...]                     control registers that must have this value
#       [ARGUMENTS ARGUMENT...])                    of Verilator
#
# Files and folders are relative to the description.

set(TABLEWALK_FOREIGN_WALKERS rtl/adapters/example/walker.cmake CACHE STRING
  "Descriptions of external walkers to build into the program: a list of .cmake files")

set(adapter_folder ${PROJECT_SOURCE_DIR}/rtl/adapters)
set(foreign_words "TOP, SOURCES, ADAPTER, MODES, SLOTS, INCLUDES, DEFINES, PARAMETERS, REQUIRES or ARGUMENTS")
set(foreign_modes x86-32 x86-pae x86-64 x86-64-la57 sv32 sv39 sv48 sv57)  # and radix:...

# foreign_paths(NAME OUT PATH...): absolute paths, which must exist.
function(foreign_paths name out)
  set(found "")
  foreach(path IN LISTS ARGN)
    get_filename_component(path ${path} ABSOLUTE BASE_DIR ${CMAKE_CURRENT_LIST_DIR})
    if(NOT EXISTS ${path})
      foreign_wrong("${name}: ${path}: no such file or folder")
    endif()
    list(APPEND found ${path})
  endforeach()
  set(${out} "${found}" PARENT_SCOPE)
endfunction()

# foreign_checked(NAME ...): the arguments of a description, in W_*. An error in them ends the configuration.
macro(foreign_checked name)
  cmake_parse_arguments(W "" "TOP;ADAPTER;SLOTS" "SOURCES;INCLUDES;DEFINES;PARAMETERS;MODES;REQUIRES;ARGUMENTS" ${ARGN})
  if(NOT "${name}" MATCHES "^[A-Za-z][A-Za-z0-9_-]*$")
    foreign_wrong("'${name}': expected a name of letters, digits, - and _")
  endif()
  # - and _ give the same C++ name.
  string(MAKE_C_IDENTIFIER "Vforeign_${name}" class)
  get_property(classes GLOBAL PROPERTY ${foreign_target}_classes)
  if(class IN_LIST classes)
    foreign_wrong("${name}: the name is used twice (- and _ count as the same)")
  endif()
  set_property(GLOBAL APPEND PROPERTY ${foreign_target}_classes ${class})
  if(W_UNPARSED_ARGUMENTS)
    foreign_wrong("${name}: '${W_UNPARSED_ARGUMENTS}' has no keyword; expected ${foreign_words} before it")
  endif()
  foreach(item IN LISTS W_SOURCES W_INCLUDES W_MODES W_PARAMETERS W_REQUIRES)
    if(item MATCHES "^[A-Z]+$")
      foreign_wrong("${name}: '${item}' is not a keyword of a description; expected ${foreign_words}")
    endif()
  endforeach()
  foreach(mode IN LISTS W_MODES)
    if(NOT mode IN_LIST foreign_modes AND NOT mode MATCHES "^radix:")
      string(REPLACE ";" ", " known "${foreign_modes}")
      foreign_wrong("${name}: MODES: no paging mode '${mode}'; expected ${known}, or a split as radix:9,9,9/12@8")
    endif()
  endforeach()
  foreach(needed TOP SOURCES ADAPTER MODES)
    if(NOT W_${needed})
      foreign_wrong("${name}: ${needed} is missing")
    endif()
  endforeach()
  foreach(pair IN LISTS W_PARAMETERS W_REQUIRES)
    if(NOT pair MATCHES "^[A-Za-z][A-Za-z0-9_.]*=.+$")
      foreign_wrong("${name}: '${pair}': expected NAME=VALUE")
    endif()
  endforeach()
  if(NOT DEFINED W_SLOTS)
    set(W_SLOTS 1)
  endif()
  if(NOT W_SLOTS MATCHES "^[1-9][0-9]*$")
    foreign_wrong("${name}: SLOTS ${W_SLOTS}: expected a number of walks, at least 1")
  endif()
endmacro()

function(foreign_wrong what)
  message(FATAL_ERROR "TABLEWALK_FOREIGN_WALKERS: ${what}")
endfunction()

# foreign_cva6_levels(NAME OUT): the levels of such a walker's one mode, which determines its port widths. It makes one
# walk at a time.
function(foreign_cva6_levels name out)
  set(modes sv32 sv39 sv48 sv57)
  list(FIND modes "${W_MODES}" place)
  if(place EQUAL -1)
    foreign_wrong("${name}: MODES ${W_MODES}: expected one of sv32, sv39, sv48, sv57 with ADAPTER cva6")
  endif()
  if(NOT W_SLOTS EQUAL 1)
    foreign_wrong("${name}: SLOTS ${W_SLOTS}: such a walker makes one walk at once, with ADAPTER cva6")
  endif()
  math(EXPR levels "${place} + 2")
  foreach(define IN LISTS W_DEFINES)
    if(define MATCHES "^TABLEWALK_CVA6_LEVELS=" AND NOT define STREQUAL "TABLEWALK_CVA6_LEVELS=${levels}")
      foreign_wrong("${name}: DEFINES ${define}: ${W_MODES} has ${levels} levels")
    endif()
  endforeach()
  set(${out} ${levels} PARENT_SCOPE)
endfunction()

# foreign_adapter(NAME ADAPTER): sets adapter_files, the module's own file last; adapter_module; and adapter_defines,
# the macros to define for it.
function(foreign_adapter name adapter)
  if(adapter MATCHES "\\.s?v$")
    foreign_paths(${name} files ${adapter})
    get_filename_component(module ${files} NAME_WE)
    file(READ ${files} text)
    if(NOT text MATCHES "module[ \t\r\n]+${module}[^A-Za-z0-9_$]")
      foreign_wrong("${name}: ADAPTER ${adapter}: expected a module '${module}' in it, as the file is named")
    endif()
  else()
    set(module ${adapter}_adapter)
    file(GLOB files ${adapter_folder}/${adapter}_shape_pkg.sv)
    list(APPEND files ${adapter_folder}/${module}.sv)
    file(GLOB known RELATIVE ${adapter_folder} ${adapter_folder}/*_adapter.sv)
    string(REPLACE "_adapter.sv" "" known "${known}")
    if(NOT adapter IN_LIST known)
      string(REPLACE ";" ", " known "${known}")
      foreign_wrong("${name}: no adapter '${adapter}'; expected ${known}, or a file NAME.sv")
    endif()
  endif()
  if(adapter STREQUAL cva6)
    foreign_cva6_levels(${name} levels)
    set(adapter_defines TABLEWALK_CVA6_LEVELS=${levels} PARENT_SCOPE)
  else()
    set(adapter_defines "" PARENT_SCOPE)
  endif()
  set(adapter_files ${files} PARENT_SCOPE)
  set(adapter_module ${module} PARENT_SCOPE)
endfunction()

# Called by descriptions. The lint rules of this repository do not apply to external sources.
function(tablewalk_foreign_walker name)
  foreign_checked("${name}" ${ARGN})
  foreign_paths(${name} sources ${W_SOURCES})
  foreign_paths(${name} includes ${W_INCLUDES})
  foreign_adapter(${name} ${W_ADAPTER})
  list(POP_BACK adapter_files adapter)

  # The module that the adapter instantiates.
  list(TRANSFORM W_PARAMETERS REPLACE "^([^=]*)=(.*)$" ".\\1(\\2)" OUTPUT_VARIABLE parameters)
  list(TRANSFORM parameters PREPEND ", " OUTPUT_VARIABLE further_parameters)
  string(REPLACE ";" "" further_parameters "${further_parameters}")
  string(REPLACE ";" ", " parameters "${parameters}")
  set(instance ${PROJECT_BINARY_DIR}/${foreign_target}/${name}.sv)
  file(CONFIGURE OUTPUT ${instance} @ONLY CONTENT
"// Made by cmake/foreign_walkers.cmake.
`define TABLEWALK_WALKER ${W_TOP}
`define TABLEWALK_WALKER_PARAMETERS ${parameters}
`define TABLEWALK_WALKER_FURTHER_PARAMETERS ${further_parameters}
`define TABLEWALK_WALKER_SLOTS ${W_SLOTS}
")
  list(APPEND W_DEFINES ${adapter_defines})
  list(TRANSFORM W_DEFINES PREPEND -D)
  list(APPEND includes ${PROJECT_SOURCE_DIR}/rtl)
  list(TRANSFORM includes PREPEND -I)
  verilate(${foreign_target} PREFIX ${class} TOP_MODULE ${adapter_module} TRACE_FST
           SOURCES ${rtl_sources} ${instance} ${adapter_files} ${sources} ${adapter}
           VERILATOR_ARGS -O3 --x-assign fast --x-initial fast -Wno-fatal -Wno-lint -Wno-style -GIdWidth=${rtl_id_bits}
           ${W_DEFINES} ${includes} ${W_ARGUMENTS})
  rtl_bundle(${foreign_target} ${class})

  list(JOIN W_MODES "\", \"" modes)
  list(TRANSFORM W_REQUIRES REPLACE "^([^=]*)=(.*)$" "{\"\\1\", \"\\2\"}" OUTPUT_VARIABLE requirements)
  string(REPLACE ";" ", " requirements "${requirements}")
  set_property(GLOBAL APPEND_STRING PROPERTY ${foreign_target}_includes "#include \"${class}.h\"\n")
  set_property(GLOBAL APPEND_STRING PROPERTY ${foreign_target}_entries "  walkers.push_back({\"${name}\",\n\
                     make_variant<${class}>(\"${name}\", ${W_SLOTS}, ${rtl_id_bits}),\n\
                     {\"${modes}\"},\n                     {${requirements}}});\n")
endfunction()

# tablewalk_foreign_walkers(TARGET DESCRIPTION...): adds foreign_walkers() of model/walker/foreign_description.h to the
# library.
function(tablewalk_foreign_walkers foreign_target)
  foreach(description IN LISTS ARGN)
    get_filename_component(description ${description} ABSOLUTE BASE_DIR ${PROJECT_SOURCE_DIR})
    if(NOT EXISTS ${description})
      foreign_wrong("${description}: no such file")
    endif()
    include(${description})
  endforeach()
  get_property(includes GLOBAL PROPERTY ${foreign_target}_includes)
  get_property(entries GLOBAL PROPERTY ${foreign_target}_entries)
  set(list ${PROJECT_BINARY_DIR}/${foreign_target}_foreign.cpp)
  file(CONFIGURE OUTPUT ${list} @ONLY CONTENT
"// Made by cmake/foreign_walkers.cmake.
@includes@
#include \"walker/foreign_description.h\"
#include \"walker/verilated_walker.h\"

namespace tablewalk {
namespace {

template <class Verilated>
RtlVariant make_variant(const std::string& name, unsigned slots, unsigned id_bits) {
  static_assert(IsAdapter<Verilated>::value, \"the adapter of this foreign walker has no output violation_o\");
  RtlVariant variant;
  variant.name = \"walker '\" + name + \"'\";
  variant.slots = slots;
  variant.id_bits = id_bits;
  variant.make = [] { return std::unique_ptr<RtlModel>(std::make_unique<VerilatedWalker<Verilated>>()); };
  return variant;
}

std::vector<ForeignDescription> all() {
  std::vector<ForeignDescription> walkers;
@entries@  return walkers;
}

}  // namespace

const std::vector<ForeignDescription>& foreign_walkers() {
  static const std::vector<ForeignDescription> walkers = all();
  return walkers;
}

}  // namespace tablewalk
")
  target_sources(${foreign_target} PRIVATE ${list})
endfunction()
