# Writes OUTPUT, a C++ file that defines tag_queries[] from LANGUAGES/*/tags.scm. Run by CMakeLists.txt beside it.
function(read_query name out)
  file(READ ${LANGUAGES}/${name}/tags.scm text)
  if(text MATCHES "^; inherits: ([a-z_]+)\n")
    read_query(${CMAKE_MATCH_1} inherited)
    string(APPEND text "\n${inherited}")
  endif()
  set(${out} "${text}" PARENT_SCOPE)
endfunction()

file(GLOB files ${LANGUAGES}/*/tags.scm)
list(SORT files)
set(rows "")
foreach(file IN LISTS files)
  get_filename_component(folder ${file} DIRECTORY)
  get_filename_component(name ${folder} NAME)
  read_query(${name} text)
  string(APPEND rows "    {\"${name}\", R\"scm(${text})scm\"},\n")
endforeach()
file(WRITE ${OUTPUT} "// Generated from indexer/languages/*/tags.scm.\n#include \"indexer/source/tag_queries.h\"\n
namespace curlew::indexer {\n
namespace {
constexpr TagQuery kQueries[] = {
${rows}};
}  // namespace\n
std::span<const TagQuery> tag_queries() { return kQueries; }\n
}  // namespace curlew::indexer\n")
