# A short run of every fuzz target as a test (label "fuzz"), by whatever compiler the tests are built with; README.md
# says why this and not libFuzzer.
include(${CMAKE_CURRENT_LIST_DIR}/targets.cmake)
set(fuzz_dir ${CMAKE_CURRENT_LIST_DIR})

add_library(fuzz_short_run OBJECT ${fuzz_dir}/short_run.cpp ${fuzz_dir}/mutator.cpp ${fuzz_dir}/gguf_draft.cpp
  ${fuzz_dir}/json_damage.cpp ${fuzz_dir}/seed_files.cpp ${fuzz_dir}/memory_folder.cpp)
target_link_libraries(fuzz_short_run PUBLIC curlew_flags nlohmann_json::nlohmann_json)
target_compile_definitions(fuzz_short_run PRIVATE CURLEW_SOURCE_DIR="${PROJECT_SOURCE_DIR}")

foreach(target IN LISTS curlew_fuzz_targets)
  add_executable(${target}_fuzz_short ${fuzz_dir}/${target}_fuzz.cpp $<TARGET_OBJECTS:fuzz_short_run>)
  target_link_libraries(${target}_fuzz_short PRIVATE curlew_model curlew_indexer curlew_assist nlohmann_json::nlohmann_json)
  add_test(NAME fuzz_${target} COMMAND ${target}_fuzz_short --runs 20000 --seconds 10)
  set_tests_properties(fuzz_${target} PROPERTIES LABELS fuzz TIMEOUT 120)
endforeach()
