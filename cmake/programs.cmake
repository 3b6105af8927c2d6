# What `cmake --install BUILD --component programs` gives a machine: the programs, their manual pages and completions, which are
# made from what the programs say of themselves, the service and an example of its configuration, and the documentation.

set(manual ${CMAKE_BINARY_DIR}/manual)
set(manual_files man1/fulmar.1.gz man1/fulmar-sim.1.gz man5/broker.properties.5.gz bash/fulmar bash/fulmar-sim zsh/_fulmar zsh/_fulmar-sim)
list(TRANSFORM manual_files PREPEND ${manual}/)
set(packaging ${CMAKE_SOURCE_DIR}/packaging)
add_custom_command(
  OUTPUT ${manual_files}
  COMMAND /usr/bin/python3 -B ${packaging}/manual.py $<TARGET_FILE:fulmar> $<TARGET_FILE:fulmar-sim> ${CMAKE_SOURCE_DIR} ${manual}
  DEPENDS fulmar fulmar-sim docs/configuration.md packaging/manual.py packaging/help_texts.py packaging/man_pages.py packaging/completions.py
  VERBATIM)
add_custom_target(fulmar_manual ALL DEPENDS ${manual_files})

set(CMAKE_INSTALL_DEFAULT_COMPONENT_NAME programs)
install(TARGETS fulmar fulmar-sim RUNTIME DESTINATION bin)
install(DIRECTORY ${manual}/man1 ${manual}/man5 DESTINATION share/man)
install(FILES ${manual}/bash/fulmar ${manual}/bash/fulmar-sim DESTINATION share/bash-completion/completions)
install(FILES ${manual}/zsh/_fulmar ${manual}/zsh/_fulmar-sim DESTINATION share/zsh/vendor-completions)
file(GLOB documents CONFIGURE_DEPENDS docs/*.md)
install(FILES README.md LICENSE ${documents} DESTINATION share/doc/fulmar)
install(DIRECTORY docs/monitoring DESTINATION share/doc/fulmar)

# Under /usr the configuration belongs into /etc; elsewhere it stays below the prefix, as everything else.
install(CODE "set(packaging \"${packaging}\")\nset(work \"${CMAKE_BINARY_DIR}/packaging\")")
install(SCRIPT cmake/install_service.cmake)
unset(CMAKE_INSTALL_DEFAULT_COMPONENT_NAME)
