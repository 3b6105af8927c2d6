# Run by `cmake --install`: installs `headers` of `source` under include/fulmar, with includes of each other that no file of the
# user's project can be mistaken for: "sim/world.h" becomes <fulmar/sim/world.h>. The copies are made in a folder of this run
# alone, since one build may be installed by several at a time.
string(RANDOM LENGTH 16 run)
foreach(header ${headers})
  file(READ ${source}/${header} text)
  string(REGEX REPLACE "#include \"([a-z_]+/[a-z_/]+\\.h)\"" "#include <fulmar/\\1>" text "${text}")
  get_filename_component(folder ${header} DIRECTORY)
  file(WRITE ${work}/${run}/${header} "${text}")
  file(INSTALL ${work}/${run}/${header} DESTINATION ${CMAKE_INSTALL_PREFIX}/include/fulmar/${folder})
endforeach()
file(REMOVE_RECURSE ${work}/${run})
