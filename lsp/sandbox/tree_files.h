// Files below a folder that a hostile command may have filled: nothing here ever follows a link.
#pragma once

#include <string>
#include <string_view>

#include "lsp/sandbox/descriptor.h"
#include "lsp/sandbox/error.h"

namespace curlew::sandbox {

constexpr std::size_t kFileBytesReadMax = std::size_t{64} << 20;

// "a/b.c" and the like: no "..", no ".", not absolute, nothing empty.
Status check_relative(std::string_view path);

Expected<Descriptor> open_folder(const std::string& path);

// kNotFound when there is none; kInvalidInput when it is a link, behind one, or no plain file.
Expected<std::string> read_below(const Descriptor& folder, const std::string& path);

// Replaces the file in one step, with the permissions of `mode`; makes the folders it needs.
Status write_below(const Descriptor& folder, const std::string& path, std::string_view text,
                   unsigned mode);

// Permissions of a plain file, or `otherwise`.
unsigned mode_below(const Descriptor& folder, const std::string& path, unsigned otherwise);

// Removes all of it, whatever its permissions; what cannot be removed stays.
void remove_tree(const std::string& path);

// Copies plain files, folders and links, with their times and permissions; file contents are
// shared where the file system can. kInvalidInput beyond the limits.
struct CopyLimits {
  std::int64_t bytes = std::int64_t{8} << 30;
  std::int64_t files = 1'000'000;
};
Status copy_tree(const std::string& from, const std::string& to, const CopyLimits& limits);

// The same for the upper layer of an overlay, with its marks of what was deleted (Linux's
// Documentation/filesystems/overlayfs: whiteouts, opaque folders). kIo where they cannot be made.
Status copy_layer(const std::string& from, const std::string& to, const CopyLimits& limits);

}  // namespace curlew::sandbox
