// JSON with one value of it changed, for fuzz targets that read it.
#pragma once

#include "tests/fuzz/fuzz_target.h"

namespace curlew::fuzz {

// The text with one member or element replaced by another kind of value, an odd number, a value
// from elsewhere in it, doubled or left out. Text that is no JSON comes back with bytes changed.
std::string break_json(std::string_view text, Dice& dice);

}  // namespace curlew::fuzz
