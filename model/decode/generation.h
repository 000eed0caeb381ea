// One generation, from its prompt to its text. Private to model/decode.
#pragma once

#include <stop_token>

#include "model/decode/loaded_model.h"
#include "model/generator.h"

namespace curlew::model {

// Generator::generate on a loaded model. Thread-safe: the prompt is laid out on the caller's
// thread, then the model's stepper runs the generation beside others.
Expected<Generation> run_generation(LoadedModel& model, const GenerateRequest& request,
                                    std::stop_token stop);

}  // namespace curlew::model
