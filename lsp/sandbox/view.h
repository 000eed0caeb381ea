// What a command gets to see: folders of the system and of toolchains, variables.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace curlew::sandbox {

// Folders and files that hold programs, libraries and what they need to start; none with secrets.
std::vector<std::filesystem::path> system_paths();

// Below the user's home, and whatever PATH and variables such as VIRTUAL_ENV name outside of the
// system's folders: those that exist, links resolved, none that holds the home itself.
std::vector<std::filesystem::path> toolchain_paths();

std::filesystem::path home_folder();  // "" when there is none

// The variables a command gets: those of ours that say how to build, and nothing else.
std::map<std::string, std::string> clean_environment();

}  // namespace curlew::sandbox
