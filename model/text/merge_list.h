// The merges of a vocabulary file, "left right", best first, as a table of token ids.
#pragma once

#include "model/error.h"
#include "model/files/model_file.h"
#include "model/text/merge_table.h"
#include "model/text/vocabulary.h"

namespace curlew::model {

inline constexpr std::string_view kMergesKey = "tokenizer.ggml.merges";

// Refuses merges that name tokens the vocabulary does not have.
Expected<MergeTable> read_merges(const ModelFile& file, const Vocabulary& vocabulary);

}  // namespace curlew::model
