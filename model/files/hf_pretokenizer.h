// The pre_tokenizer of a tokenizer.json -> regular expressions, and where they are those of a known
// family, its name.
#pragma once

#include <string>
#include <vector>

#include "model/error.h"
#include "model/files/json_text.h"

namespace curlew::model {

struct HfSplits {
  std::string name;  // as tokenizer.ggml.pre names the way; empty when none is known
  // In the order of their use, each splitting what the former left whole; HF's own spelling. Empty
  // where the name says all.
  std::vector<std::string> expressions;
};

// Of a byte-level tokenizer. Refuses steps that are more than splitting at a pattern.
Expected<HfSplits> read_splits(const JsonObject& tokenizer);

}  // namespace curlew::model
