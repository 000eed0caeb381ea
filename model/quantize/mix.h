// Which tensor gets which type: the plain types and the mixes that model files are known by.
//
// A mix has one type for most of the weights, and gives more bits where an error costs more: the
// output matrix, attention's values, the projection down from the feed-forward layer, and of those
// the first and last layers and every third between. The choices are those of published files of
// the same names, so that sizes and expectations carry over; docs/formats/weights.md lists them.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "kernels/block_format.h"
#include "model/error.h"
#include "model/files/model_file.h"

namespace curlew::model {

struct Mix {
  std::string_view name;    // "Q4_K_M"
  std::uint32_t file_type;  // general.file_type
  kernels::WeightType main;
  char size = ' ';  // 'S', 'M' or 'L' where one type has several mixes
};

// Case does not matter; Q3_K, Q4_K and Q5_K mean their M mixes. An unknown name is refused with the
// list of those known.
Expected<Mix> find_mix(std::string_view name);

// The type of every tensor of `file`, in its order. Vectors, norms, biases and expert routers are
// F32; a matrix whose rows are no multiple of its type's block gets the nearest type that fits.
Expected<std::vector<kernels::WeightType>> choose_types(const ModelFile& file, const Mix& mix);

}  // namespace curlew::model
