# The Debian package, which `./dev package` builds: the component `programs` under /usr, the service's user, and what becomes of
# configuration and data. Its dependencies are those of the programs, by dpkg-shlibdeps.

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME fulmar)
set(CPACK_PACKAGE_CONTACT "Fulmar maintainers <maintainers@fulmar.example>")
set(CPACK_PACKAGE_DIRECTORY ${CMAKE_BINARY_DIR}/package)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_INSTALL_PREFIX /usr)
set(CPACK_SET_DESTDIR ON)
set(CPACK_INSTALL_CMAKE_PROJECTS "${CMAKE_BINARY_DIR};fulmar;programs;/")
set(CPACK_STRIP_FILES ON)

set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "adduser, init-system-helpers (>= 1.52)")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
    "message broker that speaks the Kafka protocol
One binary, without a JVM, that any Kafka client, Kafka Streams, Connect and
MirrorMaker talk to: topics, consumer groups, transactions, clusters whose
partitions are Raft groups.
.
With it comes a simulator, fulmar-sim, which runs that same broker through
seeded crashes, partitions, disk errors and clock faults, and checks what
holds.")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
    ${packaging}/debian/postinst ${packaging}/debian/prerm ${packaging}/debian/postrm ${packaging}/debian/conffiles)
set(CPACK_PRE_BUILD_SCRIPTS ${CMAKE_SOURCE_DIR}/cmake/package_files.cmake)
set(CPACK_FULMAR_PACKAGING ${packaging})
include(CPack)
