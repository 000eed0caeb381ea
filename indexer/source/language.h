// The languages Curlew parses, and how a file's language is known.
//
// A language is one folder indexer/languages/<name>/: language.json describes it, tags.scm has its
// queries. Adding one: docs/languages.md.
#pragma once

#include <optional>
#include <span>
#include <string_view>

struct TSLanguage;

namespace curlew::indexer {

struct Language {
  std::string_view name = "";                           // "cpp"; also the folder's name
  std::string_view lsp_id = "";                         // "cpp", "typescriptreact": LSP languageId
  std::span<const std::string_view> extensions = {};    // without the dot, lower case
  std::span<const std::string_view> file_names = {};    // whole names: "Makefile.am", ".bashrc"
  std::span<const std::string_view> interpreters = {};  // of "#!" lines, without the version
  std::span<const std::string_view> editor_modes = {};  // Emacs', lower case: "c++"
  std::string_view line_comment = "";                   // "//", "#"; "" where there is none
  struct {
    std::string_view open = "", close = "";
  } block_comment = {};                      // "/*" and "*/"; "" where there is none
  const TSLanguage* (*grammar)() = nullptr;  // null: known by name only, cut at blank lines
  std::string_view tags_query = "";          // definitions and references: tags.scm
  std::string_view scopes_query = "";        // parameters and locals: scopes.scm; "": none
  bool code = true;                          // false for data and prose (JSON, Markdown)
  std::string_view separator = ".";          // between a container and what it contains: "::"
};

std::span<const Language> languages();

// By file name and extension, then, for a file without either, by a "#!" line or an Emacs mode line
// ("-*- C++ -*-", which the headers of libstdc++ carry). Null when it is none of ours. `head` is
// the beginning of the text, may be empty. ".h" is C++, whose grammar accepts nearly all of C.
const Language* language_of(std::string_view path, std::string_view head);
// The same; where path and head say nothing, by LSP's languageId. "" for none.
const Language* language_of(std::string_view path, std::string_view head, std::string_view lsp_id);
const Language* language_by_name(std::string_view name);

}  // namespace curlew::indexer
