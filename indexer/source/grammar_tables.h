// A grammar whose tables are laid out for speed. Grammars come with most rows of their parse table
// packed: a look at one searches lists of symbols, and that search is a sixth of all parsing. Here
// the rows are written out, once per grammar and process (0.2 to 20 MB), and nothing else differs:
// the same trees, from a table that is looked up by index.
#pragma once

#include <tree_sitter/api.h>

namespace curlew::indexer {

// Made on first use, kept for the life of the process. Thread-safe. `grammar` itself where writing
// it out would take too much memory.
const TSLanguage* with_plain_tables(const TSLanguage* grammar);

}  // namespace curlew::indexer
