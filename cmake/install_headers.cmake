# Run by `cmake --install`: installs `headers` of `source` under include/fulmar, with includes of each other that no file of the
# user's project can be mistaken for: "sim/world.h" becomes <fulmar/sim/world.h>.
foreach(header ${headers})
  file(READ ${source}/${header} text)
  string(REGEX REPLACE "#include \"([a-z_]+/[a-z_/]+\\.h)\"" "#include <fulmar/\\1>" text "${text}")
  get_filename_component(folder ${header} DIRECTORY)
  file(WRITE ${work}/fulmar/${header} "${text}")
  file(INSTALL ${work}/fulmar/${header} DESTINATION ${CMAKE_INSTALL_PREFIX}/include/fulmar/${folder})
endforeach()
