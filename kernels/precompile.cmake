# curlew_precompile(), for every project that builds folders of ours: this one and tests/gpu.
option(CURLEW_PRECOMPILE "Read the headers that most files include once (CMake's precompiled headers)" ON)

# GCC 12 no longer knows std::string's own code for a system header's there, and takes it to write out of bounds.
set(curlew_precompiled_warnings $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict;-Wno-array-bounds;-Wno-stringop-overflow>)

# curlew_precompile(TARGET HEADERS...): what most of its files include, and these. Every file still includes what it
# uses: the debug and sanitizer presets precompile nothing.
function(curlew_precompile target)
  if(CURLEW_PRECOMPILE)
    target_precompile_headers(${target} PRIVATE <algorithm> <chrono> <cstdint> <filesystem> <functional> <map> <memory>
      <mutex> <optional> <set> <span> <string> <string_view> <unordered_map> <utility> <vector>
      <fmt/format.h> <tl/expected.hpp> ${ARGN})
    target_compile_options(${target} PRIVATE ${curlew_precompiled_warnings})
  endif()
endfunction()
