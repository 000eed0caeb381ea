#include "lsp/assist/edit/parse_errors.h"

#include "indexer/source/parse.h"

namespace curlew::assist {
namespace {

constexpr std::size_t kHeadBytes = 256;

}  // namespace

int parse_errors(const indexer::Language* language, std::string_view text) {
  if (language == nullptr || language->grammar == nullptr) return 0;
  thread_local indexer::Parser parser;
  return parser.parse(*language, text).error_nodes;
}

int parse_errors(std::string_view path, std::string_view text) {
  return parse_errors(indexer::language_of(path, text.substr(0, kHeadBytes)), text);
}

}  // namespace curlew::assist
