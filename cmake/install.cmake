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
