# `cmake --install`: the program, and its libraries for find_package(tablewalk) (docs/embedding.md). Two components:
# program and development.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)
set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/tablewalk)

install(TARGETS tablewalk RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT program)

# The folders of model/ as tablewalk::FOLDER, and the hardware, which the walker links.
get_property(exported GLOBAL PROPERTY tablewalk_libraries)
list(APPEND exported tablewalk_rtl)
foreach(library IN LISTS exported)
  string(REPLACE tablewalk_ "" name ${library})
  set_target_properties(${library} PROPERTIES EXPORT_NAME ${name})
endforeach()
# Only the hardware's own code includes what Verilator made.
get_target_property(verilated tablewalk_rtl INTERFACE_INCLUDE_DIRECTORIES)
set_target_properties(tablewalk_rtl PROPERTIES INTERFACE_INCLUDE_DIRECTORIES "$<BUILD_INTERFACE:${verilated}>")
install(TARGETS ${exported} EXPORT tablewalk
        ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT development
        INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/tablewalk)
install(DIRECTORY ${TABLEWALK_MODEL_FOLDER}/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/tablewalk COMPONENT development
        FILES_MATCHING PATTERN "*.h" PATTERN cli EXCLUDE PATTERN page EXCLUDE)
# Intermediate code for link-time optimisation fits only the same release of the compiler. The machine code stays.
install(CODE "file(GLOB libraries \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_LIBDIR}/libtablewalk_*.a\")
  execute_process(COMMAND ${CMAKE_STRIP} --strip-debug --remove-section=.gnu.lto_* --remove-section=.gnu.debuglto_*
                          --enable-deterministic-archives \${libraries} COMMAND_ERROR_IS_FATAL ANY)"
        COMPONENT development)

install(EXPORT tablewalk NAMESPACE tablewalk:: FILE tablewalk-targets.cmake DESTINATION ${package_folder}
        COMPONENT development)
configure_package_config_file(cmake/tablewalk-config.cmake.in ${PROJECT_BINARY_DIR}/tablewalk-config.cmake
                              INSTALL_DESTINATION ${package_folder})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/tablewalk-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/tablewalk-config.cmake ${PROJECT_BINARY_DIR}/tablewalk-config-version.cmake
              cmake/tablewalk-dependencies.cmake DESTINATION ${package_folder} COMPONENT development)

# The program writes its manual pages itself. The scripts for the shells ask it what fits.
install(CODE "set(man \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_MANDIR}/man1\")
  execute_process(COMMAND \"$<TARGET_FILE:tablewalk>\" man \"\${man}\" COMMAND_ERROR_IS_FATAL ANY)
  file(GLOB pages \"\${man}/tablewalk*.1\")
  execute_process(COMMAND gzip -9nf \${pages} COMMAND_ERROR_IS_FATAL ANY)"
        COMPONENT program)
install(FILES packaging/tablewalk.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions
        RENAME tablewalk COMPONENT program)
install(FILES packaging/_tablewalk DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions COMPONENT program)
install(FILES packaging/tablewalk.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d
        COMPONENT program)

# The terms of what is compiled in, from Debian's packages of it.
set(terms "")
foreach(package node-d3 libcli11-dev nlohmann-json3-dev verilator)
  if(EXISTS /usr/share/doc/${package}/copyright)
    file(READ /usr/share/doc/${package}/copyright of_package)
    string(APPEND terms "\n\n==== The program contains parts of Debian's ${package}:\n\n${of_package}")
  endif()
endforeach()
file(READ packaging/copyright own_terms)
file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/copyright CONTENT "@own_terms@@terms@" @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/copyright DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/tablewalk COMPONENT program)

# `cpack --config build/release/CPackConfig.cmake`: a Debian package of the program.
set(TABLEWALK_MAINTAINER "The maintainers of tablewalk <maintainers@tablewalk.invalid>" CACHE STRING
  "Maintainer in the Debian package: NAME <ADDRESS>")
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME tablewalk)
set(CPACK_PACKAGE_CONTACT "${TABLEWALK_MAINTAINER}")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "cycle-level model of address translation, driven by traces")
set(CPACK_DEBIAN_PROGRAM_DESCRIPTION
"Replays the memory accesses of a program through a SystemC model of TLBs,
page-table walkers, caches and DRAM, and shows what address translation
costs, cycle by cycle. Page tables are real: flat, or radix tables of any
number of levels. Presets, a course on virtual memory and the pages of its
reports are built in.")
set(CPACK_STRIP_FILES ON)
set(CPACK_COMPONENTS_ALL program)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_NAME tablewalk)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "valgrind, libcapstone4")  # to capture traces
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
  OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
include(CPack)
