// The NVIDIA cards of this machine, for EngineOptions::cards. Includes nothing of CUDA's: which of
// its two sources is linked decides whether the build can use any (model/CMakeLists.txt).
#pragma once

#include "model/network/executor.h"

namespace curlew::model {

// Of a build without CUDA all calls fail, with kUnsupported.
const Cards& cuda_cards();

}  // namespace curlew::model
