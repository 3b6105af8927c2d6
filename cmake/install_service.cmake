# Installs the service and its configuration; `packaging` is the folder with their sources, `work` one for what is made of them.
# An existing configuration is kept.
set(etc "${CMAKE_INSTALL_PREFIX}/etc")
if(CMAKE_INSTALL_PREFIX STREQUAL "/usr")
  set(etc "/etc")
endif()
set(bindir "${CMAKE_INSTALL_PREFIX}/bin")
# Others may install the same build at once.
string(RANDOM LENGTH 12 unique)
set(unit_folder "${work}/${unique}")
configure_file("${packaging}/fulmar.service.in" "${unit_folder}/fulmar.service" @ONLY)
file(INSTALL DESTINATION "${CMAKE_INSTALL_PREFIX}/lib/systemd/system" TYPE FILE FILES "${unit_folder}/fulmar.service")
file(REMOVE_RECURSE "${unit_folder}")
if(NOT EXISTS "$ENV{DESTDIR}${etc}/fulmar/broker.properties")
  file(INSTALL DESTINATION "${etc}/fulmar" TYPE FILE FILES "${packaging}/broker.properties")
endif()
