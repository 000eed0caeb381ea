// The text of a tags.scm, read: the part of tree-sitter's query language that our queries use.
//
//   (kind field: (kind) !field . "token" (_))   nodes, fields, absent fields, anchors, tokens
//   [(kind) (kind)] @capture                    any of these
//   ((kind) @capture (#eq? @capture "word"))    predicates, here or inside of the pattern
//
// Not of ours: quantifiers (* + ?), several roots in one pattern, MISSING, supertypes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "indexer/error.h"

namespace curlew::indexer {

struct QueryNode {
  enum class Kind : char { kNamed, kToken, kAnyNamed, kAny, kAlternation };

  Kind kind = Kind::kNamed;
  std::string name;                 // of kNamed and kToken
  std::string field;                // "" for none
  std::vector<std::string> absent;  // fields it must not have
  std::vector<QueryNode> children;  // or the alternatives
  std::vector<std::string> captures;
  bool follows_at_once = false;  // an anchor in front: no named node between it and the one before
  bool is_last = false;          // an anchor behind: no named node after it
  std::size_t offset = 0;        // in the query, for messages
};

struct QueryPredicate {
  std::string name;     // "eq?"
  std::string capture;  // the first argument
  std::vector<std::string> words;
  std::size_t offset = 0;
};

struct QueryPattern {
  QueryNode root;
  std::vector<QueryPredicate> predicates;
};

// kInvalidInput says what was expected, at which offset.
Expected<std::vector<QueryPattern>> read_query(std::string_view text);

}  // namespace curlew::indexer
