// File URIs <-> paths (RFC 3986, RFC 8089). Other schemes (untitled:, git:, vscode-notebook-cell:)
// are names without a file.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace curlew::server {

// Nothing for another scheme, a host other than this one, a broken escape or a relative path.
std::optional<std::filesystem::path> path_of_uri(std::string_view uri);
std::string uri_of_path(const std::filesystem::path& path);  // `path` is absolute

// `file` relative to `root`, with forward slashes; nothing when it is not below it. Lexical: no
// link is followed.
std::optional<std::string> path_below(const std::filesystem::path& file,
                                      const std::filesystem::path& root);

}  // namespace curlew::server
