// The tokenizer of a made-up model.
#pragma once

#include <string>

#include "tests/bench/models/gguf_writer.h"

namespace curlew::bench {

// Copies every tokenizer.* pair of the GGUF file `path`, its token list filled up to `tokens` with
// tokens that no text gives. False when the file cannot be read or has more tokens than that.
bool copy_vocabulary(const std::string& path, int tokens, GgufWriter& out);

// A byte-level vocabulary of `tokens` tokens in the same form: the 256 bytes, then pairs and
// triples of them, then Qwen's control tokens.
void make_vocabulary(int tokens, GgufWriter& out);

}  // namespace curlew::bench
