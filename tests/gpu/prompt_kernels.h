// What the kernels of long prompts do by themselves, at the shapes of a 7B model: products of 2048 and of
// 256 tokens, by our own kernel and by the library; making weights halves; attention at two depths.
#pragma once

#include "model/error.h"

namespace curlew::model {

// A line a measurement, as cuda_bench.cpp has them.
Status measure_prompt_kernels(const char* name);

}  // namespace curlew::model
