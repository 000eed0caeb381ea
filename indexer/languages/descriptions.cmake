# Reads indexer/languages/<name>/language.json and writes a C++ table of them (language_table.h says of what).
# docs/languages.md describes the keys. What is wrong in a description stops the configure step with the file, the key
# and what was expected.

function(language_error key expected)
  message(FATAL_ERROR "indexer/languages/${name}/language.json: \"${key}\": ${expected}")
endfunction()

# Every key of the JSON object must be one of those given; `inside` is the object's own key and a dot, or nothing.
function(check_keys object inside)
  string(JSON count LENGTH "${object}")
  foreach(i RANGE ${count})
    if(i LESS count)
      string(JSON key MEMBER "${object}" ${i})
      if(NOT key IN_LIST ARGN)
        string(JOIN ", " known ${ARGN})
        language_error("${inside}${key}" "no such key; expected one of ${known}")
      endif()
    endif()
  endforeach()
endfunction()

# read_value(OUT OBJECT TYPE KEY [DEFAULT]): a STRING (not empty) or BOOLEAN. Without a default it must be there.
function(read_value out object type key)
  string(JSON actual ERROR_VARIABLE missing TYPE "${object}" "${key}")
  if(missing)
    if(ARGC LESS 5)
      language_error("${key}" "missing; expected a ${type}")
    endif()
    set(${out} "${ARGV4}" PARENT_SCOPE)
    return()
  endif()
  string(JSON value GET "${object}" "${key}")
  if(NOT actual STREQUAL type OR value STREQUAL "")
    language_error("${key}" "expected a ${type}, not an ${actual} or nothing")
  endif()
  set(${out} "${value}" PARENT_SCOPE)
endfunction()

# Text -> C++ string literal.
function(quote out text)
  string(REPLACE "\\" "\\\\" text "${text}")
  string(REPLACE "\"" "\\\"" text "${text}")
  set(${out} "\"${text}\"" PARENT_SCOPE)
endfunction()

# read_names(OUT OBJECT KEY [CLAIM]): an array of strings -> `"a", "b"`; nothing where the key is missing. With CLAIM no
# other language may have one of the same.
function(read_names out object key)
  set(${out} "" PARENT_SCOPE)
  string(JSON type ERROR_VARIABLE missing TYPE "${object}" "${key}")
  if(missing)
    return()
  endif()
  set(count 0)
  if(type STREQUAL "ARRAY")
    string(JSON count LENGTH "${object}" "${key}")
  endif()
  if(count EQUAL 0)
    language_error("${key}" "expected an array of strings that is not empty")
  endif()
  math(EXPR last "${count} - 1")
  set(list "")
  foreach(i RANGE ${last})
    string(JSON type TYPE "${object}" "${key}" ${i})
    string(JSON word GET "${object}" "${key}" ${i})
    if(NOT type STREQUAL "STRING" OR word STREQUAL "")
      language_error("${key}" "element ${i}: expected a string that is not empty")
    endif()
    if("CLAIM" IN_LIST ARGN)
      get_property(owner GLOBAL PROPERTY "curlew_${key}_${word}")
      if(owner)
        language_error("${key}" "\"${word}\" belongs to indexer/languages/${owner} already")
      endif()
      set_property(GLOBAL PROPERTY "curlew_${key}_${word}" ${name})
    endif()
    quote(word "${word}")
    string(APPEND list ", ${word}")
  endforeach()
  string(SUBSTRING "${list}" 2 -1 list)
  set(${out} "${list}" PARENT_SCOPE)
endfunction()

# The grammar's package is compiled: sets OUT to the name of the function that its parser.c defines.
function(read_grammar out object)
  string(JSON type TYPE "${object}" grammar)
  if(NOT type STREQUAL "OBJECT")
    language_error(grammar "expected an object")
  endif()
  string(JSON grammar GET "${object}" grammar)
  check_keys("${grammar}" "grammar." package folder symbol guard_scanner)
  read_value(package "${grammar}" STRING package)
  read_value(folder "${grammar}" STRING folder ".")
  read_value(symbol "${grammar}" STRING symbol tree_sitter_${name})
  read_value(guard "${grammar}" STRING guard_scanner none)
  if(NOT EXISTS ${CURLEW_GRAMMAR_MODULES}/${package}/${folder}/src/parser.c)
    language_error(grammar "no ${package}/${folder}/src/parser.c is installed; expected a package of \
indexer/grammars/package.json (`make setup` installs them)")
  endif()
  if(NOT EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/${name}/tags.scm)
    language_error(grammar "expected its queries in indexer/languages/${name}/tags.scm")
  endif()
  curlew_grammar(${name} ${package}/${folder})
  if(guard STREQUAL "overflow")
    curlew_guard_scanner(${name} ${symbol})
  elseif(guard STREQUAL "leak")
    curlew_guard_scanner(${name} ${symbol} CURLEW_SAVE_FIRST)
  elseif(NOT guard STREQUAL "none")
    language_error(grammar.guard_scanner "expected \"overflow\" or \"leak\"")
  endif()
  set(${out} ${symbol} PARENT_SCOPE)
endfunction()

# Appends what <name>/language.json says to the C++ texts `declarations`, `lists` and `rows`.
function(add_language name)
  set(file ${CMAKE_CURRENT_SOURCE_DIR}/${name}/language.json)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
  file(READ ${file} text)
  string(JSON type ERROR_VARIABLE error TYPE "${text}")
  if(error OR NOT type STREQUAL "OBJECT")
    message(FATAL_ERROR "indexer/languages/${name}/language.json: expected a JSON object (${error})")
  endif()
  check_keys("${text}" "" lsp_id extensions file_names interpreters editor_modes line_comment block_comment separator
    code grammar)
  read_value(lsp_id "${text}" STRING lsp_id)
  read_value(line_comment "${text}" STRING line_comment "")
  read_value(separator "${text}" STRING separator ".")
  read_value(code "${text}" BOOLEAN code)
  read_names(extensions "${text}" extensions CLAIM)
  read_names(file_names "${text}" file_names CLAIM)
  read_names(interpreters "${text}" interpreters CLAIM)
  read_names(editor_modes "${text}" editor_modes CLAIM)
  read_names(block_comment "${text}" block_comment)

  set(row "    {.name = \"${name}\",\n")
  quote(lsp_id "${lsp_id}")
  string(APPEND row "     .lsp_id = ${lsp_id},\n")
  set(list "")
  foreach(key extensions file_names interpreters editor_modes)
    if(NOT ${key} STREQUAL "")
      string(APPEND list "constexpr Name ${key}[] = {${${key}}};\n")
      string(APPEND row "     .${key} = ${name}::${key},\n")
    endif()
  endforeach()
  quote(line_comment "${line_comment}")
  string(APPEND row "     .line_comment = ${line_comment},\n")
  if(NOT block_comment STREQUAL "")
    string(APPEND row "     .block_comment = {${block_comment}},\n")
  endif()
  string(JSON type ERROR_VARIABLE missing TYPE "${text}" grammar)
  if(NOT missing)
    read_grammar(symbol "${text}")
    set(declarations "${declarations}const TSLanguage* ${symbol}();\n" PARENT_SCOPE)
    string(APPEND row "     .grammar = ${symbol},\n")
  endif()
  quote(separator "${separator}")
  string(REPLACE ON true code ${code})  # string(JSON) gives booleans as ON and OFF
  string(REPLACE OFF false code ${code})
  string(APPEND row "     .code = ${code},\n     .separator = ${separator}},\n")
  if(NOT list STREQUAL "")
    set(lists "${lists}namespace ${name} {\n${list}}  // namespace ${name}\n\n" PARENT_SCOPE)
  endif()
  set(rows "${rows}${row}" PARENT_SCOPE)
endfunction()

# Writes the table of every folder here that has a language.json; compiles their grammars.
function(write_language_table output)
  file(GLOB files CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*/language.json)
  list(SORT files)
  set(declarations "")
  set(lists "")
  set(rows "")
  foreach(file IN LISTS files)
    cmake_path(GET file PARENT_PATH folder)
    cmake_path(GET folder FILENAME name)
    add_language(${name})
  endforeach()
  file(CONFIGURE OUTPUT ${output} @ONLY CONTENT [[
// Generated from indexer/languages/*/language.json.
#include "indexer/source/language_table.h"

extern "C" {
@declarations@}

namespace curlew::indexer {
namespace {

using Name = std::string_view;

@lists@constexpr Language kLanguages[] = {
@rows@};

}  // namespace

std::span<const Language> language_table() { return kLanguages; }

}  // namespace curlew::indexer
]])
endfunction()
