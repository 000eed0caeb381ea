// One generation, from its place in the queue to its text. Private to model/decode.
#pragma once

#include <stop_token>

#include "model/decode/loaded_model.h"
#include "model/generator.h"

namespace curlew::model {

// Generator::generate on a loaded model. Thread-safe: waits for its turn at model.gate.
Expected<Generation> run_generation(LoadedModel& model, const GenerateRequest& request,
                                    std::stop_token stop);

}  // namespace curlew::model
