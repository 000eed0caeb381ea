// Finding places in the text of all files by a regular expression.
//
// Words that every match must hold select the files; their texts are then searched. A pattern
// without such words ("->\\w+\\(") looks at file after file until its time is up, and says so.
#pragma once

#include "indexer/index.h"
#include "indexer/view.h"

namespace curlew::indexer {

Expected<PatternMatches> search_pattern(View& view, const PatternQuery& query);

}  // namespace curlew::indexer
