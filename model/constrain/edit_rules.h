// The rules of texts that edit a given one (edits.h has the format).
//
// Nodes are computed, not stored: a node is a mode and what it has to remember, packed in 64 bits.
// While the searched lines are read that is a range of the sorted line beginnings; once they can be
// in one place only, it is that place. A run may be closed where it occurs once; lines from which
// no run ever does are never begun, so every block that is finished applies.
#pragma once

#include <memory>
#include <string_view>

#include "model/constrain/line_suffixes.h"
#include "model/constrain/rule_table.h"
#include "model/constrain/rules.h"
#include "model/error.h"

namespace curlew::model {

constexpr std::size_t kOriginalBytesMax = 512 * 1024;
constexpr int kWrittenLinesMax = 100'000;

// Blocks of searched and written lines, one or more.
Expected<std::unique_ptr<const Rules>> block_rules(std::string_view original);

// 1 to lines_max lines of text, none of them a marker.
Expected<std::unique_ptr<const Rules>> line_rules(int lines_max);

}  // namespace curlew::model
