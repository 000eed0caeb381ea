// What a file says of its feed-forward layers: one each, or experts and a router.
#pragma once

#include "model/network/architecture.h"
#include "model/network/tensor_table.h"

namespace curlew::model {

// Fills ffn_dim and experts. Wants architecture and n_layers set.
Status read_feed_forward(const ModelFile& file, const Architecture& architecture,
                         ModelConfig& config);

}  // namespace curlew::model
