// The one place where Curlew writes a user's files: when a command was told --apply.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "lsp/assist/error.h"

namespace curlew::assist {

// Makes the files below `root` what `after` says, all or none: each must still be what `before` says
// (kInvalidInput names the one that is not), must be a plain file inside the root, be it through
// links, may be written and has no other hard links. Temporary files beside them are renamed over them.
// Permissions, owner and group stay; where the owner or the group cannot be kept (a file of another user's,
// written by who is not root) it becomes the writer's, without setuid or setgid.
Status write_files(const std::filesystem::path& root,
                   const std::map<std::string, std::string>& before,
                   const std::map<std::string, std::string>& after);

}  // namespace curlew::assist
