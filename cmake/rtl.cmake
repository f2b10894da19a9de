# The hardware in rtl/ as C++ by Verilator.

find_package(verilator 5 REQUIRED HINTS $ENV{VERILATOR_ROOT} /usr/share/verilator)

# The package first: everything names it.
file(GLOB rtl_modules CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/rtl/*.sv)
list(REMOVE_ITEM rtl_modules ${PROJECT_SOURCE_DIR}/rtl/tablewalk_pkg.sv)
set(rtl_sources ${PROJECT_SOURCE_DIR}/rtl/lint.vlt ${PROJECT_SOURCE_DIR}/rtl/tablewalk_pkg.sv ${rtl_modules})

# tablewalk_verilated(NAME MODULE [ARGUMENT]...): a static library of the class `NAME` (header NAME.h), made of the
# module with these arguments of Verilator. Always optimised: unoptimised it is an order of magnitude slower.
function(tablewalk_verilated name module)
  cmake_parse_arguments(VERILATED "" "" "SOURCES" ${ARGN})
  add_library(${name} STATIC)
  verilate(${name} PREFIX ${name} TOP_MODULE ${module} SOURCES ${rtl_sources} ${VERILATED_SOURCES}
           VERILATOR_ARGS -O3 --x-assign fast --x-initial fast -Wall ${VERILATED_UNPARSED_ARGUMENTS})
  target_compile_options(${name} PRIVATE -w -O3)
  # Its headers are not held to the warnings of this project.
  get_target_property(directories ${name} INTERFACE_INCLUDE_DIRECTORIES)
  if(NOT directories)
    get_target_property(directories ${name} INCLUDE_DIRECTORIES)
  endif()
  target_include_directories(${name} SYSTEM INTERFACE ${directories})
endfunction()
