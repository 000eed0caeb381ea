// What the tools of this folder share: files as an editor of the case would have them open.
#pragma once

#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace curlew::bench {

struct Neighbour {
  std::string path;
  std::shared_ptr<const std::string> text;
};

// At most three other files of the case's folder with its ending, by name; none without `trees`,
// the folder that holds the cases' trees.
std::vector<Neighbour> neighbours(const std::string& trees, const nlohmann::json& value);

}  // namespace curlew::bench
