// Folders and files of the cache, for their user's eyes only: they hold words of private code.
#pragma once

#include <filesystem>

namespace curlew::indexer {

// Makes the folder and those above it that are missing, 0700. False, with errno, when there is none
// afterwards.
bool make_private_folders(const std::filesystem::path& folder);

// Makes the file, empty and 0600, where there is none.
void make_private_file(const std::filesystem::path& path);

// Takes from others what they may do with a file or folder of this user's. Links are left alone.
void make_private(const std::filesystem::path& path);

}  // namespace curlew::indexer
