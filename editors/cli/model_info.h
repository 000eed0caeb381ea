// What a model file is: for `curlew models info`.
#pragma once

#include <string>

#include "editors/cli/json_output.h"
#include "model/files/model_file.h"
#include "model/text/prompt_formats.h"

namespace curlew::cli {

// Everything that can be said without evaluating the model. A part that cannot be read says why in
// its place; nothing here fails.
Json model_info(const model::ModelFile& file, const model::PromptFormatNames& formats);

// The same for people.
std::string describe_model(const Json& info);

}  // namespace curlew::cli
