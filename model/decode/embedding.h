// Texts as vectors, by the states behind the last norm of a decoder. Private to model/decode.
#pragma once

#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "model/decode/loaded_model.h"

namespace curlew::model {

// Engine::embed on a loaded model. All texts are evaluated side by side. A text that is longer than
// the context is cut at its end.
Expected<std::vector<std::vector<float>>> embed_texts(LoadedModel& model,
                                                      std::span<const std::string> texts,
                                                      Engine::Pooling pooling, Lane lane,
                                                      std::stop_token stop);

}  // namespace curlew::model
