# Writes OUTPUT, a C++ file that defines tag_queries() from LANGUAGES/*/tags.scm and scope_queries() from
# LANGUAGES/*/scopes.scm. Run by CMakeLists.txt beside it.
function(read_query name kind out)
  file(READ ${LANGUAGES}/${name}/${kind}.scm text)
  if(text MATCHES "^; inherits: ([a-z_]+)\n")
    read_query(${CMAKE_MATCH_1} ${kind} inherited)
    string(APPEND text "\n${inherited}")
  endif()
  set(${out} "${text}" PARENT_SCOPE)
endfunction()

function(read_rows kind out)
  file(GLOB files ${LANGUAGES}/*/${kind}.scm)
  list(SORT files)
  set(rows "")
  foreach(file IN LISTS files)
    get_filename_component(folder ${file} DIRECTORY)
    get_filename_component(name ${folder} NAME)
    read_query(${name} ${kind} text)
    string(APPEND rows "    {\"${name}\", R\"scm(${text})scm\"},\n")
  endforeach()
  set(${out} "${rows}" PARENT_SCOPE)
endfunction()

read_rows(tags tags)
read_rows(scopes scopes)
file(WRITE ${OUTPUT} "// Generated from indexer/languages/*/*.scm.\n#include \"indexer/source/query_files.h\"\n
namespace curlew::indexer {\n
namespace {
constexpr QueryFile kTags[] = {
${tags}};
constexpr QueryFile kScopes[] = {
${scopes}};
}  // namespace\n
std::span<const QueryFile> tag_queries() { return kTags; }
std::span<const QueryFile> scope_queries() { return kScopes; }\n
}  // namespace curlew::indexer\n")
