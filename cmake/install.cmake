# What `cmake --install` gives to other C++23 projects (docs/library.md): the parts that know nothing of Kafka, as static
# libraries with a package configuration (component `library`). programs.cmake installs the programs.

set(package_dir lib/cmake/fulmar)

# The runtime is one library to its users.
add_library(fulmar_runtime INTERFACE)
target_link_libraries(fulmar_runtime INTERFACE fulmar_base fulmar_fiber fulmar_host fulmar_real)

# Each target, and its name after fulmar::.
set(exported
  fulmar_base base
  fulmar_fiber fiber
  fulmar_host host
  fulmar_real real
  fulmar_runtime runtime
  fulmar_world sim
  fulmar_faults faults
  fulmar_checkers_base checkers
  fulmar_reports reports
  fulmar_campaign campaign)
while(exported)
  list(POP_FRONT exported target name)
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${name})
  add_library(fulmar::${name} ALIAS ${target})
  install(TARGETS ${target} EXPORT fulmar ARCHIVE DESTINATION lib COMPONENT library INCLUDES DESTINATION include)
endwhile()
install(EXPORT fulmar NAMESPACE fulmar:: FILE fulmar-targets.cmake DESTINATION ${package_dir} COMPONENT library)

# The headers of the interface. No other header is installed, so none of these may include another; a test compiles each alone.
set(public_headers
  runtime/base/assert.h runtime/base/bytes.h runtime/base/mark.h runtime/base/random.h runtime/base/result.h runtime/base/time.h
  runtime/fiber/at_once.h runtime/fiber/condition.h runtime/fiber/event.h runtime/fiber/fiber.h runtime/fiber/future.h
  runtime/fiber/group.h runtime/fiber/mutex.h runtime/fiber/queue.h runtime/fiber/scheduler.h runtime/fiber/semaphore.h
  runtime/fiber/slices.h runtime/fiber/stack_pool.h runtime/fiber/timer.h runtime/fiber/wait_list.h
  runtime/host/clock.h runtime/host/disk.h runtime/host/entropy.h runtime/host/host.h runtime/host/log.h runtime/host/log_levels.h runtime/host/network.h
  runtime/real/io_backend.h runtime/real/log_output.h runtime/real/process.h
  sim/disk.h sim/disk_image.h sim/happening.h sim/network.h sim/process.h sim/scheduler.h sim/sim_domain.h sim/stream.h sim/trace.h sim/world.h
  faults/fault.h faults/file_damage.h faults/injector.h faults/kinds.h faults/plan.h faults/planner.h faults/setting.h
  checkers/base/digraph.h checkers/base/linearizability.h checkers/base/linearization.h checkers/base/operations.h
  checkers/base/outcome.h checkers/base/violation.h checkers/base/writes.h
  reports/life_report.h
  campaign/command_line.h campaign/counts.h campaign/exit_codes.h campaign/follow.h campaign/life_marks.h campaign/life_record.h campaign/life_view.h
  campaign/own_report.h campaign/plan_check.h campaign/recorded_operations.h campaign/scenario.h campaign/simulator.h)
# Users include them as <fulmar/sim/world.h>: a copy with such includes is made when they are installed.
install(CODE "set(source \"${CMAKE_SOURCE_DIR}\")\nset(work \"${CMAKE_BINARY_DIR}/include\")\nset(headers ${public_headers})" COMPONENT library)
install(SCRIPT cmake/install_headers.cmake COMPONENT library)

include(CMakePackageConfigHelpers)
write_basic_package_version_file(${CMAKE_BINARY_DIR}/fulmar-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES cmake/fulmar-config.cmake ${CMAKE_BINARY_DIR}/fulmar-config-version.cmake DESTINATION ${package_dir} COMPONENT library)
install(FILES LICENSE DESTINATION share/doc/fulmar COMPONENT library)
install(FILES runtime/fiber/fibers_gdb.py DESTINATION share/fulmar COMPONENT library)
