# Builds for 64-bit ARM on another machine, with Debian's cross compiler, and runs the tests in qemu. The libraries come
# from a sysroot that aarch64_sysroot makes; tests/kernels/README.md has the commands.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CURLEW_SYSROOT ${CMAKE_CURRENT_LIST_DIR}/../../build/aarch64-sysroot CACHE PATH "Made by aarch64_sysroot")
set(CURLEW_QEMU_CPU max CACHE STRING "The CPU that qemu-aarch64 plays: max has dotprod, cortex-a53 has not")
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES CURLEW_SYSROOT)

set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
get_filename_component(CMAKE_SYSROOT ${CURLEW_SYSROOT} ABSOLUTE)
set(CMAKE_LIBRARY_ARCHITECTURE aarch64-linux-gnu)
set(LLD_PROGRAM "" CACHE FILEPATH "The cross compiler finds no linker but its own")
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64 -cpu ${CURLEW_QEMU_CPU} -L ${CMAKE_SYSROOT})

set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(ENV{PKG_CONFIG_SYSROOT_DIR} ${CMAKE_SYSROOT})
set(ENV{PKG_CONFIG_LIBDIR} ${CMAKE_SYSROOT}/usr/lib/aarch64-linux-gnu/pkgconfig:${CMAKE_SYSROOT}/usr/share/pkgconfig)
