// Where a user's own files of Curlew lie, by the XDG Base Directory Specification 0.8: a variable that
// is not an absolute path does not count. Not created here. Thread-safe as far as nobody sets the
// environment meanwhile.
#pragma once

#include <filesystem>

namespace curlew::indexer {

std::filesystem::path user_cache_folder();   // may be deleted at any time
std::filesystem::path user_config_folder();  // written by the user
std::filesystem::path user_data_folder();    // models
std::filesystem::path user_state_folder();   // what is to be remembered

}  // namespace curlew::indexer
