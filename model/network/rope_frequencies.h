// The angles of rotary embedding: one frequency per rotated pair, with every kind of context
// extension worked in. RoPE: arXiv:2104.09864. Linear scaling: arXiv:2306.15595. YaRN:
// arXiv:2309.00071. Llama 3: factors per frequency, which the file carries as the tensor
// rope_freqs.weight.
#pragma once

#include "model/network/architecture.h"
#include "model/network/tensor_table.h"

namespace curlew::model {

// Fills the rope_* fields and inv_freq, and with YaRN corrects attention_scale where the file says
// so. Wants architecture, context_tokens and everything of read_attention() set.
Status read_rope(const ModelFile& file, const Architecture& architecture, ModelConfig& config);

}  // namespace curlew::model
