# Run by CPack once all is installed below the folder that becomes the package: what Debian's policy asks of a package.
set(root ${CPACK_TEMPORARY_INSTALL_DIRECTORY})
set(doc ${root}/usr/share/doc/fulmar)
file(REMOVE ${doc}/LICENSE)  # the copyright file names it, and Debian has it in common-licenses
file(COPY_FILE ${CPACK_FULMAR_PACKAGING}/debian/copyright ${doc}/copyright)
file(CHMOD ${doc}/copyright PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
file(COPY ${CPACK_FULMAR_PACKAGING}/debian/lintian-overrides DESTINATION ${root}/usr/share/lintian/overrides)
file(RENAME ${root}/usr/share/lintian/overrides/lintian-overrides ${root}/usr/share/lintian/overrides/fulmar)
# Its newest entry is this package's version.
file(READ ${CPACK_FULMAR_PACKAGING}/debian/changelog changelog)
set(version "${CPACK_PACKAGE_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE}")
string(REGEX REPLACE "^fulmar \\([^)]*\\)" "fulmar (${version})" changelog "${changelog}")
file(WRITE ${doc}/changelog.Debian "${changelog}")
execute_process(COMMAND gzip -9nf ${doc}/changelog.Debian COMMAND_ERROR_IS_FATAL ANY)
file(CHMOD_RECURSE ${doc} ${root}/usr/share/lintian FILE_PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ
     DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
