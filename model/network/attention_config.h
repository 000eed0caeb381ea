// What a file says of attention: heads, latent vectors, windows, the scale of the softmax.
#pragma once

#include "model/network/architecture.h"
#include "model/network/tensor_table.h"

namespace curlew::model {

// Fills the sizes of heads, latent.*, attention_scale and windows. Wants architecture, n_layers and
// hidden_dim set. The rotated part of a head is read after it, by read_rope(), which also makes the
// scale that of YaRN.
Status read_attention(const ModelFile& file, const Architecture& architecture, ModelConfig& config);

}  // namespace curlew::model
